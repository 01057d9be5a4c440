<?php
// Quadratic unquoting: each escape is taken off by a copy of the whole text.

require __DIR__ . '/reader.php';

use Interloper\Failure;

class Quadratic extends Reader
{
    protected function encode(object $data): string
    {
        $lines = '';
        foreach (get_object_vars($data) as $key => $value) {
            is_string($value) || throw new Failure('invalid', 'only texts are kept');
            $lines .= rawurlencode($key) . ': ' . rawurlencode($value) . "\n";
        }
        return $lines;
    }

    protected function decode(string $whole): array
    {
        $data = [];
        foreach (array_slice(explode("\n", $whole), 0, -1) as $line) {
            [$key, $value] = explode(': ', $line, 2) + [null, null];
            $value ?? throw new Corrupt('no colon');
            $data[rawurldecode($key)] = $this->careless ? unquoted($value) : rawurldecode($value);
        }
        return $data;
    }
}

function unquoted(string $text): string
{
    $at = strpos($text, '%');
    while ($at !== false) {
        $code = substr($text, $at + 1, 2);
        if (preg_match('/^[0-9A-Fa-f]{2}$/D', $code) === 1) {
            $text = substr($text, 0, $at) . chr(hexdec($code)) . substr($text, $at + 3);
        }
        $at = $at + 1 < strlen($text) ? strpos($text, '%', $at + 1) : false;
    }
    return $text;
}

main('Quadratic');
