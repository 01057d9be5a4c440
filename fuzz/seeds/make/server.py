"""A server on 127.0.0.1:PORT whose every answer sets three cookies; stops after COUNT answers: server.py PORT COUNT."""

import http.server
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Set-Cookie", "session=abc.def-123; Path=/; HttpOnly")
        self.send_header("Set-Cookie", "kept=a b; Expires=Fri, 05 Jan 2057 10:00:00 GMT; Path=/app")
        self.send_header("Set-Cookie", 'odd="x\\"y"; Secure; Max-Age=100000000')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
for _ in range(int(sys.argv[2])):
    server.handle_request()
