<?php
// PHP's own session handler, `files`, as PHP comes: every option at its default but those of the setup.
//
// Each operation is one request to an application that uses sessions as the manual shows: `session_start()`, `$_SESSION`, and the save at
// the end of the request. A session is `$_SESSION`, so one without a value is the same as none, as it is to every application.

require __DIR__ . '/interloper_driver.php';

use Interloper\Failure;

class PhpFiles extends Interloper\Store
{
    private bool $strict = false;

    public function __construct(private bool $spread)
    {
    }

    public function hello(): array
    {
        $dir = ['name' => 'dir', 'at' => 'dir', 'made_by' => 'caller'];
        $setups = [
            $dir,
            ['name' => 'strict', 'params' => ['strict' => true]] + $dir,
            // What PHP does if no directory is set.
            ['name' => 'tmp', 'at' => 'tmp'],
        ];
        $spread = [
            'setups' => [$dir],
            // Those that PHP makes, since the directories are named by their first characters.
            'id_form' => ['alphabet' => self::alphabet(), 'length' => self::length(), 'example' => str_repeat('a', self::length())],
        ];
        return ($this->spread ? $spread : ['setups' => $setups]) + [
            'name' => $this->spread ? 'php-files-spread' : 'php-files', 'version' => PHP_VERSION, 'keeps' => ['data'],
            'ops' => ['save', 'load', 'update', 'delete', 'create', 'rotate'], 'ids' => 'both', 'id_is_credential' => true,
        ];
    }

    public function open(object $at): void
    {
        $this->strict = $at->params['strict'] ?? false;
        ini_set('session.save_path', $this->spread ? '1;' . self::tree($at->path) : $at->path ?? '');
    }

    /**
     * Returns the directory with those of `N;path` in it, which an administrator makes before, with PHP's script mod_files.sh: PHP makes
     * none. Here that is done in one step, and with a look at the owner, so that whatever is found about them is PHP's doing.
     */
    private static function tree(string $path): string
    {
        $tree = "$path/tree";
        clearstatcache();
        if (!is_dir($tree)) {
            $new = "$path/new-" . getmypid();
            @mkdir($new, 0700) || throw Failure::last();
            foreach (str_split(self::alphabet()) as $digit) {
                @mkdir("$new/$digit", 0700) || throw Failure::last();
            }
            // Somebody else may have been first.
            if (!@rename($new, $tree)) {
                array_map(fn($digit) => rmdir("$new/$digit"), str_split(self::alphabet()));
                rmdir($new);
            }
        }
        $found = @lstat($tree);
        if ($found === false || ($found['mode'] & 0170000) !== 0040000 || $found['uid'] !== posix_geteuid()) {
            throw new Failure('denied', 'the directory is not the application\'s own');
        }
        return $tree;
    }

    /** The characters of the ids that PHP makes with its settings here. */
    private static function alphabet(): string
    {
        $all = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-,';
        return substr($all, 0, 1 << (int) ini_get('session.sid_bits_per_character'));
    }

    private static function length(): int
    {
        return (int) ini_get('session.sid_length');
    }

    public function save(string $id, object $session): void
    {
        if (!get_object_vars($session->data)) {
            throw new Failure('invalid', 'a session without values is the same as none');
        }
        // An application that chooses the id itself, as the manual's example for session_regenerate_id() does.
        $this->start($id, ['use_strict_mode' => false]);
        // PHP drops an id with a blank or a quote in it and makes one of its own; a NUL ends an id.
        if (session_id() !== strstr("$id\0", "\0", true)) {
            $this->request(fn() => session_destroy());
            throw new Failure('invalid', 'PHP does not take this id');
        }
        $_SESSION = get_object_vars($session->data);
        $this->finish();
    }

    public function load(string $id)
    {
        $this->resume($id);
        $data = $_SESSION;
        $this->finish();
        return ['data' => $data];
    }

    public function update(string $id, object $set): void
    {
        $this->resume($id);
        foreach ($set->data ?? [] as $name => $value) {
            $_SESSION[$name] = $value;
        }
        $this->finish();
    }

    /** A logout: what the manual shows for session_destroy(), without the cookie. */
    public function delete(string $id): void
    {
        $this->start($id);
        $_SESSION = [];
        $this->request(fn() => session_destroy());
    }

    /** A login by a browser that sends a cookie with the requested id, or none. */
    public function create(?string $requested, object $session): string
    {
        $this->start($requested ?? '');
        $_SESSION = get_object_vars($session->data);
        $id = session_id();
        $this->finish();
        return $id;
    }

    public function rotate(string $id): string
    {
        $this->resume($id);
        $this->request(fn() => session_regenerate_id(true));
        $new = session_id();
        $this->finish();
        return $new;
    }

    /** Begins a request with this id in its cookie. */
    private function start(string $id, array $options = []): void
    {
        $this->request(function () use ($id, $options) {
            session_id($id);
            return session_start($options + ['use_strict_mode' => $this->strict]);
        });
    }

    /** Begins a request of a session that is there. */
    private function resume(string $id): void
    {
        $this->start($id);
        // A request whose session is not there has a new one, with nothing in it: under its own id, or in strict mode under another.
        if ($_SESSION === []) {
            $this->finish();
            throw new Failure('absent');
        }
    }

    /** Ends a request. */
    private function finish(): void
    {
        if (session_status() === PHP_SESSION_ACTIVE) {
            $this->request(fn() => session_write_close());
        }
    }

    /** Does something of a request. PHP says in warnings what goes wrong. */
    private function request(callable $do): void
    {
        $warnings = [];
        set_error_handler(function (int $level, string $said) use (&$warnings) {
            $warnings[] = $said;
            return true;
        });
        try {
            $done = $do();
        } finally {
            restore_error_handler();
        }
        if ($done && !$warnings) {
            return;
        }
        if (session_status() === PHP_SESSION_ACTIVE) {
            session_abort();
        }
        throw self::failure($warnings);
    }

    /** The failure of some warnings: what it is stands in any of them, and the reason in the first. */
    private static function failure(array $warnings): Failure
    {
        $kinds = [
            'Failed to decode' => 'corrupt', 'illegal characters' => 'invalid', 'Permission denied' => 'denied',
            'Operation not permitted' => 'denied', 'is not created by your uid' => 'denied',
        ];
        $found = array_filter(array_keys($kinds), fn($words) => str_contains(implode("\n", $warnings), $words));
        return new Failure($found ? $kinds[reset($found)] : 'io', $warnings[0] ?? 'failed without a warning');
    }
}

// A request of the command line has no headers to send, and no output that they would have to precede.
ini_set('session.use_cookies', '0');
ini_set('session.cache_limiter', '');
Interloper\serve(new PhpFiles(in_array('spread', $argv, true)));
