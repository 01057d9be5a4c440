"""A client as a driver: urllib, with a strict jar in a file."""

import http.cookiejar
import os
import ssl
import urllib.request

from interloper_driver import Failure, Store, serve

POLICY = http.cookiejar.DefaultCookiePolicy(strict_ns_domain=http.cookiejar.DefaultCookiePolicy.DomainStrictNonDomain)


class Fetching(Store):
    """One opener for each request."""

    name, version, kind = "fetching", "1", "client"
    keeps = ["cookies"]
    ops = ["fetch"]
    setups = [{"name": "file", "at": "file", "one_session": True}]

    def open(self, at):
        """Remembers the path."""
        self.path = at.path

    def fetch(self, request):
        """Loads the jar, sends the request, and saves the jar."""
        if request.auth or request.cookie:
            raise Failure("unsupported")
        jar = http.cookiejar.LWPCookieJar(self.path, policy=POLICY)
        if os.path.exists(self.path):
            jar.load()
        trusted = ssl.create_default_context(cafile="/etc/interloper/ca.pem")
        handlers = urllib.request.HTTPCookieProcessor(jar), urllib.request.HTTPSHandler(context=trusted)
        opener = urllib.request.build_opener(*handlers)
        opener.open(request.url).read()
        if not request.read_only:
            jar.save()


serve(Fetching())
