<?php
// A small application on PHP's own sessions, with its handler `files`.
//
// HARDENED=1 does what https://www.php.net/manual/en/session.security.ini.php advises, with session_regenerate_id() at the login, as
// https://www.php.net/manual/en/features.session.security.management.php has it.

$hardened = getenv('HARDENED') === '1';
$sessions = getenv('HOME') . '/sessions';
if (!is_dir($sessions)) {
    mkdir($sessions, 0700);
}
// Debian's own directory for sessions is not there in the sandbox.
$options = ['save_path' => $sessions];
if ($hardened) {
    $options += [
        'cookie_lifetime' => 0,
        'use_cookies' => 1,
        'use_only_cookies' => 1,
        'use_strict_mode' => 1,
        'cookie_httponly' => 1,
        'cookie_secure' => 1,
        'cookie_samesite' => 'Lax',
        'gc_maxlifetime' => 600,
        'use_trans_sid' => 0,
        'cache_limiter' => 'nocache',
        'sid_length' => 48,
        'sid_bits_per_character' => 6,
    ];
}
session_start($options);

switch ($_SERVER['REQUEST_METHOD'] . ' ' . parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) {
    case 'POST /login':
        if ($hardened) {
            session_regenerate_id(true);
        }
        $_SESSION['user'] = $_POST['user'];
        echo 'welcome';
        break;
    case 'POST /logout':
        // As the manual shows for session_destroy(): the values, the cookie, the session.
        $_SESSION = [];
        if ($hardened) {
            $cookie = session_get_cookie_params();
            unset($cookie['lifetime']);
            setcookie(session_name(), '', ['expires' => 1] + $cookie);
        }
        session_destroy();
        echo 'goodbye';
        break;
    case 'GET /whoami':
        echo $_SESSION['user'] ?? 'nobody';
        break;
    case 'POST /set':
        $_SESSION['value'] = $_POST['value'];
        echo 'kept';
        break;
    case 'GET /get':
        echo $_SESSION['value'] ?? '';
        break;
    default:
        http_response_code(404);
}
