<?php
// What the planted readers in PHP share: a session in a file of its own, read and written by `decode` and `encode`.

require __DIR__ . '/interloper_driver.php';

use Interloper\Failure;

/** The file is not what the store writes. */
class Corrupt extends Exception
{
}

/** A store of one file for each session. `careless` says whether the fault is there. */
abstract class Reader extends Interloper\Store
{
    protected string $dir;

    public function __construct(protected bool $careless)
    {
    }

    abstract protected function encode(object $data): string;
    abstract protected function decode(string $whole): array;

    public function hello(): array
    {
        $name = basename($_SERVER['argv'][0], '.php') . ($this->careless ? '-careless' : '-careful');
        return [
            'name' => $name, 'version' => '1', 'keeps' => ['data'], 'ops' => ['save', 'load', 'delete'],
            'setups' => [['name' => 'dir', 'at' => 'dir']],
        ];
    }

    public function open(object $at): void
    {
        $this->dir = $at->path;
        is_dir($this->dir) || mkdir($this->dir, 0700);
    }

    protected function path(string $id): string
    {
        return "$this->dir/$id.session";
    }

    public function save(string $id, object $session): void
    {
        put($this->path($id), $this->encode($session->data));
    }

    public function load(string $id)
    {
        if (!file_exists($this->path($id))) {
            return null;
        }
        try {
            return ['data' => $this->decode(file_get_contents($this->path($id)))];
        } catch (Corrupt | ValueError | TypeError $error) {
            throw new Failure('corrupt', $error->getMessage());
        }
    }

    public function delete(string $id): void
    {
        @unlink($this->path($id));
    }
}

/** Replaces a file, atomically. */
function put(string $path, string $whole): void
{
    $old = umask(0077);
    file_put_contents("$path.new", $whole);
    umask($old);
    rename("$path.new", $path);
}

/** The entries of a document. */
function entries(string $document): array
{
    $data = json_decode($document, true, 64);
    if (!is_array($data)) {
        throw new Corrupt('no entries');
    }
    return $data;
}

/** Serves a reader: `careless` or `careful` is the argument. */
function main(string $reader): void
{
    Interloper\serve(new $reader(($_SERVER['argv'][1] ?? '') === 'careless'));
}
