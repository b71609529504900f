"""A web server on 127.0.0.1 for ADD and contexts: files of a directory, and one oddity a path.

Usage: file_server.py DIRECTORY LOG PORT_FILE
Every request is a line of LOG: METHOD TARGET STATUS [AUTHORIZATION].
"""
import email.utils
import hashlib
import http.server
import os
import socketserver
import subprocess
import sys
import threading
import urllib.parse

ROOT, LOG, PORT_FILE = sys.argv[1:4]
lock = threading.Lock()
counts = {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_one_request(self):
        first = self.connection.recv(1, 2)  # MSG_PEEK: a TLS handshake is hung up on at once
        if not first or first == b"\x16":
            self.close_connection = True
            return
        super().handle_one_request()

    def log_message(self, *args):
        pass

    def note(self, status):
        with lock, open(LOG, "a") as log:
            log.write("%s %s %s %s\n" % (self.command, self.path, status, self.headers.get("Authorization", "-")))

    def answer(self, status, body=b"", **headers):
        self.note(status)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path = urllib.parse.unquote(self.path.split("?")[0])
        if path == "/":
            path = "/index"
        first, _, rest = path[1:].partition("/")
        with lock:
            counts[path] = count = counts.get(path, 0) + 1
        if first == "git":
            return self.git(b"")
        query = self.path[self.path.find("?"):] if "?" in self.path else ""
        if first == "redirect":
            return self.answer(302, Location="/" + rest + query)
        if first == "away":  # /away/PORT/PATH
            port, _, rest = rest.partition("/")
            return self.answer(302, Location="http://127.0.0.1:%s/%s" % (port, rest + query))
        if first == "loop":
            return self.answer(302, Location=path)
        if first == "busy" and count < 3:
            return self.answer(503)
        if first == "private" and self.headers.get("Authorization") != "Basic dXNlcjpzZWNyZXQ=":
            return self.answer(401)
        if first == "bearer" and self.headers.get("Authorization") != "Bearer secret":
            return self.answer(401)
        if first in ("busy", "private", "bearer", "plain", "named", "cut"):
            path = "/" + rest
        name = os.path.join(ROOT, path[1:])
        if not os.path.isfile(name):
            return self.answer(404)
        with open(name, "rb") as file:
            body = file.read()
        if first == "plain":
            return self.answer(200, body)
        if first == "named":
            return self.answer(200, body, Content_Disposition='attachment; filename="given name.txt"')
        etag = '"%s"' % hashlib.sha256(body).hexdigest()[:16]
        modified = email.utils.formatdate(os.stat(name).st_mtime, usegmt=True)
        if self.headers.get("If-None-Match") == etag:
            return self.answer(304, ETag=etag)
        begin = 0
        if "Range" in self.headers and self.headers.get("If-Range") in (etag, modified):
            begin = int(self.headers["Range"].split("=")[1].split("-")[0])
            self.note(206)
            self.send_response(206)
            self.send_header("Content-Range", "bytes %d-%d/%d" % (begin, len(body) - 1, len(body)))
        else:
            self.note(200)
            self.send_response(200)
        self.send_header("Content-Length", str(len(body) - begin))
        self.send_header("ETag", etag)
        self.send_header("Last-Modified", modified)
        self.end_headers()
        body = body[begin:]
        if first == "cut" and count == 1:
            self.wfile.write(body[:len(body) // 2])
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(2)
            return
        self.wfile.write(body)

    def do_POST(self):
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.git(body)

    def git(self, body):
        """git http-backend; repositories below /git/private/ want the token "secret", those below /git/bearer/ a bearer
        token."""
        path, _, query = self.path.partition("?")
        path = path[len("/git"):]
        wanted = {"private": "basic eC1hY2Nlc3MtdG9rZW46c2VjcmV0", "bearer": "bearer secret"}.get(path.split("/")[1])
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        if wanted and scheme.lower() + " " + value != wanted:
            return self.answer(401, WWW_Authenticate='Basic realm="git"')
        environment = dict(os.environ, GIT_PROJECT_ROOT=ROOT, GIT_HTTP_EXPORT_ALL="1", PATH_INFO=path,
                           QUERY_STRING=query, REQUEST_METHOD=self.command,
                           CONTENT_TYPE=self.headers.get("Content-Type", ""),
                           GIT_PROTOCOL=self.headers.get("Git-Protocol", ""), CONTENT_LENGTH=str(len(body)),
                           HTTP_CONTENT_ENCODING=self.headers.get("Content-Encoding", ""),
                           GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="safe.directory", GIT_CONFIG_VALUE_0="*")
        out = subprocess.run(["git", "http-backend"], input=body, env=environment, stdout=subprocess.PIPE).stdout
        head, _, content = out.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
        status = int(headers.pop("Status", "200").split()[0])
        self.answer(status, content, **headers)


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
with open(PORT_FILE + ".new", "w") as file:
    file.write(str(server.server_port))
os.rename(PORT_FILE + ".new", PORT_FILE)
server.serve_forever()
