<?php
// Hosts a session store in PHP for Interloper: driver protocol 2, PHP 8.0 and later, the command line's own extensions only.
//
// A driver is a store and one call:
//
//     require __DIR__ . '/interloper_driver.php';
//
//     class Files extends Interloper\Store
//     {
//         public function hello(): array
//         {
//             return [
//                 'name' => 'files', 'version' => '1.0.0', 'keeps' => ['data'], 'ops' => ['save', 'load'],
//                 'setups' => [['name' => 'file', 'at' => 'file', 'one_session' => true]],
//             ];
//         }
//         public function open(object $at): void { $this->path = $at->path; }
//         public function save(string $id, object $session): void { file_put_contents($this->path, json_encode($session->data)); }
//         public function load(string $id) { return ['data' => json_decode(file_get_contents($this->path))]; }
//     }
//
//     Interloper\serve(new Files());
//
// It forks if pcntl is there, as in Debian's php-cli; otherwise each case gets a process of its own.

namespace Interloper;

const PROTOCOL = 2;
const MAX_LINE = 16 << 20;
const REQUEST_FD = 3;
const ANSWER_FD = 4;
// The longest error message that is sent, in bytes: some errors quote the whole file.
const MESSAGE = 1000;
const DEPTH = 4096;

/** An answer that says no. Kinds: unsupported corrupt denied conflict absent invalid io other. */
class Failure extends \Exception
{
    public function __construct(public string $kind, string $message = '')
    {
        parent::__construct($message);
    }

    /** Returns the failure of the last warning: PHP's own functions return false and leave the reason there. */
    public static function last(string $otherwise = 'failed without a reason'): Failure
    {
        $said = error_get_last()['message'] ?? $otherwise;
        $kinds = [
            'No such file or directory' => 'absent', 'Permission denied' => 'denied', 'Operation not permitted' => 'denied',
            'Invalid argument' => 'invalid', 'File name too long' => 'invalid',
        ];
        foreach ($kinds as $words => $kind) {
            if (str_contains($said, $words)) {
                return new Failure($kind, $said);
            }
        }
        return new Failure('io', $said);
    }
}

/**
 * A store under test. Write `hello`, `open`, `save` and `load`, and every other operation that `hello()['ops']` names.
 *
 * `open` gets setup, home, path, umask (already set), readOnly and params. Sessions are objects with every part present: `data`
 * and `auth` are objects, so that `{}` stays one, `cookies` and `headers` are lists. `load` returns an array or object with the
 * parts that the store keeps, or null if there is no such session. `fetch`, of a client, gets url, readOnly, cookie (`name=value` or null)
 * and auth (user and password, or null). `parse`, of a parser, gets the bytes of a header and returns
 * pairs of a name and a value, as bytes. `create` gets the requested id, or null, and returns the id.
 */
abstract class Store
{
    abstract public function hello(): array;
    abstract public function open(object $at): void;
    public function save(string $id, object $session): void { throw new Failure('unsupported'); }
    public function load(string $id) { throw new Failure('unsupported'); }
    public function update(string $id, object $set): void { throw new Failure('unsupported'); }
    public function delete(string $id): void { throw new Failure('unsupported'); }
    public function create(?string $requested, object $session): string { throw new Failure('unsupported'); }
    public function rotate(string $id): string { throw new Failure('unsupported'); }
    public function list(): array { throw new Failure('unsupported'); }
    public function purge(): void { throw new Failure('unsupported'); }
    public function advance(int $seconds): void { throw new Failure('unsupported'); }
    public function parse(string $header, string $value): array { throw new Failure('unsupported'); }
    public function fetch(object $request): void { throw new Failure('unsupported'); }
    public function close(): void {}
}

/** Serves the store on descriptors 3 and 4 until the harness closes them: the whole main program of a driver. */
function serve(Store $store): void
{
    Places::prepare();
    $requests = @fopen('php://fd/' . REQUEST_FD, 'rb');
    $answers = @fopen('php://fd/' . ANSWER_FD, 'wb');
    if ($requests === false || $answers === false) {
        fwrite(STDERR, "an Interloper driver: it reads requests on descriptor 3, answers on 4\n");
        exit(1);
    }
    stream_set_write_buffer($answers, 0);
    [$forked, $places] = [false, null];
    // One request is sent at a time, so the stream's buffer is empty after a line, and a child takes none of its parent's.
    while (($line = fgets($requests)) !== false) {
        [$n, $op] = [0, null];
        try {
            $request = parse($line);
            [$n, $op] = [$request->n, $request->op];
            if ($op === 'fork' && can_fork()) {
                flush_output();
                $pid = pcntl_fork();
                if ($pid > 0) {
                    pcntl_waitpid($pid, $status);
                    // The child may have died in the middle of a line: the newline ends it.
                    write($answers, "\n" . encode(['event' => 'child', 'status' => $status]));
                    continue;
                }
                $forked = $pid === 0;
                // Two children of one parent must not draw the same ids or names.
                mt_srand();
                $ok = $forked ? ['pid' => getmypid()] : throw new Failure('io', 'cannot fork');
                $answer = ['n' => $n, 'ok' => (object) $ok];
            } elseif ($op === 'watch') {
                $places ??= new Places();
                $answer = ['n' => $n, 'ok' => (object) []];
            } else {
                $places?->begin();
                $ok = perform($store, $request);
                $answer = ['n' => $n, 'ok' => (object) $ok] + ran($places);
            }
        } catch (\Throwable $error) {
            $answer = ['n' => $n, 'err' => failed($error)] + ran($places);
        }
        $answer = encode($answer);
        // What the store printed is evidence, and the harness may kill this process after the answer.
        flush_output();
        write($answers, $answer);
        if ($forked && $op === 'close') {
            break;
        }
    }
}

