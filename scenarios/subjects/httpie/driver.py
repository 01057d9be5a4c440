"""HTTPie's sessions under test: HTTPie as it is published, used in process the way its own client.py uses a session.

One `save` is one `http --session=ID` whose answer came: the session is loaded, the request's headers and credentials go
into it, the server's cookies too, and it is written. One `load` is the next such command up to the point of sending.
Nothing is sent. HTTPie has no command that deletes a session: its users remove the file.
"""

import argparse
import errno
import netrc  # noqa: F401  (requests imports it at the first request: better here than once in every forked case)
import os
import sys

try:
    import interloper_driver  # the harness puts the kit on the path
except ImportError:
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path.insert(0, os.path.join(here, *[os.pardir] * 3, "harness", "driver", "python"))
    import interloper_driver

import httpie
import requests
from httpie.cli.argtypes import SessionNameValidator, parse_auth
from httpie.cli.dicts import HTTPHeadersDict
from httpie.client import DEFAULT_UA, finalize_headers
from httpie.config import ConfigFileError, get_default_config_dir
from httpie.context import Environment
from httpie.plugins.builtin import HTTPBasicAuth, HTTPBearerAuth
from httpie.plugins.registry import plugin_manager
from httpie.sessions import get_httpie_session, is_anonymous_session
from interloper_driver import Failure, Store, errno_kind, serve
from requests.cookies import create_cookie

# The host that the sessions of the default place belong to.
URL = "http://localhost/"

valid_session_name = SessionNameValidator("Session name contains invalid characters.")


class HTTPie(Store):
    """`--session=NAME` at the default place, `--session=/path/to/file.json` at a file."""

    name, version, kind = "httpie", httpie.__version__, "client"
    keeps = ["cookies", "headers", "auth"]
    ops = ["save", "load", "update"]
    setups = [{"name": "default", "at": "home"}, {"name": "file", "at": "file", "one_session": True}]
    can = ["fork", "umask", "read_only"]

    def open(self, at):
        """Finds the configuration directory, as each `http` command does when it starts."""
        os.environ["HOME"] = at.home
        for elsewhere in ("HTTPIE_CONFIG_DIR", "XDG_CONFIG_HOME"):
            os.environ.pop(elsewhere, None)
        # HTTPie does this at import, which here was before the case and its home directory.
        self.env = Environment(config_dir=get_default_config_dir())
        self.path, self.read_only = at.path, at.read_only

    def save(self, id, session):
        """One request with these headers and credentials, answered with these cookies."""
        self._request(id, session, True)

    def update(self, id, set):
        """One request with these headers, answered with these cookies: the rest of the session stays."""
        self._request(id, {"headers": [], "auth": None, "cookies": [], **set}, False)

    def _request(self, id, session, whole):
        """One request, and its answer; where that is the whole session, what is not in it goes."""
        headers = HTTPHeadersDict()
        for name, value in session["headers"]:
            headers.add(name, value)
        stored = self._session(id, headers.get("Host"))
        # A cookie that arrives expired never gets into http.cookiejar.
        cookies = [cookie for cookie in map(to_jar, session["cookies"]) if not cookie.is_expired()]
        if whole:
            kept = set(map(key, cookies))
            # What the session no longer has, the server's answer expires. Done first, it spares the cookies that are
            # typed as a header of this request.
            expired = [key(cookie) for cookie in stored.cookies if key(cookie) not in kept]
            stored.remove_cookies([{"name": name, "domain": domain, "path": path} for name, domain, path in expired])
        elif stored.is_new():
            raise Failure("absent")
        try:
            jar = use(stored, headers, session["auth"])
        except requests.RequestException as error:
            # Requests refuses the headers, and HTTPie stops before it writes anything.
            raise Failure("invalid", f"{type(error).__name__}: {error}") from error
        for cookie in cookies:
            jar.set_cookie(cookie)
        # The end of httpie.client.collect_messages.
        if stored.is_new() or not self.read_only:
            stored.cookies = jar
            stored.save()

    def load(self, id):
        """What the next request with this session would carry."""
        stored = self._session(id, None)
        if stored.is_new():
            return None
        jar = use(stored, HTTPHeadersDict(), None)
        return {
            "cookies": [from_jar(cookie) for cookie in jar],
            "headers": [[name, value] for name, value in stored.headers.items()],
            "auth": from_auth(stored.auth),
        }

    def _session(self, id, host):
        """The session that `--session` names, read from its file where there is one."""
        try:
            name = self.path or valid_session_name(id)
            if not self.path and is_anonymous_session(name):
                # HTTPie's manual: a name with a separator is no name but a path. That is place `file`, not a way out of this one.
                raise Failure("invalid", "a name with a separator is a path to HTTPie: see place file")
            return get_httpie_session(self.env, self.env.config.directory, name, host, URL)
        except argparse.ArgumentError as error:
            raise Failure("invalid", error) from error
        except ConfigFileError as error:
            raise Failure(config_error_kind(error), error) from error


