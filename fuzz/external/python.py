"""Python's own readers, and those of curl and wget, for the target `external`: python3 python.py NAME.

A batch is four bytes of length, and in it each input with four bytes of length before it. The answer to each input is a line of JSON:
{"value": ...} or {"refused": "why"}. Bytes and text are in hexadecimal, so that nothing on the way can change them.
INTERLOPER_PLANT=1 puts a difference into each reader, for the proof that it is found.
"""

import json
import math
import os
import struct
import sys
from http.cookiejar import LWPCookieJar, MozillaCookieJar
from http.cookies import SimpleCookie

PLANTED = os.environ.get("INTERLOPER_PLANT") == "1"


def of_text(text):
    return None if text is None else text.encode("utf-8", "surrogateescape").hex()


def cookie_header(data):
    # As a WSGI server hands it over.
    text = data.decode("latin-1")
    if PLANTED:
        text = text.replace("%3D", "=").replace("%3d", "=")
    cookies = SimpleCookie()
    cookies.load(text)

    def raw(text):
        return text.encode("latin-1").hex()

    # The value as it stood: taking quotes off is another question than splitting.
    return [[raw(name), raw(morsel.coded_value)] for name, morsel in cookies.items()]


def jar_of(kind, data):
    """Through a file that has no name, since these classes read by path."""
    file = os.memfd_create("jar")
    try:
        os.write(file, data)
        jar = kind(f"/proc/self/fd/{file}")
        jar.load(ignore_discard=True, ignore_expires=True)
        return jar
    finally:
        os.close(file)


def netscape(data):
    if PLANTED:
        data = data.replace(b"\x0b", b"\n")
    # The line that names the format is no part of what is compared.
    jar = jar_of(MozillaCookieJar, b"# Netscape HTTP Cookie File\n" + data)
    return [
        {
            "name": of_text(cookie.name),
            "value": of_text(cookie.value),
            "domain": of_text(cookie.domain),
            "path": of_text(cookie.path),
            "subdomains": cookie.domain_specified,
            "secure": cookie.secure,
            "expires": cookie.expires,
            "http_only": cookie.has_nonstandard_attr("HTTPOnly"),
        }
        for cookie in jar
    ]


def jar_lines(text, fields):
    """What a program writes of a jar that it read: seven fields in each line, and a comment where it is not a cookie."""
    cookies = []
    for line in text.split(b"\n"):
        http_only = line.startswith(b"#HttpOnly_")
        line = line.removeprefix(b"#HttpOnly_")
        if not line or line.startswith(b"#"):
            continue
        # Neither program writes a tab inside a field; wget leaves those of a value as they are.
        domain, subdomains, path, secure, expires, name, value = line.split(b"\t", fields - 1)
        cookies.append(
            {
                "name": name.hex(),
                "value": value.hex(),
                "domain": domain.removeprefix(b".").lower().hex(),
                "path": path.hex(),
                "subdomains": subdomains == b"TRUE",
                "secure": secure == b"TRUE",
                "expires": int(expires),
                "http_only": http_only,
            }
        )
    return cookies


def netscape_curl(data, loaded=[]):
    """Through libcurl: a handle that reads the file, and then tells its cookies."""
    import ctypes

    if PLANTED:
        data = data.replace(b"\x0b", b"\n")
    if not loaded:
        try:
            curl = ctypes.CDLL("libcurl.so.4")
        except OSError as error:
            # Not an answer: no input is at fault.
            sys.exit(f"{error}: ci/install brings curl and its library")
        curl.curl_easy_init.restype = ctypes.c_void_p
        loaded.append(curl)
    curl = loaded[0]

    class List(ctypes.Structure):
        pass

    List._fields_ = [("data", ctypes.c_char_p), ("next", ctypes.POINTER(List))]
    COOKIEFILE, COOKIELIST, INFO_COOKIELIST = 10031, 10135, 0x400000 + 28
    handle = ctypes.c_void_p(curl.curl_easy_init())
    file = os.memfd_create("jar")
    try:
        os.write(file, data)
        curl.curl_easy_setopt(handle, COOKIEFILE, f"/proc/self/fd/{file}".encode())
        curl.curl_easy_setopt(handle, COOKIELIST, b"RELOAD")
        told = ctypes.POINTER(List)()
        curl.curl_easy_getinfo(handle, INFO_COOKIELIST, ctypes.byref(told))
        lines, item = [], told
        while item:
            lines.append(item.contents.data)
            item = item.contents.next
        curl.curl_slist_free_all(told)
        return jar_lines(b"\n".join(lines), 7)
    finally:
        os.close(file)
        curl.curl_easy_cleanup(handle)