/** What an answer says about the places that ran, if the harness asked. */
function ran(?Places $places): array
{
    return $places === null ? [] : ['ran' => $places->taken()];
}

/** The lines of the store's code that run, for a search that goes by them: by pcov, where PHP has it. This file is not the store's code. */
final class Places
{
    private array $known = [];

    public function __construct()
    {
        if (!self::can()) {
            throw new Failure('unsupported', 'PHP has no pcov, which says which lines ran');
        }
    }

    private static function can(): bool
    {
        return extension_loaded('pcov') && ini_get('pcov.enabled') && ini_get('pcov.directory') === '/';
    }

    /** pcov looks at the files of one directory, which only the command line can name: the driver is started again with the root. */
    public static function prepare(): void
    {
        $again = extension_loaded('pcov') && !self::can() && function_exists('pcntl_exec') && getenv('INTERLOPER_PCOV') === false;
        $line = $again ? @file_get_contents('/proc/self/cmdline') : false;
        if (is_string($line)) {
            $arguments = array_slice(explode("\0", rtrim($line, "\0")), 1);
            $given = ['-d', 'pcov.enabled=1', '-d', 'pcov.directory=/', ...$arguments];
            @pcntl_exec(PHP_BINARY, $given, ['INTERLOPER_PCOV' => '1'] + getenv());
        }
    }

    public function begin(): void
    {
        \pcov\start();
    }

    /** The lines that ran for the first time in this process since the last call. */
    public function taken(): array
    {
        \pcov\stop();
        $found = [];
        foreach (\pcov\collect(\pcov\exclusive, [__FILE__]) as $file => $lines) {
            foreach ($lines as $line => $count) {
                if ($count > 0 && !isset($this->known["$file:$line"])) {
                    $this->known["$file:$line"] = true;
                    $found[] = "$file:$line";
                }
            }
        }
        \pcov\clear();
        return $found;
    }
}

function parse(string $line): object
{
    $request = json_decode($line, false, DEPTH);
    if (!is_object($request)) {
        throw new Failure('invalid', 'not a request: ' . json_last_error_msg());
    }
    if (!is_int($request->n ?? null) || $request->n < 0 || !is_string($request->op ?? null)) {
        throw new Failure('invalid', 'not a request: n or op is of another type');
    }
    return $request;
}

/** Performs an operation and returns what `ok` holds. */
function perform(Store $store, object $request): array
{
    switch ($request->op) {
        case 'hello': return hello($store, $request);
        case 'open': return open($store, $request);
        case 'save': $store->save(text($request, 'id'), session($request)); return [];
        case 'load':
            $loaded = $store->load(text($request, 'id'));
            return $loaded === null ? ['absent' => true] : ['session' => loaded($loaded)];
        case 'update': $store->update(text($request, 'id'), parts($request, 'set')); return [];
        case 'delete': $store->delete(text($request, 'id')); return [];
        case 'create': return ['id' => $store->create($request->id ?? null, session($request))];
        case 'rotate': return ['id' => $store->rotate(text($request, 'id'))];
        case 'list': return ['ids' => array_values(array_map('strval', $store->list()))];
        case 'purge': $store->purge(); return [];
        case 'advance': $store->advance((int) ($request->seconds ?? 0)); return [];
        case 'parse': return ['pairs' => pairs($store->parse(text($request, 'header'), bytes($request)))];
        case 'fetch': $store->fetch(fetch($request)); return [];
        case 'close': $store->close(); return [];
        default: throw new Failure('unsupported', 'no operation ' . json_encode($request->op));
    }
}

