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
        $lock = opened($path, 'r+e');
        if ($lock === null) {
            try {
                $this->make($path, '', 'link');
                $lock = opened($path, 'r+e');
            } catch (Failure $failure) {
                // Another process may have made it.
                $lock = opened($path, 'r+e') ?? throw $failure;
            }
        }
        if ($lock === null || !@flock($lock, LOCK_EX)) {
            throw Failure::last();
        }
        return $lock;
    }

    private function read(): array
    {
        $file = opened($this->path, 'rne');
        if ($file === null) {
            return [];
        }
        ['size' => $size, 'nlink' => $names] = fstat($file);
        if ($size > LARGEST || $names > 1) {
            throw new Failure('corrupt', 'this is no file of the store');
        }
        $text = @stream_get_contents($file);
        if ($text === false) {
            throw Failure::last();
        }
        [$digest, $body] = explode("\n", $text, 2) + ['', ''];
        if ($digest !== hash('sha256', $body)) {
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
        $this->make($this->path, hash('sha256', $body) . "\n" . $body, 'rename');
    }

    /**
     * Makes a file that is on the disk when this returns, and gives it its name by `rename` or `link`.
     *
     * PHP leaves the mode of a new file to the umask, or to the directory's default ACL, so the file is made in a directory of mode 0700.
     */
    private function make(string $path, string $text, callable $name): void
    {
        $wide = FLAW === 'widens-on-update' && file_exists($path);
        $private = "$path." . bin2hex(random_bytes(16));
        if (!@mkdir($private, 0700)) {
            throw Failure::last();
        }
        try {
            $file = @fopen("$private/new", 'xe');
            $done = $file !== false && ($wide || @chmod("$private/new", 0600));
            $done = $done && (put($file, $text) || FLAW === 'ignores-write-errors');
            if (!$done || !@$name("$private/new", $path)) {
                throw Failure::last();
            }
        } finally {
            @unlink("$private/new");
            @rmdir($private);
        }
        $directory = @fopen(dirname($this->path), 'r');
        if ($directory === false || !@fsync($directory)) {
            throw Failure::last();
        }
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

/**
 * Opens a file or directory of the owner's that nobody else may write to; null if there is none.
 *
 * PHP cannot ask for O_NOFOLLOW, so what was opened is compared with what has the name. A save may replace the file meanwhile: then again.
 */
function opened(string $path, string $mode, int $type = 0100000)
{
    for ($tries = 0; $tries < 100; $tries++) {
        $file = @fopen($path, $mode);
        if ($file === false) {
            $failure = Failure::last();
            return $failure->kind === 'absent' ? null : throw $failure;
        }
        clearstatcache();
        $found = fstat($file);
        $named = @lstat($path);
        if (($found['mode'] & 0170000) !== $type || ($named && ($named['mode'] & 0170000) !== $type)) {
            throw new Failure('corrupt', 'this is not of the store');
        }
        if (!$named || $named['ino'] !== $found['ino'] || $named['dev'] !== $found['dev']) {
            continue;
        }
        if ($found['uid'] !== posix_geteuid() || ($type === 0100000 && $found['mode'] & 0022)) {
            throw new Failure('denied', 'others can write to it');
        }
        return $file;
    }
    throw new Failure('io', 'what has the name cannot be looked at');
}

Interloper\serve(new OneFile());
