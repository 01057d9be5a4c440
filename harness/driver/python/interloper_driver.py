"""Hosts a Python session store for Interloper: driver protocol 2, standard library only, Python 3.8 and later.

A driver is a store and one call:

    from interloper_driver import Store, serve

    class Files(Store):
        name, version = "files", "1.0.0"
        keeps, ops = ["data"], ["save", "load"]
        setups = [{"name": "file", "at": "file", "one_session": True}]

        def open(self, at):
            self.path = at.path

        def save(self, id, session):
            with open(self.path, "w") as file:
                json.dump(session["data"], file)

        def load(self, id):
            with open(self.path) as file:
                return {"data": json.load(file)}

    serve(Files())
"""

import base64
import errno
import json
import os
import platform
import random
import re
import sys
import sysconfig
import time
import traceback
from types import SimpleNamespace

PROTOCOL = 2
MAX_LINE = 16 << 20
REQUEST_FD, ANSWER_FD = 3, 4

_ERRNO_KINDS = {
    errno.ENOENT: "absent", errno.EACCES: "denied", errno.EPERM: "denied",
    errno.EINVAL: "invalid", errno.ENAMETOOLONG: "invalid",
}

# How much of an error is told, in characters: some quote the whole file.
MESSAGE = 1000


class Failure(Exception):
    """An answer that says no. Kinds: unsupported corrupt denied conflict absent invalid io other."""

    def __init__(self, kind, message=""):
        super().__init__(kind, message)
        self.kind, self.message = kind, str(message)


class Store:
    """A store under test: set the attributes, write `open`, `save` and `load`, and whatever else it has.

    The harness asks only for what `ops` names, in a process of the owner's made for each case, so a store may keep
    what it likes in memory. Sessions are dicts with every part present: `data`, `cookies`, `headers`, `auth`,
    `expires_at`; a loaded one may leave out the parts that the store does not keep.
    """

    name = "unnamed"
    version = "0"
    kind = "store"
    medium = "files"
    keeps = ()
    ops = ()
    ids = "caller"
    setups = ()
    promises = ()
    can = ("fork", "umask")
    # What may be said besides; None leaves it out.
    enforces = parses = id_form = id_is_credential = doors = None

    def hello(self):
        """What the store is, keeps, can do and promises."""
        words = ("name", "version", "kind", "medium", "keeps", "ops", "ids", "setups", "promises", "can")
        more = ("enforces", "parses", "id_form", "id_is_credential", "doors")
        said = {word: getattr(self, word) for word in words + more}
        return {word: value for word, value in said.items() if value is not None}

    def open(self, at):
        """Opens the store; `at` has setup, home, path, umask (already set), read_only and params.

        A store whose `can` says "server" returns the process id of its server, as `start_server` gives it: the harness ends that with the case.
        """
        raise Failure("unsupported")

    def save(self, id, session):
        """Stores a session under the caller's id, new or not."""
        raise Failure("unsupported")

    def load(self, id):
        """Reads a session; `None` when there is none."""
        raise Failure("unsupported")

    def update(self, id, set):
        """Changes one part of a session: sets what `set` names, and leaves the rest."""
        raise Failure("unsupported")

    def delete(self, id):
        """Removes a session; a second time is not an error."""
        raise Failure("unsupported")

    def create(self, requested, session):
        """Stores a session under an id of the store's choosing, and returns that id."""
        raise Failure("unsupported")

    def rotate(self, id):
        """Gives a session a new id, and returns it; the old one is dead."""
        raise Failure("unsupported")

    def list(self):
        """Returns the ids that exist."""
        raise Failure("unsupported")

    def purge(self):
        """Removes what has expired."""
        raise Failure("unsupported")

    def parse(self, header, value):
        """Reads a header, `cookie` or `set_cookie`, whose value is `bytes`: returns pairs of a name and a value, each `str` or `bytes`."""
        raise Failure("unsupported")

    def fetch(self, request):
        """Sends one GET request as an HTTP client; `request` has url, read_only, and auth (user, password) and cookie or None."""
        raise Failure("unsupported")

    def close(self):
        """Lets go of files and locks."""
        raise Failure("unsupported")

    def advance(self, seconds):
        """Moves the store's clock on; a store that reads the system's does not name it in `ops`."""
        raise Failure("unsupported")


