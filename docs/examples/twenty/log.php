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
        if (!file_exists($this->path) && !@mkdir($this->path, 0700) && !is_dir($this->path)) {
            throw Failure::last();
        }
        $this->sync(dirname($this->path));
        $lock = $this->lock(LOCK_EX);
        $index = $this->index();
        $log = $this->make("log.$index->generation", 'a');
        $start = fstat($log)['size'];
        $this->put($log, $record . "\n");
        $index->sessions->{key_of($id)} = [$start, strlen($record), hash('sha256', $id . "\n" . $record)];
        $this->keep($index);
        fclose($lock);
    }

    public function load(string $id)
    {
        if (!file_exists($this->path)) {
            return null;
        }
        $lock = $this->lock(LOCK_SH);
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
        if (!file_exists($this->path)) {
            return;
        }
        $lock = $this->lock(LOCK_EX);
        $index = $this->index();
        if (isset($index->sessions->{key_of($id)})) {
            unset($index->sessions->{key_of($id)});
            $after = (object) ['generation' => bin2hex(random_bytes(8)), 'sessions' => (object) []];
            $log = $this->make("log.$after->generation", 'a');
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

    /** Returns the lock of the store, whose directory is the owner's and closed to everybody else. */
    private function lock(int $how)
    {
        clearstatcache();
        $status = @lstat($this->path);
        if ($status === false || ($status['mode'] & 0170000) !== 0040000 || $status['uid'] !== posix_geteuid()) {
            throw new Failure('denied', 'this is no directory of the store');
        }
        if ($status['mode'] & 0077 && !@chmod($this->path, 0700)) {
            throw Failure::last();
        }
        $lock = $this->make('lock', 'c+');
        if (!@flock($lock, $how)) {
            throw Failure::last();
        }
        return $lock;
    }

    /** Opens a file for writing, with mode 0600 if it makes it. */
    private function make(string $name, string $mode)
    {
        regular("$this->path/$name");
        $before = umask(0077);
        $file = @fopen("$this->path/$name", $mode . 'e');
        umask($before);
        if ($file === false) {
            throw Failure::last();
        }
        return $file;
    }

    private function index(): object
    {
        if (FLAW === 'cached-index' && $this->known !== null) {
            return $this->known;
        }
        if (!regular("$this->path/index")) {
            return (object) ['generation' => '0', 'sessions' => (object) []];
        }
        [$digest, $body] = explode("\n", text("$this->path/index", 0, LARGEST), 2) + ['', ''];
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
        $file = $this->make($temporary, 'x');
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
        if (!regular("$this->path/log.$generation")) {
            throw new Failure('corrupt', 'the log is not there');
        }
        return text("$this->path/log.$generation", $place[0], $place[1]);
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

/** Whether there is a file, which then is a regular one of the owner's with one name that nobody else may write to. */
function regular(string $path): bool
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

/** Returns a part of a file. */
function text(string $path, int $start, int $length): string
{
    $file = @fopen($path, 'rne');
    if ($file === false || @fseek($file, $start) !== 0 || ($text = @stream_get_contents($file, $length)) === false) {
        throw Failure::last();
    }
    return $text;
}

Interloper\serve(new Log());
