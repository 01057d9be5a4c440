"""The driver of an HTTP client in Python. Put your client's calls in place of urllib's: load the session, send one request, save it."""

import base64
import http.cookiejar
import os
import urllib.request

from interloper_driver import Failure, Store, serve

# Sites over https have their certificates from the sandbox's own authority.
os.environ["SSL_CERT_FILE"] = "/etc/interloper/ca.pem"


class Client(Store):
    name, version, kind, keeps = "client", "1.0.0", "client", ["cookies"]
    ops = ["fetch"]
    setups = [{"name": "file", "at": "file", "one_session": True}]

    def open(self, at):
        self.path = at.path

    def fetch(self, request):
        if request.cookie:
            raise Failure("unsupported", "it cannot be given a cookie")
        jar = http.cookiejar.MozillaCookieJar(self.path)
        if os.path.exists(self.path):
            jar.load()
        get = urllib.request.Request(request.url)
        if request.auth:
            given = f"{request.auth.user}:{request.auth.password}".encode()
            get.add_header("Authorization", "Basic " + base64.b64encode(given).decode())
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        opener.open(get).read()
        if not request.read_only:
            jar.save()


serve(Client())
