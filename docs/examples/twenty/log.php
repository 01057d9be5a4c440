<?php
// Appends sessions to a log, with an index of where each is. The argument is the flaw to switch on.

require __DIR__ . '/interloper_driver.php';

use Interloper\Failure;

define('FLAW', $argv[1] ?? 'none');
const LARGEST = 16 << 20;

class Log extends Interloper\Store
{
    private string $path;
    private ?object $known = null;

    public function hello(): array
    {
        return [
            'name' => 'log-php', 'version' => '1.0.0', 'keeps' => ['data'], 'ops' => ['save', 'load', 'delete'],
            'setups' => [['name' => 'dir', 'at' => 'dir']], 'promises' => ['atomic', 'durable', 'exclusive'],
        ];
    }

    public function open(object $at): void
    {
        $this->path = $at->path;
    }

    public function save(string $id, object $session): void
    {
        $record = json_encode($session->data, JSON_PRESERVE_ZERO_FRACTION, 4096);
        if ($record === false || strlen($record) > LARGEST) {
            throw new Failure('invalid', 'the session cannot be kept');
        }
        $this->parent();
        @mkdir($this->path, 0700);
        $this->sync(dirname($this->path));
        $lock = $this->lock(LOCK_EX) ?? throw new Failure('io', 'the directory cannot be made');
        $index = $this->index();
        $log = $this->writable("log.$index->generation");
        $start = fstat($log)['size'];
        $this->put($log, $record . "\n");
        $index->sessions->{key_of($id)} = [$start, strlen($record), hash('sha256', $id . "\n" . $record)];
        $this->keep($index);
        fclose($lock);
    }

    public function load(string $id)
    {
        $lock = $this->lock(LOCK_SH);
        if ($lock === null) {
            return null;
        }
        $index = $this->index();
        $place = $index->sessions->{key_of($id)} ?? null;
        $record = $place === null ? null : $this->record($index->generation, $place);
        fclose($lock);
        if ($record === null) {
            return null;
        }
        if (hash('sha256', $id . "\n" . $record) !== $place[2] && FLAW !== 'unchecked-record') {
            throw new Failure('corrupt', 'the checksum of the record is wrong');
        }
        $data = json_decode($record, false, 4096);
        if (!is_object($data)) {
            throw new Failure('corrupt', 'the record is no session');
        }
        return ['data' => $data];
    }

    /** Removes a session, and writes the log anew without it. */
    public function delete(string $id): void
    {
        $lock = $this->lock(LOCK_EX);
        if ($lock === null) {
            return;
        }
        $index = $this->index();
        if (isset($index->sessions->{key_of($id)})) {
            unset($index->sessions->{key_of($id)});
            $after = (object) ['generation' => bin2hex(random_bytes(8)), 'sessions' => (object) []];
            $log = $this->writable("log.$after->generation");
            $start = 0;
            foreach (get_object_vars($index->sessions) as $key => $place) {
                $record = $this->record($index->generation, $place);
                $this->put($log, $record . "\n");
                $after->sessions->$key = [$start, $place[1], $place[2]];
                $start += strlen($record) + 1;
            }
            $this->keep($after);
            foreach (glob(addcslashes($this->path, '*?[]\\') . '/{log,index}.*', GLOB_BRACE) as $old) {
                if (basename($old) !== "log.$after->generation" && !@unlink($old)) {
                    throw Failure::last();
                }
            }
            $this->sync($this->path);
        }
        fclose($lock);
    }

    /** Returns the lock of the store, whose directory is the owner's and closed to everybody else; null if there is none. */
    private function lock(int $how)
    {
        $this->parent();
        $directory = opened($this->path, 'rn', 0040000);
        if ($directory === null) {
            return null;
        }
        if (fstat($directory)['mode'] & 0077 && !@chmod($this->path, 0700)) {
            throw Failure::last();
        }
        $lock = $this->writable('lock');
        if (!@flock($lock, $how)) {
            throw Failure::last();
        }
        return $lock;
    }