function hello(Store $store, object $request): array
{
    $asked = $request->protocol ?? null;
    if ($asked !== PROTOCOL) {
        throw new Failure('unsupported', 'this driver speaks protocol ' . PROTOCOL . ', not ' . json_encode($asked));
    }
    $can = can_fork() ? ['fork', 'umask'] : ['umask'];
    $runtime = 'php ' . PHP_VERSION . ' ' . PHP_BINARY;
    return ['runtime' => $runtime, 'now' => time()] + $store->hello() + ['can' => $can];
}

function open(Store $store, object $request): array
{
    $umask = text($request, 'umask');
    if (preg_match('/^0*[0-7]{1,3}$/D', $umask) !== 1) {
        throw new Failure('invalid', 'umask ' . json_encode($umask) . ' is not octal');
    }
    // Before the store, or anything else, can make a file.
    umask(octdec($umask));
    $store->open((object) [
        'setup' => text($request, 'setup'), 'home' => text($request, 'home'), 'path' => $request->at ?? null,
        'umask' => octdec($umask), 'readOnly' => (bool) ($request->read_only ?? false),
        'params' => (array) ($request->params ?? []),
    ]);
    return [];
}

function can_fork(): bool
{
    return function_exists('pcntl_fork') && function_exists('pcntl_waitpid');
}

function text(object $request, string $name): string
{
    if (!is_string($request->$name ?? null)) {
        throw new Failure('invalid', "not a request: $name is missing or of another type");
    }
    return $request->$name;
}

/** What a client is asked to send. */
function fetch(object $request): object
{
    $auth = $request->auth ?? null;
    if ($auth !== null) {
        $auth = is_object($auth) ? $auth : throw new Failure('invalid', 'not a request: auth is of another type');
        $auth = (object) ['user' => text($auth, 'user'), 'password' => text($auth, 'password')];
    }
    return (object) [
        'url' => text($request, 'url'), 'readOnly' => (bool) ($request->read_only ?? false),
        'cookie' => isset($request->cookie) ? text($request, 'cookie') : null, 'auth' => $auth,
    ];
}

/** The value of a header: a text, or base64 of what is none. */
function bytes(object $request): string
{
    $encoded = $request->value->b64 ?? null;
    $bytes = is_string($encoded) ? base64_decode($encoded, true) : text($request, 'value');
    return $bytes === false ? throw new Failure('invalid', 'not a request: value is no base64') : $bytes;
}

/** The pairs of a header for the answer: whatever bytes they are. */
function pairs(array $pairs): array
{
    $written = fn (string $bytes) => preg_match('//u', $bytes) === 1 ? $bytes : ['b64' => base64_encode($bytes)];
    return array_map(fn (array $pair) => array_map($written, $pair), array_values($pairs));
}

/** The session of a request with every part present. */
function session(object $request): object
{
    $whole = ['data' => (object) [], 'cookies' => [], 'headers' => [], 'auth' => null, 'expires_at' => null];
    return (object) (get_object_vars(parts($request, 'session')) + $whole);
}

/** A session of a request with the parts that are there. */
function parts(object $request, string $name): object
{
    if (!is_object($request->$name ?? null)) {
        throw new Failure('invalid', "not a request: $name is missing or of another type");
    }
    return $request->$name;
}

/** A session for the answer: an empty array, or one whose keys are numbers, would be a list in JSON. */
function loaded(array|object $session): object
{
    $session = (object) $session;
    if (isset($session->data)) {
        $session->data = (object) $session->data;
    }
    return $session;
}

/** What `err` holds. */
function failed(\Throwable $error): array
{
    $isFailure = $error instanceof Failure;
    $message = $isFailure ? $error->getMessage() : $error::class . ': ' . $error->getMessage();
    return ['kind' => $isFailure ? $error->kind : 'other', 'message' => substr($message, 0, MESSAGE)];
}

/** The answer as one line; bytes that are no UTF-8 become U+FFFD. */
function encode(array $answer): string
{
    $flags = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION | JSON_INVALID_UTF8_SUBSTITUTE;
    $line = json_encode($answer, $flags, DEPTH);
    $why = $line === false ? 'the answer is no JSON: ' . json_last_error_msg() : null;
    if ($why === null && strlen($line) >= MAX_LINE) {
        $why = 'the answer is ' . strlen($line) . ' bytes long, and a line at most ' . MAX_LINE;
    }
    if ($why !== null) {
        $line = json_encode(['n' => $answer['n'] ?? 0, 'err' => ['kind' => 'other', 'message' => $why]]);
    }
    return "$line\n";
}

function write($stream, string $bytes): void
{
    while ($bytes !== '') {
        $count = fwrite($stream, $bytes);
        if ($count === false || $count === 0) {
            exit(1);
        }
        $bytes = substr($bytes, $count);
    }
}

function flush_output(): void
{
    while (ob_get_level() > 0 && ob_end_flush()) {
    }
    flush();
}
