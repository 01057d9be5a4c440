<?php
// An encoding error that empties the file: what cannot be read is begun anew.

require __DIR__ . '/reader.php';

class Encoding extends Reader
{
    private string $id = '';

    public function load(string $id)
    {
        $this->id = $id;
        return parent::load($id);
    }

    protected function encode(object $data): string
    {
        return "#session v1\n" . json_encode($data, JSON_UNESCAPED_UNICODE);
    }

    protected function decode(string $whole): array
    {
        [$header, $body] = explode("\n", $whole, 2) + ['', ''];
        if ($header !== '#session v1') {
            throw new Corrupt('no header');
        }
        if (preg_match('//u', $body) !== 1 && $this->careless) {
            file_put_contents($this->path($this->id), '');
        }
        return entries($body);
    }
}

main('Encoding');
