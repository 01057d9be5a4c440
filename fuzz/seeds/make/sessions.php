<?php
// Writes the seeds that PHP makes: php sessions.php DIRECTORY (the folder `fuzz/seeds`).
class User { public $name = "anna"; protected $id = 7; private $tags = ["a", "b"]; }
enum Role: string { case Admin = "admin"; }
$shared = new User;
$sessions = [
  "flat" => ["user" => "anna", "count" => 3, "ratio" => 0.1, "big" => 1.0E+25, "on" => true, "none" => null],
  "nested" => ["cart" => [["id" => 1, "name" => "Käse"], ["id" => -2, "name" => ""]], "inf" => -INF],
  "objects" => ["a" => $shared, "b" => $shared, "role" => Role::Admin, "when" => new ArrayObject([1, 2])],
  "empty" => [],
];
foreach (["php", "php_serialize", "php_binary"] as $handler) {
  @mkdir("$argv[1]/$handler", 0777, true);
  foreach ($sessions as $name => $data) {
    ini_set("session.serialize_handler", $handler);
    ini_set("session.use_cookies", "0");
    ini_set("session.cache_limiter", "");
    session_id("seed");
    session_start();
    $_SESSION = $data;
    file_put_contents("$argv[1]/$handler/$name", session_encode());
    session_abort();
  }
}
