<?php
// The driver of an HTTP client in PHP. Put your client's calls in place of curl's: load the session, send one request, save it.

require __DIR__ . '/interloper_driver.php';

use Interloper\Failure;

class Client extends Interloper\Store
{
    private string $path;

    public function hello(): array
    {
        return [
            'name' => 'client', 'version' => '1.0.0', 'kind' => 'client', 'keeps' => ['cookies'], 'ops' => ['fetch'],
            'setups' => [['name' => 'file', 'at' => 'file', 'one_session' => true]],
        ];
    }

    public function open(object $at): void
    {
        $this->path = $at->path;
    }

    public function fetch(object $request): void
    {
        $curl = curl_init($request->url);
        curl_setopt_array($curl, [
            CURLOPT_RETURNTRANSFER => true, CURLOPT_FOLLOWLOCATION => true, CURLOPT_PROXY => '', CURLOPT_COOKIEFILE => $this->path,
            // Sites over https have their certificates from the sandbox's own authority.
            CURLOPT_CAINFO => '/etc/interloper/ca.pem',
        ]);
        if (!$request->readOnly) {
            curl_setopt($curl, CURLOPT_COOKIEJAR, $this->path);
        }
        if ($request->auth) {
            curl_setopt($curl, CURLOPT_USERPWD, "{$request->auth->user}:{$request->auth->password}");
        }
        if ($request->cookie) {
            curl_setopt($curl, CURLOPT_COOKIE, $request->cookie);
        }
        if (curl_exec($curl) === false) {
            throw new Failure('io', curl_error($curl));
        }
        // The jar is written when the handle goes.
        unset($curl);
    }
}

Interloper\serve(new Client());
