"""The cookie files of Python's standard library under test: `driver.py mozilla` and `driver.py lwp`.

A save is what scripts do at their end, `jar.save(path, ignore_discard=True, ignore_expires=True)`, with the cookies
that the jar then has; a load is the `jar.load(…)` at the start of the next one.
"""

import http.cookiejar
import os
import platform
import sys

try:
    import interloper_driver  # the harness puts the kit on the path
except ImportError:
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path.insert(0, os.path.join(here, *[os.pardir] * 3, "harness", "driver", "python"))
    import interloper_driver

from interloper_driver import Failure, Store, serve

FORMATS = {"mozilla": http.cookiejar.MozillaCookieJar, "lwp": http.cookiejar.LWPCookieJar}

# As servers write it, and as MozillaCookieJar does: the one is not the other to it, and it does not keep a server's.
HTTP_ONLY = ("HttpOnly", "HTTPOnly")


class CookieJar(Store):
    """One cookie file."""

    kind = "client"
    version = platform.python_version()
    keeps, ops = ["cookies"], ["save", "load", "update"]
    setups = [{"name": "file", "at": "file", "one_session": True}]

    def __init__(self, word):
        self.name, self.format = f"cookiejar-{word}", FORMATS[word]

    def open(self, at):
        """Remembers the file."""
        if not at.path:
            raise Failure("invalid", "a cookie file needs a path")
        self.path = at.path

    def save(self, id, session):
        """Writes the file anew."""
        self._write(self.format(), session["cookies"])

    def load(self, id):
        """Reads the file."""
        jar = self._read()
        return None if jar is None else {"cookies": [from_jar(cookie) for cookie in jar]}

    def update(self, id, set):
        """A whole script: it loads the jar, gets these cookies, and saves it at its end."""
        jar = self._read()
        if jar is None:
            raise Failure("absent")
        self._write(jar, set.get("cookies", []))

    def _read(self):
        """The jar in the file; `None` where there is none."""
        jar = self.format()
        try:
            jar.load(self.path, ignore_discard=True, ignore_expires=True)
        except FileNotFoundError:
            return None
        except http.cookiejar.LoadError as error:
            raise Failure("corrupt", error) from error
        return jar

    def _write(self, jar, cookies):
        """Puts cookies into a jar, and the jar into the file."""
        for cookie in cookies:
            jar.set_cookie(to_jar(cookie))
        jar.save(self.path, ignore_discard=True, ignore_expires=True)


def to_jar(cookie):
    """The cookie as http.cookiejar makes it of a Set-Cookie header.

    There, a host-only cookie has the bare host for its domain, and ".local" at its end when the host has no dot; any
    other has a leading dot. One that a script made itself may have no domain. HttpOnly and SameSite are attributes
    that it keeps without knowing them.
    """
    domain = cookie["domain"]
    given = domain != "" and not cookie["host_only"]
    if given:
        domain = "." + domain
    elif cookie["host_only"] and not domain:
        raise Failure("invalid", "a host-only cookie needs its host")
    elif domain and "." not in domain:
        domain += ".local"
    rest = {}
    if cookie["http_only"]:
        rest[HTTP_ONLY[0]] = None
    if cookie["same_site"]:
        rest["SameSite"] = cookie["same_site"].capitalize()
    return http.cookiejar.Cookie(
        version=0, name=cookie["name"], value=cookie["value"], port=None, port_specified=False,
        domain=domain, domain_specified=given, domain_initial_dot=False, path=cookie["path"], path_specified=True,
        secure=cookie["secure"], expires=cookie["expires"], discard=cookie["expires"] is None,
        comment=None, comment_url=None, rest=rest,
    )


def from_jar(cookie):
    """The reverse of `to_jar`."""
    domain = cookie.domain
    host_only = domain != "" and not domain.startswith(".")
    if domain.startswith("."):
        domain = domain[1:]
    elif domain.endswith(".local") and domain.count(".") == 1:
        domain = domain[:-len(".local")]
    # The protocol's times have 64 bits, Python's any number.
    expires = None if cookie.expires is None else max(-1 << 63, min(cookie.expires, (1 << 63) - 1))
    same_site = str(cookie.get_nonstandard_attr("SameSite", "")).lower()
    return {
        "name": cookie.name, "value": cookie.value or "", "domain": domain, "host_only": host_only,
        "path": cookie.path or "/", "expires": expires, "secure": bool(cookie.secure),
        "http_only": any(map(cookie.has_nonstandard_attr, HTTP_ONLY)),
        "same_site": same_site if same_site in ("strict", "lax", "none") else None,
    }


if __name__ == "__main__":
    if sys.argv[1:] not in ([word] for word in FORMATS):
        sys.exit(f"usage: driver.py {'|'.join(FORMATS)}")
    serve(CookieJar(sys.argv[1]))
