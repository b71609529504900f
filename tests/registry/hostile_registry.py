"""A registry on 127.0.0.1 that misbehaves, one way a repository; see the handlers for which.

Usage: hostile_registry.py PORT TWIN_PORT LOG
Every request is a line of LOG: "PORT METHOD TARGET AUTHORIZATION", with "-" for none.
The twin is another origin: what it is told is what leaked.
"""
import hashlib
import http.server
import json
import socketserver
import sys
import threading
import time

PORT, TWIN, LOG = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
BLOB = bytes(range(256)) * 4096  # 1 MiB
DIGEST = "sha256:" + hashlib.sha256(BLOB).hexdigest()
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
MANIFEST = json.dumps({
    "schemaVersion": 2, "mediaType": MANIFEST_TYPE,
    "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": DIGEST, "size": len(BLOB)},
    "layers": []}).encode()
lock = threading.Lock()
counts = {}
used = set()


def count(key):
    with lock:
        counts[key] = counts.get(key, 0) + 1
        return counts[key]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_one_request(self):
        # A TLS handshake is hung up on at once.
        first = self.connection.recv(1, 2)  # MSG_PEEK
        if not first or first == b"\x16":
            self.close_connection = True
            return
        super().handle_one_request()

    def log_message(self, *args):
        pass

    def do_any(self):
        authorization = self.headers.get("Authorization", "-").replace("\n", "\\n")
        with lock, open(LOG, "a") as log:
            log.write("%d %s %s %s\n" % (self.server.server_port, self.command, self.path, authorization))
        length = int(self.headers.get("Content-Length", 0))
        self.body = self.rfile.read(length) if length else b""
        parts = self.path.split("?")[0].split("/")
        name = parts[2] if len(parts) > 2 and parts[1] == "v2" else parts[1]
        method = getattr(self, "on_" + name.replace("-", "_"), None)
        if method is None:
            return self.answer(404, b"no such case")
        try:
            method()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_any

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def answer_blob(self, data=BLOB):
        self.answer(200, data, Content_Type="application/octet-stream")

    def cut(self, data, after, status=200, **headers):
        """Announces `data`, sends only the first `after` bytes."""
        self.answer(status, data[:after], Content_Length=str(len(data)), **headers)
        self.close_connection = True

    # Redirects and credentials.
    def on_basic_then(self, action):
        if not self.headers.get("Authorization", "").startswith("Basic "):
            return self.answer(401, WWW_Authenticate='Basic realm="x"')
        return action()

    def on_redirect_port(self):
        self.on_basic_then(lambda: self.answer(307, Location="http://127.0.0.1:%d/elsewhere" % TWIN))

    def on_redirect_name(self):
        self.on_basic_then(lambda: self.answer(302, Location="http://localhost:%d/elsewhere" % PORT))

    def on_elsewhere(self):
        self.answer_blob()

    def on_redirect_loop(self):
        self.answer(307, Location=self.path)

    def on_redirect_file(self):
        self.answer(307, Location="file:///etc/passwd")

    def on_push_elsewhere(self):
        if self.command == "POST":
            return self.on_basic_then(lambda: self.answer(
                202, Location="http://127.0.0.1:%d/upload?state=a%%2Fb%%3D&x" % TWIN))
        return self.answer(404)

    def on_upload(self):
        self.answer(201)

    def on_push_relative(self):
        if self.command == "POST":
            return self.answer(202, Location="session/1?state=a%2Fb%3D")
        if self.command == "PUT":
            return self.answer(201)
        return self.answer(404)

    def on_push_refused(self):
        """Refuses a long upload at its end, and wants to be told that it is over."""
        if self.command == "POST":
            return self.answer(202, Location="/v2/push-refused/session")
        return self.answer(400 if self.command == "PUT" else 204, b'{"errors":[{"code":"DIGEST_INVALID"}]}')

    def on_push_busy(self):
        if self.command == "POST":
            return self.answer(202, Location="/v2/push-busy/session")
        return self.answer(503)

    def on_mount(self):
        if "mount=" in self.path:
            return self.answer(202, Location="/v2/mount/session")
        return self.answer(201 if self.command == "PUT" else 500)

    def on_mount_denied(self):
        self.answer(403)

    # Blobs.
    def range_start(self):
        value = self.headers.get("Range")
        return int(value[len("bytes="):-1]) if value else None

    def on_cut(self):
        """Sends at most 300 000 bytes at a time; resumes properly."""
        start = self.range_start()
        if start is None:
            return self.cut(BLOB, 300000)
        return self.cut(BLOB[start:], 300000, 206,
                        Content_Range="bytes %d-%d/%d" % (start, len(BLOB) - 1, len(BLOB)))

    def on_cut_no_range(self):
        """Cut once; then ignores Range."""
        if count("cut-no-range") == 1:
            return self.cut(BLOB, 300000)
        return self.answer_blob()

    def on_cut_wrong_range(self):
        """Resumes somewhere else than asked for."""
        start = self.range_start()
        if start is None and count("cut-wrong-range") == 1:
            return self.cut(BLOB, 300000)
        if start is None:
            return self.answer_blob()
        return self.answer(206, BLOB[start - 7:],
                           Content_Range="bytes %d-%d/%d" % (start - 7, len(BLOB) - 1, len(BLOB)))

    def on_cut_always(self):
        return self.cut(BLOB, 0)

    def on_cut_416(self):
        if self.range_start() is not None:
            return self.answer(416)
        return self.cut(BLOB, 300000) if count("cut-416") == 1 else self.answer_blob()

    def on_flipped(self):
        self.answer_blob(b"\xff" + BLOB[1:])

    def on_short(self):
        self.answer_blob(BLOB[:-1])

    def chunks(self, blocks):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for block in blocks:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(block), block))
        self.wfile.write(b"0\r\n\r\n")

    def on_short_chunked(self):
        self.chunks([BLOB[:1000]])

    def on_endless(self):
        def blocks():
            while True:
                yield BLOB[:65536]
        self.chunks(blocks())

    def on_silent(self):
        self.answer(200, BLOB[:10], Content_Length=str(len(BLOB)))
        time.sleep(20)

    def on_mute(self):
        time.sleep(20)

    def on_slow(self):
        """A byte each 50 ms, for ever."""
        start = self.range_start() or 0
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", "bytes %d-%d/%d" % (start, len(BLOB) - 1, len(BLOB)))
        self.send_header("Content-Length", str(len(BLOB) - start))
        self.end_headers()
        for byte in BLOB[start:]:
            self.wfile.write(bytes([byte]))
            time.sleep(0.05)

    def on_parts(self):
        """Sends a part, and is silent after it; the same with each resumption."""
        start = self.range_start() or 0
        headers = {"Content_Range": "bytes %d-%d/%d" % (start, len(BLOB) - 1, len(BLOB))} if start else {}
        self.answer(206 if start else 200, BLOB[start:start + 70000], Content_Length=str(len(BLOB) - start), **headers)
        time.sleep(20)

    def on_slow_headers(self):
        self.send_response(200)
        self.flush_headers()
        while True:
            self.wfile.write(b"X-More: " + b"x" * 4000 + b"\r\n")
            time.sleep(0.2)

    def on_interim(self):
        while True:
            self.wfile.write(b"HTTP/1.1 102 Processing\r\n\r\n")
            time.sleep(0.05)

    def on_silent_error(self):
        self.answer(500, b"{", Content_Length="5000", Content_Type="application/json")
        time.sleep(20)

    def on_token_mute(self):
        self.bearer("http://127.0.0.1:%d/mute" % TWIN)

    def on_push_mute(self):
        """Takes uploads, and never says so."""
        if self.command == "POST":
            return self.answer(202, Location="/v2/push-mute/session")
        return self.answer(404) if self.command == "HEAD" else time.sleep(20)

    def on_push_cut_once(self):
        """Reads half of the first body of a session and hangs up; what comes next is appended to it."""
        if self.command == "POST":
            return self.answer(202, Location="/v2/push-cut-once/session/%d" % count("push-cut-session"))
        if self.command != "PUT":
            return self.answer(404)
        if count("push-cut " + self.path) == 1 and count("push-cut-put") == 2:
            self.close_connection = True
            return self.connection.shutdown(2)
        return self.answer(400 if counts["push-cut " + self.path] > 1 else 201, b'{"errors":[{"code":"DIGEST_INVALID"}]}')

    def on_push_spoilt(self):
        """What an upload session holds is spoilt the first time."""
        if self.command == "POST":
            return self.answer(202, Location="/v2/push-spoilt/session/%d" % count("push-spoilt"))
        if self.command == "PUT":
            return self.answer(416 if counts["push-spoilt"] == 1 else 201)
        return self.answer(404)

    # Limits.
    def on_long_headers(self):
        self.send_response(200)
        try:
            while True:
                self.send_header("X-Padding", "x" * 8000)
                self.flush_headers()
        finally:
            self.close_connection = True

    def on_long_error(self):
        self.answer(400, b"\x1b[31m" + b"e" * 100000, Content_Type="text/plain")

    # Retries.
    def on_busy(self):
        if count("busy") < 3:
            return self.answer(429, Retry_After="1")
        return self.answer_blob()

    def on_busy_long(self):
        self.answer(429, Retry_After="3600")

    def on_broken(self):
        count("broken")
        self.answer(500, b'{"errors":[{"code":"UNKNOWN","message":"out of order"}]}')

    def on_no_head(self):
        if self.command == "HEAD":
            return self.answer(405)
        return self.answer_blob()

    # Manifests.
    def manifest(self, body=MANIFEST, kind=MANIFEST_TYPE, **headers):
        self.answer(200, body, Content_Type=kind, **headers)

    def on_type_lies(self):
        self.manifest(kind=INDEX_TYPE)

    def on_type_parameters(self):
        self.manifest(kind=MANIFEST_TYPE + "; charset=utf-8")

    def on_type_missing(self):
        self.manifest(kind="application/json")

    def on_schema1(self):
        self.manifest(b'{"schemaVersion":1}', "application/vnd.docker.distribution.manifest.v1+prettyjws")

    def on_digest_lies(self):
        self.manifest(Docker_Content_Digest="sha256:" + "0" * 64)

    def on_manifest_bomb(self):
        self.manifest(b"[" * (6 << 20))

    # Tokens: Bearer with the realm, token or expiry named by the repository.
    def bearer(self, realm, good="Bearer good"):
        if self.headers.get("Authorization", "").startswith(good):
            return self.answer_blob()
        return self.answer(401, WWW_Authenticate='Bearer realm="%s",service="s, \\"x\\"",scope="repository:%s:pull"'
                           % (realm, self.path.split("/")[2]))

    def on_token_ok(self):
        self.bearer("http://127.0.0.1:%d/token" % TWIN)

    def on_token(self):
        self.answer(200, b'{"token":"good-%d","expires_in":300}' % count("token"))

    def on_token_file(self):
        self.bearer("file:///etc/passwd")

    def on_token_injection(self):
        self.bearer("http://127.0.0.1:%d/injecting" % TWIN)

    def on_injecting(self):
        self.answer(200, json.dumps({"token": "good\r\nX-Injected: 1"}).encode())

    def on_token_bad(self):
        """Never content: how many tokens are asked for?"""
        self.bearer("http://127.0.0.1:%d/token" % TWIN, "Bearer other")

    def on_token_once(self):
        """Takes each token for one request."""
        value = self.headers.get("Authorization", "")
        with lock:
            fresh = value.startswith("Bearer good") and value not in used
            used.add(value)
        time.sleep(0.05)
        if fresh:
            return self.answer_blob()
        return self.answer(401, WWW_Authenticate='Bearer realm="http://127.0.0.1:%d/token",service="s"' % TWIN)

    def on_token_renewed(self):
        """Takes each token twice."""
        if count("renewed") % 3 == 0:
            return self.answer(401, WWW_Authenticate='Bearer realm="http://127.0.0.1:%d/token",service="s"' % TWIN)
        return self.bearer("http://127.0.0.1:%d/token" % TWIN)


class ThreadingServer(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


threading.Thread(target=ThreadingServer(("127.0.0.1", TWIN), Handler).serve_forever, daemon=True).start()
ThreadingServer(("127.0.0.1", PORT), Handler).serve_forever()
