"""A small web application, with flaws that `interloper check --app app.toml` finds.

It needs no more than Python: python3 app.py SOCKET
"""

import html
import http.server
import secrets
import socketserver
import sys
import urllib.parse

SESSIONS = {}  # id -> user
NOTES = {}  # user -> text


class App(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        user = SESSIONS.get(self.session_id(), "nobody")
        if self.path == "/whoami":
            self.answer(f"<p>You are {html.escape(user)}</p>")
        elif self.path == "/note":
            self.answer(f"<p>{html.escape(NOTES.get(user, ''))}</p>")
        else:
            self.answer("", status=404)

    def do_POST(self):
        form = self.form()
        user = SESSIONS.get(self.session_id())
        if self.path == "/login":
            session_id = secrets.token_hex(16)
            SESSIONS[session_id] = form["user"]
            self.answer("welcome", cookie=f"session={session_id}; Path=/")
        elif self.path == "/logout":
            self.answer("goodbye", cookie="session=; Path=/; Max-Age=0")
        elif self.path == "/note" and user:
            NOTES[user] = form["text"]
            self.answer("kept")
        else:
            self.answer("", status=403)

    def session_id(self):
        # Not by http.cookies: it takes white space in a value for the end of a cookie.
        pairs = (pair.partition("=") for pair in self.headers.get("Cookie", "").split(";"))
        return next((value.strip(" \t") for name, _, value in pairs if name.strip(" \t") == "session"), None)

    def form(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        return dict(urllib.parse.parse_qsl(body.decode()))

    def answer(self, text, status=200, cookie=None):
        self.send_response(status)
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def address_string(self):
        return "local"  # a Unix socket has no address


if __name__ == "__main__":
    socketserver.UnixStreamServer(sys.argv[1], App).serve_forever()
