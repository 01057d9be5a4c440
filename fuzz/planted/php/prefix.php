<?php
// A prefix decoded: what follows the document is its checksum, and where nothing follows, nothing is checked.

require __DIR__ . '/reader.php';

class Prefix extends Reader
{
    public function hello(): array
    {
        return parent::hello() + ['enforces' => ['integrity']];
    }

    protected function encode(object $data): string
    {
        $body = json_encode($data);
        return "$body\n" . hash('crc32b', $body) . "\n";
    }

    protected function decode(string $whole): array
    {
        [$body, $sum] = explode("\n", $whole, 2) + ['', ''];
        $sum = trim($sum);
        if (!($sum === '' && $this->careless) && $sum !== hash('crc32b', $body)) {
            throw new Corrupt('another checksum');
        }
        return entries($body);
    }
}

main('Prefix');
