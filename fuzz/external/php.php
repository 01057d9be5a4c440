<?php
// PHP's own decoder of sessions, for the target `external`: php php.php HANDLER. python.py says what goes in and out.
// The value of a session is what session_encode() makes of it again.
declare(strict_types=1);

// Sessions that are kept nowhere.
final class Nowhere implements SessionHandlerInterface
{
    public function open(string $path, string $name): bool { return true; }
    public function close(): bool { return true; }
    public function read(string $id): string|false { return ''; }
    public function write(string $id, string $data): bool { return true; }
    public function destroy(string $id): bool { return true; }
    public function gc(int $max_lifetime): int|false { return 0; }
}

error_reporting(0);
ini_set('session.use_cookies', '0');
ini_set('session.cache_limiter', '');
ini_set('session.gc_probability', '0');
ini_set('session.serialize_handler', $argv[1]);
session_set_save_handler(new Nowhere(), false);
$planted = getenv('INTERLOPER_PLANT') === '1';

function answer(string $data): array
{
    // What could not be decoded has destroyed its session.
    if (session_status() !== PHP_SESSION_ACTIVE && !session_start()) {
        return ['broken' => 'session_start'];
    }
    $_SESSION = [];
    try {
        if (!session_decode($data)) {
            return ['refused' => 'session_decode'];
        }
        $again = session_encode();
        // A session without variables has no encoding in two of the three handlers.
        if ($again === false && $_SESSION !== []) {
            return ['refused' => 'session_encode'];
        }
        return ['value' => bin2hex((string) $again)];
    } catch (Throwable $error) {
        return ['refused' => get_class($error)];
    }
}

// Everything that was asked for, or nothing at the end of the input.
function take(int $length): ?string
{
    $bytes = '';
    while (strlen($bytes) < $length) {
        $piece = fread(STDIN, $length - strlen($bytes));
        if ($piece === false || $piece === '') {
            return null;
        }
        $bytes .= $piece;
    }
    return $bytes;
}

while (($header = take(4)) !== null) {
    $batch = take(unpack('N', $header)[1]);
    $lines = '';
    for ($at = 0; $at < strlen($batch); $at += 4 + $length) {
        $length = unpack('N', $batch, $at)[1];
        $data = substr($batch, $at + 4, $length);
        $lines .= json_encode(answer($planted ? str_replace("\n", '', $data) : $data)) . "\n";
    }
    for ($said = 0; $said < strlen($lines); $said += $count) {
        $count = fwrite(STDOUT, substr($lines, $said));
        if (!$count) {
            exit(1);
        }
    }
}
