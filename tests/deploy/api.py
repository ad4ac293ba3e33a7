#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Notes what an API server is asked for: api.py PORT-FILE LOG. Node "unknown" is not found."""
import http.server
import sys


class Note(http.server.BaseHTTPRequestHandler):
    def do_PATCH(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with open(sys.argv[2], "a") as log:
            print("PATCH", self.path, self.headers["Authorization"], self.headers["Content-Type"], body, file=log)
        self.send_response(404 if self.path.endswith("/unknown") else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Note)
with open(sys.argv[1], "w") as port:
    print(server.server_port, file=port)
server.serve_forever()