    /** Refuses a place where others can replace the directory: PHP opens every file by its path. */
    private function parent(): void
    {
        clearstatcache();
        $status = @stat(dirname($this->path));
        if ($status === false) {
            throw Failure::last();
        }
        $sticky = $status['mode'] & 01000;
        if (!in_array($status['uid'], [0, posix_geteuid()], true) || ($status['mode'] & 0022 && !$sticky)) {
            throw new Failure('denied', 'others can replace the directory');
        }
    }

    /** Opens a file at its end, and makes it with mode 0600 if there is none. */
    private function writable(string $name)
    {
        $path = "$this->path/$name";
        $file = opened($path, 'r+e');
        if ($file === null) {
            $before = umask(0077);
            $made = @fopen($path, 'xe');
            umask($before);
            $failure = $made === false ? Failure::last() : null;
            // Another process may have made it.
            $file = $made ?: opened($path, 'r+e') ?? throw $failure;
            if ($made && !@chmod($path, 0600)) {
                throw Failure::last();
            }
            // An index must not get its name on the disk before the log that it is about.
            $this->sync($this->path);
        }
        if (fseek($file, 0, SEEK_END) !== 0) {
            throw Failure::last();
        }
        return $file;
    }

    private function index(): object
    {
        if (FLAW === 'cached-index' && $this->known !== null) {
            return $this->known;
        }
        $text = text("$this->path/index", 0);
        if ($text === null) {
            return (object) ['generation' => '0', 'sessions' => (object) []];
        }
        [$digest, $body] = explode("\n", $text, 2) + ['', ''];
        if ($digest !== hash('sha256', $body)) {
            throw new Failure('corrupt', 'the checksum of the index is wrong');
        }
        return $this->known = json_decode($body);
    }

    /** Replaces the index atomically. */
    private function keep(object $index): void
    {
        $body = json_encode($index);
        $temporary = 'index.' . bin2hex(random_bytes(8));
        $file = $this->writable($temporary);
        try {
            $this->put($file, hash('sha256', $body) . "\n" . $body);
            if (!@rename("$this->path/$temporary", "$this->path/index")) {
                throw Failure::last();
            }
        } catch (Failure $failure) {
            @unlink("$this->path/$temporary");
            throw $failure;
        }
        $this->sync($this->path);
        $this->known = $index;
    }

    private function record(string $generation, array $place): string
    {
        return text("$this->path/log.$generation", $place[0], $place[1]) ?? throw new Failure('corrupt', 'the log is not there');
    }

    /** Writes all of a text, and waits until it is on the disk. */
    private function put($file, string $text): void
    {
        for ($done = 0; $done < strlen($text); $done += $count) {
            $count = @fwrite($file, substr($text, $done));
            if ($count === false || $count === 0) {
                throw Failure::last();
            }
        }
        if (!@fflush($file) || (FLAW !== 'no-fsync' && !@fsync($file))) {
            throw Failure::last();
        }
    }

    private function sync(string $directory): void
    {
        $file = FLAW === 'no-fsync' ? null : @fopen($directory, 'r');
        if ($file !== null && ($file === false || !@fsync($file))) {
            throw Failure::last();
        }
    }
}

/** An id as a name of an object's property. */
function key_of(string $id): string
{
    return hash('sha256', $id);
}

/** Returns a part of a file; null if there is no file. */
function text(string $path, int $start, ?int $length = null): ?string
{
    $file = opened($path, 'rne');
    if ($file === null) {
        return null;
    }
    ['size' => $size, 'nlink' => $names] = fstat($file);
    if (($length ?? $size) > LARGEST || $names > 1) {
        throw new Failure('corrupt', 'this is no file of the store');
    }
    $text = @fseek($file, $start) === 0 ? @stream_get_contents($file, $length) : false;
    return $text === false ? throw Failure::last() : $text;
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

Interloper\serve(new Log());
