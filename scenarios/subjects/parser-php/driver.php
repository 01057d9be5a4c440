<?php
// $_COOKIE, which PHP fills before a script begins: so each header is a request to PHP's own server, on a port of this sandbox's own loopback.

require __DIR__ . '/interloper_driver.php';

use Interloper\Failure;

class PhpCookies extends Interloper\Store
{
    private int $port = 0;
    private $server = null;

    public function hello(): array
    {
        return [
            'name' => 'parser-php', 'version' => PHP_VERSION, 'kind' => 'parser', 'medium' => 'memory', 'keeps' => [], 'parses' => ['cookie'],
            'ops' => ['parse'], 'setups' => [['name' => 'default', 'at' => 'none']],
        ];
    }

    public function open(object $at): void
    {
        if ($this->server !== null) {
            return;
        }
        // Tiers other than `namespaces` have no interface of their own to listen on.
        $probe = @stream_socket_server('tcp://127.0.0.1:0');
        if ($probe === false) {
            throw new Failure('unsupported', "PHP's own server needs a loopback interface, which only tier namespaces has");
        }
        fclose($probe);
        $script = "$at->home/cookies.php";
        file_put_contents($script, '<?php echo serialize($_COOKIE);') || throw Failure::last();
        // What it prints first has the port that it took.
        $ends = [['file', '/dev/null', 'r'], ['file', '/dev/null', 'w'], ['pipe', 'w']];
        $this->server = proc_open([PHP_BINARY, '-n', '-d', 'display_errors=0', '-S', '127.0.0.1:0', $script], $ends, $pipes);
        while (($line = fgets($pipes[2])) !== false) {
            if (preg_match('~http://127\.0\.0\.1:(\d+)~', $line, $found)) {
                $this->port = (int) $found[1];
                return;
            }
        }
        throw new Failure('io', 'the server did not start');
    }

    public function parse(string $header, string $value): array
    {
        if ($header !== 'cookie') {
            throw new Failure('unsupported', "it does not read $header");
        }
        if (strpbrk($value, "\0\r\n") !== false) {
            throw new Failure('invalid', 'no request can hold such a header');
        }
        $server = @stream_socket_client("tcp://127.0.0.1:$this->port", $code, $why) ?: throw new Failure('io', $why);
        fwrite($server, "GET / HTTP/1.0\r\nHost: app.test\r\nCookie: $value\r\n\r\n");
        [$head, $body] = explode("\r\n\r\n", stream_get_contents($server), 2) + ['', ''];
        if (!str_starts_with($head, 'HTTP/1.0 200')) {
            throw new Failure('invalid', strtok($head, "\r\n") ?: 'no answer');
        }
        $pairs = [];
        foreach (unserialize($body, ['allowed_classes' => false]) as $name => $read) {
            self::flatten((string) $name, $read, $pairs);
        }
        return $pairs;
    }

    /** PHP makes an array of `a[b]` and a list of `a[]`, and an application asks for them as they were written. */
    private static function flatten(string $name, string|array $read, array &$pairs): void
    {
        if (is_string($read)) {
            $pairs[] = [$name, $read];
            return;
        }
        foreach ($read as $key => $item) {
            self::flatten($name . (array_is_list($read) ? '[]' : "[$key]"), $item, $pairs);
        }
    }
}

Interloper\serve(new PhpCookies());
