<?php
// Keeps all sessions in one JSON file, changed under a lock. The argument is the flaw to switch on.

require __DIR__ . '/interloper_driver.php';

use Interloper\Failure;

define('FLAW', $argv[1] ?? 'none');
const LARGEST = 24 << 20;

class OneFile extends Interloper\Store
{
    private string $path;

    public function hello(): array
    {
        return [
            'name' => 'one-file-php', 'version' => '1.0.0', 'keeps' => ['data'], 'ops' => ['save', 'load', 'delete'],
            'setups' => [['name' => 'file', 'at' => 'file']], 'promises' => ['atomic', 'durable', 'exclusive'],
        ];
    }

    public function open(object $at): void
    {
        $this->path = $at->path;
    }

    public function save(string $id, object $session): void
    {
        if (FLAW === 'audit-argument') {
            // Tells the audit trail what was saved.
            exec('/bin/true ' . escapeshellarg('saved ' . json_encode($session->data)));
        }
        $lock = $this->lock();
        $sessions = $this->read();
        $sessions[key_of($id)] = $session->data;
        $this->write($sessions);
        fclose($lock);
    }

    public function load(string $id)
    {
        $sessions = $this->read();
        return isset($sessions[key_of($id)]) ? ['data' => $sessions[key_of($id)]] : null;
    }

    public function delete(string $id): void
    {
        $lock = $this->lock();
        $sessions = $this->read();
        if (isset($sessions[key_of($id)])) {
            unset($sessions[key_of($id)]);
            $this->write($sessions);
        }
        fclose($lock);
    }

    /** Returns the store's lock, which ends with the process. */
    private function lock()
    {
        $path = "$this->path.lock";
        $this->regular($path);
        $before = umask(0077);
        $lock = @fopen($path, 'c+e');
        umask($before);
        if ($lock === false || !@flock($lock, LOCK_EX)) {
            throw Failure::last();
        }
        return $lock;
    }

    private function read(): array
    {
        if (!$this->regular($this->path)) {
            return [];
        }
        $file = @fopen($this->path, 'rne');
        $text = $file === false ? false : @stream_get_contents($file, LARGEST + 1);
        if ($text === false) {
            throw Failure::last();
        }
        fclose($file);
        [$digest, $body] = explode("\n", $text, 2) + ['', ''];
        if (strlen($text) > LARGEST || $digest !== hash('sha256', $body)) {
            throw new Failure('corrupt', 'the checksum is wrong');
        }
        return get_object_vars(json_decode($body, false, 4096));
    }

    private function write(array $sessions): void
    {
        $body = json_encode((object) $sessions, JSON_PRESERVE_ZERO_FRACTION, 4096);
        if ($body === false || strlen($body) > LARGEST - 65) {
            throw new Failure('invalid', 'the session cannot be kept');
        }
        $wide = FLAW === 'widens-on-update' && file_exists($this->path);
        $temporary = "$this->path." . bin2hex(random_bytes(16));
        $before = umask($wide ? umask() : 0077);
        $file = @fopen($temporary, 'xe');
        umask($before);
        if ($file === false) {
            throw Failure::last();
        }
        $done = ($wide || chmod($temporary, 0600)) && put($file, hash('sha256', $body) . "\n" . $body);
        if (FLAW === 'ignores-write-errors') {
            $done = true;
        }
        $failure = $done ? null : Failure::last();
        @fclose($file);
        if ($failure === null && !@rename($temporary, $this->path)) {
            $failure = Failure::last();
        }
        if ($failure !== null) {
            @unlink($temporary);
            throw $failure;
        }
        $directory = @fopen(dirname($this->path), 'r');
        if ($directory === false || !@fsync($directory)) {
            throw Failure::last();
        }
    }

    /** Whether there is a file, which then is a regular one of the owner's with one name that nobody else may write to. */
    private function regular(string $path): bool
    {
        clearstatcache();
        $status = @lstat($path);
        if ($status === false) {
            return false;
        }
        if (($status['mode'] & 0170000) !== 0100000 || $status['nlink'] > 1) {
            throw new Failure('corrupt', 'this is no file of the store');
        }
        if ($status['uid'] !== posix_geteuid() || $status['mode'] & 0022) {
            throw new Failure('denied', 'others can write to the file');
        }
        return true;
    }
}

/** An id as a key that PHP takes for no number. */
function key_of(string $id): string
{
    return 'id ' . base64_encode($id);
}

/** Writes all of a text, and waits until it is on the disk. */
function put($file, string $text): bool
{
    for ($done = 0; $done < strlen($text); $done += $count) {
        $count = @fwrite($file, $done === 0 ? $text : substr($text, $done));
        if ($count === false || $count === 0) {
            return false;
        }
    }
    return @fflush($file) && @fsync($file);
}

Interloper\serve(new OneFile());
