"""Readers of cookies in Python, each as an application gets what it read: from a WSGI environment, in which a header is text of Latin-1 (PEP 3333)."""

import io
import platform
import sys
from http import cookiejar, cookies
from importlib import metadata

from interloper_driver import Failure, Store, serve

ATTRIBUTES = ("expires", "max-age", "domain", "path", "secure", "httponly", "samesite")


def raw(text):
    """The bytes that a text of Latin-1 stands for; a text beyond that is sent as it is."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text


def attributes(found):
    """The attributes of a Set-Cookie header in the form of the protocol."""
    pairs, seen = [], set()
    for name, value in found:
        name = name.lower()
        # As CookieJar.make_cookies has it: of its own attributes, the first of several counts.
        if name in seen or name not in ATTRIBUTES or value is None or value is False or value == "":
            continue
        if name in ("secure", "httponly"):
            value = ""
        elif name == "expires" and isinstance(value, str):
            value = cookiejar.http2time(value)
            if value is None:
                continue
        elif name == "domain":
            value = value.removeprefix(".").lower()
        elif name == "samesite":
            value = value.lower()
        seen.add(name)
        pairs.append((name, raw(str(value))))
    return pairs


def http_cookies(header, text):
    read = cookies.SimpleCookie()
    try:
        read.load(text)
    except cookies.CookieError as error:
        raise Failure("invalid", error) from None
    pairs = [(raw(name), raw(morsel.value)) for name, morsel in read.items()]
    if header == "cookie" or not pairs:
        return pairs
    first = next(iter(read.values()))
    return pairs[:1] + attributes(first.items())


def http_cookiejar(_, text):
    # What make_cookies() makes cookies of; a header without a pair has none, and neither has one at which the reader fails.
    try:
        headers = cookiejar.parse_ns_headers([text])
    except Exception:
        return []
    for (name, value), *rest in headers:
        if value is None:
            return []
        flags = [(key, True if key.lower() in ("secure", "httponly") else value) for key, value in rest]
        # Of those that are not its own, the last: Cookie.get_nonstandard_attr.
        others = {key.lower(): (key, value) for key, value in flags if key.lower() in ("httponly", "samesite")}
        own = [(key, value) for key, value in flags if key.lower() not in others]
        return [(raw(name), raw(value))] + attributes(own + list(others.values()))
    return []


def werkzeug(_, text):
    from werkzeug.wrappers import Request
    read = Request({"HTTP_COOKIE": text}).cookies
    return list(read.items(multi=True))


def django(_, text):
    from django.conf import settings
    from django.core.handlers.wsgi import WSGIRequest
    if not settings.configured:
        settings.configure()
    request = WSGIRequest({"REQUEST_METHOD": "GET", "wsgi.input": io.BytesIO(), "HTTP_COOKIE": text})
    return list(request.COOKIES.items())


def bottle(_, text):
    from bottle import BaseRequest
    read = BaseRequest({"HTTP_COOKIE": text}).cookies
    return [(raw(name), raw(value)) for name, value in read.allitems()]


READERS = {
    "http.cookies": (http_cookies, ["cookie", "set_cookie"]),
    "http.cookiejar": (http_cookiejar, ["set_cookie"]),
    "werkzeug": (werkzeug, ["cookie"]),
    "django": (django, ["cookie"]),
    "bottle": (bottle, ["cookie"]),
}


class Parser(Store):
    kind, medium, ops = "parser", "memory", ["parse"]
    setups = [{"name": "default", "at": "none"}]

    def __init__(self, reader):
        self.name = f"parser-{reader}"
        self.read, self.parses = READERS[reader]
        self.version = platform.python_version() if reader.startswith("http.") else metadata.version(reader)
        if "." not in reader:
            # What a forked process would have to import anew for each case.
            self.read("cookie", "a=1")

    def open(self, at):
        pass

    def parse(self, header, value):
        if header not in self.parses:
            raise Failure("unsupported", f"it does not read {header}")
        return self.read(header, value.decode("latin-1"))


serve(Parser(sys.argv[1]))