def start_server(argv, ready, log=os.devnull, env=None):
    """Starts a server that lives on when this process ends, waits until `ready()` is true, and returns its process id.

    It gets a session of its own, and what it prints goes to the end of the file `log`, which nobody else may read: nobody reads this process's
    pipes then.
    """
    import select  # only stores with a server need these, and an import takes its time
    import subprocess
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as said:
        server = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=env, start_new_session=True)
    while not ready():
        if server.poll() is not None:
            raise Failure("io", f"{os.path.basename(argv[0])} ended with {server.returncode}")
        # By a call that takes no clock: one that the harness moves on is none to sleep by.
        select.select([], [], [], 0.005)
    server.returncode = 0  # nobody waits for it here, and that is no resource lost
    return server.pid


def encode_bytes(value):
    """The value with every `bytes` in it as the protocol writes them: `{"b64": "…"}`."""
    if isinstance(value, (bytes, bytearray)):
        return {"b64": base64.b64encode(value).decode("ascii")}
    if isinstance(value, dict):
        return {key: encode_bytes(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode_bytes(item) for item in value]
    return value


def decode_bytes(value):
    """The reverse of `encode_bytes`, for stores that can keep `bytes`."""
    if isinstance(value, dict):
        if value.keys() == {"b64"} and isinstance(value["b64"], str):
            try:
                return base64.b64decode(value["b64"], validate=True)
            except ValueError as error:
                raise Failure("invalid", f"not base64: {error}") from None
        return {key: decode_bytes(item) for key, item in value.items()}
    if isinstance(value, list):
        return [decode_bytes(item) for item in value]
    return value


def serve(store):
    """Serves the store on descriptors 3 and 4 until the harness closes them: the whole `main` of a driver."""
    try:
        # A program that the store starts must not be able to hold the harness's pipes.
        for fd in (REQUEST_FD, ANSWER_FD):
            os.set_inheritable(fd, False)
    except OSError:
        sys.exit(f"an Interloper driver: it reads requests on descriptor {REQUEST_FD}, answers on {ANSWER_FD}")
    served_from, status = os.getpid(), 0
    try:
        _serve(store)
    except BaseException:
        if os.getpid() == served_from:
            raise
        traceback.print_exc()
        status = 1
    if os.getpid() != served_from:
        _leave(status)


def _serve(store):
    """Answers one line after the other."""
    requests, forked, places = _Lines(REQUEST_FD), False, None
    while True:
        line = requests.next()
        if not line:
            return
        n, op = 0, None
        try:
            n, op, request = _parse(line)
            if op == "fork":
                _flush()
                pid = os.fork()
                if pid != 0:
                    _, status = os.waitpid(pid, 0)
                    # The child may have died in the middle of a line: the newline ends it.
                    _write(b"\n" + _line({"event": "child", "status": status}))
                    continue
                forked = True
                # Two children of one parent must not draw the same ids or names. The standard library reseeds its
                # shared generator at a fork itself, as a detail of its own; here it is a promise.
                random.seed()
                answer = _line({"n": n, "ok": {"pid": os.getpid()}})
            elif op == "watch":
                places = places or _Places()
                answer = _line({"n": n, "ok": {}})
            elif places is not None:
                with places:
                    ok = _perform(store, op, request)
                answer = _line({"n": n, "ok": ok, "ran": places.new()})
            else:
                answer = _line({"n": n, "ok": _perform(store, op, request)})
        # A library that calls sys.exit() has answered, too, and the driver outlives it.
        except (Exception, SystemExit) as error:
            ran = {"ran": places.new()} if places is not None else {}
            answer = _line({"n": n, "err": _failure(error), **ran})
        # What the store printed is evidence, and the harness may kill this process after the answer.
        _flush()
        _write(answer)
        if forked and op == "close":
            _leave(0)


def _parse(line):
    """The number, the operation and the whole request of a line; fields that this version does not know are ignored."""
    try:
        request = json.loads(line.decode("utf-8"))
        n, op = request["n"], request["op"]
        if type(n) is not int or n < 0 or type(op) is not str:
            raise ValueError("n or op is of another type")
        return n, op, request
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Failure("invalid", f"not a request: {type(error).__name__}: {error}") from None


def _perform(store, op, request):
    """Does what is asked, and returns what `ok` holds."""
    calls = {
        "hello": lambda: _hello(store, request),
        "open": lambda: _open(store, request),
        "save": lambda: store.save(_field(request, "id", str), _session(request)),
        "create": lambda: store.create(request.get("id"), _session(request)),
        "load": lambda: store.load(_field(request, "id", str)),
        "update": lambda: store.update(_field(request, "id", str), _field(request, "set", dict)),
        "delete": lambda: store.delete(_field(request, "id", str)),
        "rotate": lambda: store.rotate(_field(request, "id", str)),
        "list": store.list,
        "purge": store.purge,
        "parse": lambda: store.parse(_field(request, "header", str), _bytes(request)),
        "fetch": lambda: store.fetch(_fetch(request)),
        "close": lambda: _close(store),
        "advance": lambda: store.advance(_field(request, "seconds", int)),
    }
    if op not in calls:
        raise Failure("unsupported", f"no operation {op!r}")
    result = calls[op]()
    if op == "load" and result is None:
        return {"absent": True}
    if op == "hello":
        return result
    if op == "parse":
        result = encode_bytes([list(pair) for pair in result])
    named = {"load": "session", "create": "id", "rotate": "id", "list": "ids", "parse": "pairs"}
    if op == "open" and "server" in store.can and result is not None:
        return {"server": result}
    return {named[op]: result} if op in named else {}


def _fetch(request):
    """What a client is asked to send."""
    auth = request.get("auth")
    return SimpleNamespace(
        url=_field(request, "url", str), read_only=request.get("read_only", False), cookie=request.get("cookie"),
        auth=auth and SimpleNamespace(user=_field(auth, "user", str), password=_field(auth, "password", str)),
    )


def _hello(store, request):
    """What the store says of itself, the runtime that it really runs on, and what time that says it is."""
    if request.get("protocol") != PROTOCOL:
        raise Failure("unsupported", f"this driver speaks protocol {PROTOCOL}, not {request.get('protocol')}")
    runtime = f"python {platform.python_version()} {sys.executable}"
    return {**store.hello(), "runtime": runtime, "now": int(time.time())}


def _open(store, request):
    """Sets the umask before the store, or anything else, can make a file."""
    umask = _field(request, "umask", str)
    if not re.fullmatch("0*[0-7]{1,3}", umask):
        raise Failure("invalid", f"umask {umask!r} is not octal")
    os.umask(int(umask, 8))
    return store.open(SimpleNamespace(
        setup=_field(request, "setup", str), home=_field(request, "home", str), path=request.get("at"),
        umask=int(umask, 8),
        read_only=bool(request.get("read_only")), params=request.get("params") or {},
    ))


def _close(store):
    """Closes the store, where it has anything to close."""
    try:
        store.close()
    except Failure as failure:
        if failure.kind != "unsupported":
            raise


def _field(request, name, kind):
    """A field of a request that must be there."""
    if not isinstance(request.get(name), kind):
        raise Failure("invalid", f"not a request: {name!r} is missing or of another type")
    return request[name]


def _bytes(request):
    """The value of a header: a text, or base64 of what is none."""
    value = decode_bytes(request.get("value"))
    if not isinstance(value, (str, bytes)):
        raise Failure("invalid", "not a request: 'value' is missing or of another type")
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value


def _session(request):
    """The session of a request with every part and every cookie attribute present."""
    session = _field(request, "session", dict)
    cookie = dict(domain="", host_only=False, path="/", expires=None, secure=False, http_only=False, same_site=None)
    whole = {"data": {}, "cookies": [], "headers": [], "auth": None, "expires_at": None, **session}
    whole["cookies"] = [{**cookie, **given} for given in whole["cookies"]]
    return whole


def errno_kind(error):
    """The kind of an OSError. One without a number is some library's own class, not the kernel's word."""
    if error.errno is None:
        return "other"
    return _ERRNO_KINDS.get(error.errno, "io")


def _failure(error):
    """What `err` holds."""
    if isinstance(error, Failure):
        return {"kind": error.kind, "message": error.message[:MESSAGE]}
    kind = errno_kind(error) if isinstance(error, OSError) else "other"
    return {"kind": kind, "message": f"{type(error).__name__}: {error}"[:MESSAGE]}


def _line(answer):
    """The answer as one line."""
    text = json.dumps(answer, ensure_ascii=False, allow_nan=False)
    # Lone surrogates (undecodable file names, damaged JSON) are strings to Python and errors to every other reader.
    line = re.sub("[\ud800-\udfff]", "\ufffd", text).encode("utf-8") + b"\n"
    if len(line) > MAX_LINE:
        raise Failure("other", f"the answer is {len(line)} bytes long, and a line at most {MAX_LINE}")
    return line


def _write(line):
    """Writes the whole line, in as many calls as the kernel likes."""
    rest = memoryview(line)
    while rest:
        rest = rest[os.write(ANSWER_FD, rest):]


class _Lines:
    """The lines of a descriptor.

    It reads what is there and no further. The harness sends one request at a time, so nothing is left over at a fork,
    and a child never takes along a line that is meant for its parent.
    """

    def __init__(self, fd):
        self.fd, self.rest = fd, b""

    def next(self):
        """The next line, or nothing at the end."""
        parts, length = [], 0
        while not parts or not parts[-1].endswith(b"\n"):
            chunk = self.rest or os.read(self.fd, 1 << 16)
            if not chunk:
                break
            head, newline, self.rest = chunk.partition(b"\n")
            parts.append(head + newline)
            length += len(parts[-1])
            if length > MAX_LINE:
                raise ValueError("request line is too long")
        return b"".join(parts)


class _Places:
    """The places of the store's code that run, for a search that goes by them.

    A place is a line, and how often it ran in one operation, as a power of two: a loop that goes round more often is
    another place. The standard library and this file are not the store's code.
    """

    def __init__(self):
        self.known, self.counts, self.own = set(), {}, {__file__: False}
        self.library = os.path.join(sysconfig.get_paths()["stdlib"], "")
        self.packages = tuple({os.path.join(sysconfig.get_paths()[name], "") for name in ("purelib", "platlib")})
        # From 3.12 on it costs less, and nothing in code that is not the store's.
        self.monitoring = getattr(sys, "monitoring", None)
        if self.monitoring is not None:
            self.tool = self.monitoring.COVERAGE_ID
            self.monitoring.use_tool_id(self.tool, "interloper")
            self.monitoring.register_callback(self.tool, self.monitoring.events.LINE, self._ran)

    def __enter__(self):
        if self.monitoring is not None:
            self.monitoring.set_events(self.tool, self.monitoring.events.LINE)
        else:
            sys.settrace(self._enter)

    def __exit__(self, *error):
        if self.monitoring is not None:
            self.monitoring.set_events(self.tool, 0)
        else:
            sys.settrace(None)

    def new(self):
        """The places that ran for the first time in this process since the last call."""
        found = []
        for (path, line), count in self.counts.items():
            place = f"{path}:{line}*{count.bit_length()}"
            if place not in self.known:
                self.known.add(place)
                found.append(place)
        self.counts.clear()
        return found

    def _is_own(self, path):
        if path not in self.own:
            library = path.startswith(self.library) and not path.startswith(self.packages)
            self.own[path] = not library and not path.startswith("<")
        return self.own[path]

    def _ran(self, code, line):
        if not self._is_own(code.co_filename):
            return self.monitoring.DISABLE
        place = (code.co_filename, line)
        self.counts[place] = self.counts.get(place, 0) + 1

    def _enter(self, frame, event, _):
        return self._step if self._is_own(frame.f_code.co_filename) else None

    def _step(self, frame, event, _):
        if event == "line":
            place = (frame.f_code.co_filename, frame.f_lineno)
            self.counts[place] = self.counts.get(place, 0) + 1
        return self._step


def _flush():
    """Empties Python's own buffers, which a fork would duplicate, and which a kill or os._exit would lose."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            pass  # missing, broken or closed: nothing to save


def _leave(status):
    """Ends a forked child without the exit handlers it inherited: those belong to the parent."""
    _flush()
    os._exit(status)
