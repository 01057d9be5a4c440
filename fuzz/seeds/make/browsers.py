"""Writes databases as browsers have them: browsers.py DIRECTORY (the folder `fuzz/seeds`). No browser is asked: the schemas are those of Firefox
128 (15) and 142 (16) and of Chromium 90 (14) and 130 (24), and the rows are made here by Python's sqlite3."""

import pathlib
import sqlite3
import sys

SEEDS = pathlib.Path(sys.argv[1]) / "browser"
FIREFOX = """CREATE TABLE moz_cookies (id INTEGER PRIMARY KEY, originAttributes TEXT NOT NULL DEFAULT '', name TEXT, value TEXT, host TEXT,
 path TEXT, expiry INTEGER, lastAccessed INTEGER, creationTime INTEGER, isSecure INTEGER, isHttpOnly INTEGER, inBrowserElement INTEGER DEFAULT 0,
 sameSite INTEGER DEFAULT 0, rawSameSite INTEGER DEFAULT 0, schemeMap INTEGER DEFAULT 0, isPartitionedAttributeSet INTEGER DEFAULT 0,
 CONSTRAINT moz_uniqueid UNIQUE (name, host, path, originAttributes))"""
CHROMIUM_14 = """CREATE TABLE cookies (creation_utc INTEGER NOT NULL, host_key TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
 path TEXT NOT NULL, expires_utc INTEGER NOT NULL, is_secure INTEGER NOT NULL, is_httponly INTEGER NOT NULL, last_access_utc INTEGER NOT NULL,
 has_expires INTEGER NOT NULL DEFAULT 1, is_persistent INTEGER NOT NULL DEFAULT 1, priority INTEGER NOT NULL DEFAULT 1,
 encrypted_value BLOB DEFAULT '', samesite INTEGER NOT NULL DEFAULT -1, source_scheme INTEGER NOT NULL DEFAULT 0,
 source_port INTEGER NOT NULL DEFAULT -1, is_same_party INTEGER NOT NULL DEFAULT 0, UNIQUE (host_key, name, path))"""
CHROMIUM_24 = """CREATE TABLE cookies(creation_utc INTEGER NOT NULL,host_key TEXT NOT NULL,top_frame_site_key TEXT NOT NULL,name TEXT NOT NULL,
value TEXT NOT NULL,encrypted_value BLOB NOT NULL,path TEXT NOT NULL,expires_utc INTEGER NOT NULL,is_secure INTEGER NOT NULL,
is_httponly INTEGER NOT NULL,last_access_utc INTEGER NOT NULL,has_expires INTEGER NOT NULL,is_persistent INTEGER NOT NULL,
priority INTEGER NOT NULL,samesite INTEGER NOT NULL,source_scheme INTEGER NOT NULL,source_port INTEGER NOT NULL,
last_update_utc INTEGER NOT NULL,source_type INTEGER NOT NULL,has_cross_site_ancestor INTEGER NOT NULL)"""
NOW = 1_750_000_000
EPOCH = 11_644_473_600
# host, name, value, path, expires in seconds or None, secure, httponly, samesite or None
ROWS = [
    (".example.org", "kept", "a b", "/app", NOW + 10**9, 1, 0, 1),
    ("www.example.org", "session", "abc.def-123", "/", None, 0, 1, None),
    ("www.example.org", "long", "0123456789" * 400, "/", NOW, 1, 1, 2),
    ("www.example.org", "ünï", "é", "/", NOW, 0, 0, 0),
]


def database(name, *statements):
    path = SEEDS / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    file = sqlite3.connect(path)
    file.execute("PRAGMA page_size=1024")
    for statement in statements:
        file.execute(*statement)
    file.commit()
    file.close()


def firefox(name, schema, each):
    insert = """INSERT INTO moz_cookies (host, name, value, path, expiry, isSecure, isHttpOnly, sameSite, originAttributes, lastAccessed, creationTime)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?)"""
    rows = [(insert, (*row[:4], row[4] and row[4] * each, *row[5:7], 256 if row[7] is None else row[7], NOW * 10**6, NOW * 10**6))
            # A cookie of the session is in memory alone.
            for row in ROWS if row[4]]
    more = [(insert, (f"{n}.example.org", "n", "v" * n, "/", NOW * each, 0, 0, 256, NOW, NOW)) for n in range(40)] if schema == 16 else []
    database(name, (FIREFOX,), *rows, *more, (f"PRAGMA user_version={schema}",))


def chromium(name, schema, columns, version, encrypt):
    names = ["creation_utc", "host_key", "name", "value", "encrypted_value", "path", "expires_utc", "is_secure", "is_httponly",
             "last_access_utc", "has_expires", "is_persistent", "priority", "samesite", "source_scheme", "source_port", *columns]
    insert = f"INSERT INTO cookies ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    rows = []
    for host, key, value, path, expires, secure, http_only, same_site in ROWS:
        end = (expires + EPOCH) * 10**6 if expires else 0
        clear, hidden = ("", b"v10" + bytes(range(32))) if encrypt else (value, b"")
        rows.append((insert, (NOW * 10**6, host, key, clear, hidden, path, end, secure, http_only, 0, int(end > 0), int(end > 0), 1,
                              -1 if same_site is None else same_site, 2, 443, *columns.values())))
    database(name, ("CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR)",),
             ("INSERT INTO meta VALUES ('version', ?)", (version,)), (schema,), *rows)


firefox("firefox-15", 15, 1)
firefox("firefox-16", 16, 1000)
chromium("chromium-14", CHROMIUM_14, {"is_same_party": 0}, "14", False)
chromium("chromium-24", CHROMIUM_24, {"top_frame_site_key": "https://top.example", "last_update_utc": 0, "source_type": 0,
                                      "has_cross_site_ancestor": 0}, "24", True)
