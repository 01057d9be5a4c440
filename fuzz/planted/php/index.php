<?php
// A stale index: it says where each session is, and nobody looks whose session is there.

require __DIR__ . '/reader.php';

use Interloper\Failure;

class Index extends Reader
{
    protected function encode(object $data): string
    {
        return json_encode($data);
    }

    protected function decode(string $whole): array
    {
        return entries($whole);
    }

    public function save(string $id, object $session): void
    {
        $places = $this->places();
        $record = json_encode(['id' => $id, 'data' => $session->data]);
        $records = "$this->dir/records";
        $old = umask(0077);
        file_put_contents($records, $record, FILE_APPEND);
        umask($old);
        clearstatcache();
        $places[$id] = [filesize($records) - strlen($record), strlen($record)];
        put("$this->dir/index.json", json_encode($places));
    }

    public function load(string $id)
    {
        $place = $this->places()[$id] ?? null;
        if ($place === null) {
            return null;
        }
        [$start, $length] = is_array($place) ? array_values($place) + [null, null] : [null, null];
        if (!is_int($start) || !is_int($length) || $start < 0 || $length < 0 || $length > 1 << 20) {
            throw new Failure('corrupt', 'no place');
        }
        $record = json_decode(file_get_contents("$this->dir/records", false, null, $start, $length), true, 64);
        if (!is_array($record['data'] ?? null) || (!$this->careless && ($record['id'] ?? null) !== $id)) {
            throw new Failure('corrupt', 'another session');
        }
        return ['data' => $record['data']];
    }

    private function places(): array
    {
        $path = "$this->dir/index.json";
        $places = file_exists($path) ? json_decode(file_get_contents($path), true, 64) : [];
        if (!is_array($places)) {
            throw new Failure('corrupt', 'no index');
        }
        return $places;
    }

    public function delete(string $id): void
    {
        put("$this->dir/index.json", json_encode(array_diff_key($this->places(), [$id => true])));
    }
}

main('Index');
