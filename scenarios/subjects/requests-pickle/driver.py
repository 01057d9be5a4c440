"""What a script with requests pickles: `driver.py cookies` and `driver.py session`.

    with open(path, "wb") as file:
        pickle.dump(session.cookies, file)      # or the whole session
    with open(path, "rb") as file:
        session.cookies.update(pickle.load(file))
"""

import pickle
import sys
from http.cookiejar import Cookie

import requests
from interloper_driver import Failure, Store, serve

# What the documentation of pickle names.
DAMAGED = (pickle.UnpicklingError, AttributeError, EOFError, ImportError, IndexError)
HTTP_ONLY = "HttpOnly"
KEEPS = {"cookies": ["cookies"], "session": ["cookies", "headers", "auth"]}


class Pickled(Store):
    """One file."""

    version, kind = requests.__version__, "client"
    ops = ["save", "load", "update"]
    setups = [{"name": "file", "at": "file", "one_session": True}]

    def __init__(self, word):
        self.word, self.name, self.keeps = word, f"requests-pickle-{word}", KEEPS[word]

    def open(self, at):
        self.path = at.path

    def save(self, id, session):
        self._write(requests.Session(), session)

    def load(self, id):
        try:
            mine = self._read()
        except FileNotFoundError:
            return None
        usual = requests.Session().headers
        headers = [[name, value] for name, value in mine.headers.items() if usual.get(name) != value]
        if not all(isinstance(part, str) for header in headers for part in header):
            raise Failure("corrupt", "requests refuses such a header when it is sent")
        auth = mine.auth and {"type": "basic", "username": mine.auth[0], "password": mine.auth[1]}
        tokens = [value for name, value in headers if name == "Authorization" and value.startswith("Bearer ")]
        if tokens and not auth:
            headers.remove(["Authorization", tokens[0]])
            auth = {"type": "bearer", "token": tokens[0][len("Bearer "):]}
        return {"cookies": [from_jar(cookie) for cookie in mine.cookies], "headers": headers, "auth": auth}

    def update(self, id, set):
        self._write(self._read(), set)

    def _read(self):
        """The session of a script that starts."""
        try:
            with open(self.path, "rb") as file:
                read = pickle.load(file)
            if self.word == "session":
                return read
            mine = requests.Session()
            mine.cookies.update(read)
            return mine
        except DAMAGED as error:
            raise Failure("corrupt", f"{type(error).__name__}: {error}") from error

    def _write(self, mine, session):
        """A script that sets these headers, gets these cookies, and ends."""
        for name, value in session.get("headers", []):
            mine.headers[name] = value
        auth = session.get("auth") or {}
        if auth.get("type") == "basic":
            mine.auth = (auth["username"], auth["password"])
        elif auth:
            # As scripts do it: requests has no class for it.
            mine.headers["Authorization"] = f"Bearer {auth['token']}"
        for cookie in session.get("cookies", []):
            mine.cookies.set_cookie(to_jar(cookie))
        with open(self.path, "wb") as file:
            pickle.dump(mine if self.word == "session" else mine.cookies, file)


def to_jar(cookie):
    """The cookie as http.cookiejar makes it of a Set-Cookie header: see cookiejar/driver.py."""
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
        rest[HTTP_ONLY] = None
    if cookie["same_site"]:
        rest["SameSite"] = cookie["same_site"].capitalize()
    return Cookie(
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
        "http_only": cookie.has_nonstandard_attr(HTTP_ONLY),
        "same_site": same_site if same_site in ("strict", "lax", "none") else None,
    }


if __name__ == "__main__":
    serve(Pickled(sys.argv[1]))
