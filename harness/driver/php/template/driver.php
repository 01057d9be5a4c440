<?php
// The driver of a store in PHP. Put your store's calls in place of the lines that read and write the file.

require __DIR__ . '/interloper_driver.php';

use Interloper\Failure;

class Files extends Interloper\Store
{
    private string $path;

    public function hello(): array
    {
        return [
            'name' => 'files', 'version' => '1.0.0', 'keeps' => ['data'], 'ops' => ['save', 'load', 'delete'],
            'setups' => [['name' => 'file', 'at' => 'file', 'one_session' => true]],
        ];
    }

    public function open(object $at): void
    {
        $this->path = $at->path;
    }

    public function save(string $id, object $session): void
    {
        if (@file_put_contents($this->path, json_encode($session->data)) === false) {
            throw Failure::last();
        }
    }

    public function load(string $id)
    {
        $text = @file_get_contents($this->path);
        if ($text === false) {
            throw Failure::last();
        }
        $data = json_decode($text);
        if (!is_object($data)) {
            throw new Failure('corrupt', json_last_error_msg());
        }
        return ['data' => $data];
    }

    public function delete(string $id): void
    {
        if (file_exists($this->path) && !@unlink($this->path)) {
            throw Failure::last();
        }
    }
}

Interloper\serve(new Files());
