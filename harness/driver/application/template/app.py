"""A web application in place of yours, which needs no more than Python: python3 app.py SOCKET

It makes a new id at each login. Its logout forgets the cookie and not the session, and scripts can read the cookie: `interloper check`
finds both.
"""

import html
import http.server
import secrets
import socketserver
import sys
import urllib.parse

SESSIONS = {}  # id -> user
NOTES = {}  # user -> text


class Application(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        user = SESSIONS.get(self.id())
        self.answer(f"<p>You are {html.escape(user or 'nobody')}. {html.escape(NOTES.get(user, ''))}</p>")

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        form = dict(urllib.parse.parse_qsl(self.rfile.read(length).decode()))
        user = SESSIONS.get(self.id())
        if self.path == "/login":
            SESSIONS.pop(self.id(), None)
            id = secrets.token_urlsafe(32)
            SESSIONS[id] = form["user"]
            self.answer("welcome", cookie=f"session={id}; Path=/; SameSite=Lax")
        elif self.path == "/logout":
            self.answer("goodbye", cookie="session=; Path=/; Max-Age=0")
        elif self.path == "/note" and user:
            NOTES[user] = form["text"]
            self.answer("kept")
        else:
            self.send_error(403)

    def id(self):
        # Not by http.cookies: it takes white space in a value for the end of a cookie.
        pairs = (pair.partition("=") for pair in self.headers.get("Cookie", "").split(";"))
        return next((value.strip(" \t") for name, _, value in pairs if name.strip(" \t") == "session"), None)

    def answer(self, text, cookie=None):
        self.send_response(200)
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def address_string(self):
        return "local"  # a Unix socket has no address


if __name__ == "__main__":
    socketserver.UnixStreamServer(sys.argv[1], Application).serve_forever()