def use(stored, given, auth):
    """The beginning of httpie.client.collect_messages, up to the request that would be sent; returns the cookies."""
    headers = HTTPHeadersDict({"User-Agent": DEFAULT_UA})
    headers.update(stored.headers)
    headers.update(given)
    headers = finalize_headers(headers)
    stored.update_headers(headers)
    session = requests.Session()
    session.cookies = stored.cookies
    if auth:
        plugin, credentials = to_auth(auth)
        stored.auth = {"type": plugin.auth_type, "raw_auth": plugin.raw_auth}
    else:
        credentials = stored.auth
    # HTTPie writes a session only after its request could be prepared, and sent.
    session.prepare_request(requests.Request("get", URL, headers=headers, auth=credentials))
    return session.cookies


def to_auth(auth):
    """What `--auth` and `--auth-type` make of credentials: httpie.cli.argparser, after the options are read."""
    plugin = plugin_manager.get_auth_plugin(auth["type"])()
    if not plugin.auth_parse:
        plugin.raw_auth = auth["token"]
        return plugin, plugin.get_auth()
    plugin.raw_auth = f"{auth['username']}:{auth['password']}"
    parsed = parse_auth(plugin.raw_auth)
    if not parsed.has_password():
        raise Failure("invalid", "HTTPie sees no password here and would ask for one")
    if parsed.key and parsed.value:
        plugin.raw_auth = parsed.key + ":" + parsed.value
    return plugin, plugin.get_auth(username=parsed.key, password=parsed.value)


def from_auth(auth):
    """The credentials that HTTPie would send."""
    if auth is None:
        return None
    if isinstance(auth, HTTPBearerAuth):
        return {"type": "bearer", "token": str(auth.token)}
    if isinstance(auth, HTTPBasicAuth):
        # HTTPie sends a missing password as the word "None", too.
        return {"type": "basic", "username": str(auth.username), "password": str(auth.password)}
    raise Failure("other", f"credentials that the protocol has no word for: {type(auth).__name__}")


def key(cookie):
    """What makes a cookie the same cookie."""
    return cookie.name, cookie.domain, cookie.path


def to_jar(cookie):
    """The cookie as http.cookiejar makes it of a Set-Cookie header.

    There, a host-only cookie has the bare host for its domain, and ".local" at its end when the host has no dot; any
    other has a leading dot. No domain at all is HTTPie's own: a cookie the user typed, sent to every host.
    """
    domain = cookie["domain"]
    if domain and not cookie["host_only"]:
        domain = "." + domain
    elif cookie["host_only"] and not domain:
        raise Failure("invalid", "a host-only cookie needs its host")
    elif domain and "." not in domain:
        domain += ".local"
    return create_cookie(cookie["name"], cookie["value"], domain=domain, path=cookie["path"],
                         expires=cookie["expires"], secure=cookie["secure"])


def from_jar(cookie):
    """The reverse of `to_jar`. HttpOnly and SameSite are not in HTTPie's files."""
    domain = str(cookie.domain)
    host_only = domain != "" and not domain.startswith(".")
    if domain.startswith("."):
        domain = domain[1:]
    elif domain.endswith(".local") and domain.count(".") == 1:
        domain = domain[:-len(".local")]
    # The protocol's times have 64 bits, Python's any number.
    expires = None if cookie.expires is None else max(-1 << 63, min(cookie.expires, (1 << 63) - 1))
    return {"name": str(cookie.name), "value": str(cookie.value), "domain": domain, "host_only": host_only,
            "path": str(cookie.path), "expires": expires, "secure": bool(cookie.secure)}


def config_error_kind(error):
    """HTTPie has one exception for damage and for the kernel's refusals; what it was raised from tells them apart."""
    cause = error.__context__
    if not isinstance(cause, OSError):
        return "corrupt"
    # There is something at the session's place, and it cannot be a session file.
    if cause.errno in (errno.EISDIR, errno.ELOOP, errno.ENOTDIR, errno.ENXIO, errno.ENODEV):
        return "corrupt"
    return errno_kind(cause)


if __name__ == "__main__":
    serve(HTTPie())