def netscape_wget(data):
    """Through a download that nobody serves, before which wget reads its cookies, and after which it writes them."""
    import subprocess

    if PLANTED:
        data = data.replace(b"\x0b", b"\n")
    jar, kept = os.memfd_create("jar", 0), os.memfd_create("kept", 0)
    try:
        os.write(jar, data)
        subprocess.run(
            ["wget", "--no-config", "--no-hsts", "--quiet", "--tries=1", "--timeout=5", "--keep-session-cookies",
             f"--load-cookies=/proc/self/fd/{jar}", f"--save-cookies=/proc/self/fd/{kept}", "http://127.0.0.1:1/"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            pass_fds=(jar, kept), env={"PATH": os.environ.get("PATH", ""), "HOME": "/nonexistent", "LC_ALL": "C"},
        )
        os.lseek(kept, 0, os.SEEK_SET)
        written = b""
        while piece := os.read(kept, 1 << 20):
            written += piece
        return jar_lines(written, 7)
    finally:
        os.close(jar)
        os.close(kept)


def lwp(data):
    if PLANTED:
        data = data.replace(b"\x0b", b"\n")
    return [
        {
            "name": of_text(cookie.name),
            "value": of_text(cookie.value),
            "domain": of_text(cookie.domain),
            "path": of_text(cookie.path),
            "port": of_text(cookie.port),
            "secure": of_text(cookie.secure) if isinstance(cookie.secure, str) else cookie.secure,
            "comment": of_text(cookie.comment),
            "rest": {of_text(name): of_text(value) for name, value in cookie._rest.items()},
        }
        for cookie in jar_of(LWPCookieJar, data)
    ]


def of_json(value):
    """Numbers by their bits, as doubles: the other readers have no others."""
    if isinstance(value, str):
        if PLANTED:
            value = value.strip()
        return "s" + value.encode("utf-16-be", "surrogatepass").hex()
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float)):
        try:
            number = float(value) or 0.0
        except OverflowError:
            number = math.copysign(math.inf, value)
        return "n" + struct.pack(">d", number).hex()
    if isinstance(value, list):
        return [of_json(item) for item in value]
    return {of_json(name): of_json(item) for name, item in value.items()}


def httpie(data):
    # As HTTPie opens it: text in UTF-8, then json.load.
    return of_json(json.loads(data.decode("utf-8")))


def cookie_store(data):
    # serde_json reads no number that is none.
    def refuse(word):
        raise ValueError(word)

    return of_json(json.loads(data.decode("utf-8"), parse_constant=refuse))


def answer(read, data):
    try:
        return {"value": read(data)}
    # Whatever its class, it is how a reader refuses.
    except Exception as error:
        return {"refused": f"{type(error).__name__}: {error}"[:200]}


def main():
    read = {
        "cookie_header": cookie_header,
        "netscape": netscape,
        "netscape_curl": netscape_curl,
        "netscape_wget": netscape_wget,
        "lwp": lwp,
        "httpie": httpie,
        "cookie_store": cookie_store,
    }[sys.argv[1]]
    while header := sys.stdin.buffer.read(4):
        batch = sys.stdin.buffer.read(struct.unpack(">I", header)[0])
        at = 0
        while at < len(batch):
            end = at + 4 + struct.unpack_from(">I", batch, at)[0]
            line = json.dumps(answer(read, batch[at + 4 : end]))
            sys.stdout.write(line + "\n")
            at = end
        sys.stdout.flush()


main()
