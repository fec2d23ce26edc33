"""A server on this machine that serves one file, and misbehaves as it is told."""

from __future__ import annotations

import contextlib
import hashlib
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DATA = bytes(range(256)) * 20_000  # 5 MB: several portions
SHA256 = hashlib.sha256(DATA).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves DATA, and misbehaves as it is told.

    Attributes:
        data: what it serves.
        cut: after how many bytes it hangs up, once.
        knows_ranges: whether it serves parts.
        says: headers that it sends instead of the right ones; "" leaves one out.
        status: what it answers, if not the right one.
        leads_to: where it redirects to.
        asked: the Range header of each request, "" without.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.data = DATA
        self.cut: int | None = None
        self.knows_ranges = True
        self.says: dict[str, str] = {}
        self.status = 0
        self.leads_to = ""
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/vgg19.pth"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server = self.server
        asked = self.headers.get("Range", "")
        server.asked.append(asked)
        if server.leads_to:
            self.send_response(302)
            self.send_header("Location", server.leads_to)
            self.end_headers()
            return
        found = re.fullmatch(r"bytes=(\d+)-", asked) if server.knows_ranges else None
        begin, size = int(found[1]) if found else 0, len(server.data)
        headers = {"Content-Length": str(size - begin)}
        if found:
            headers["Content-Range"] = f"bytes {begin}-{size - 1}/{size}"
        self.send_response(server.status or (206 if found else 200))
        for name, value in {**headers, **server.says}.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        end, server.cut = server.cut, None
        self.close_connection = True
        with contextlib.suppress(ConnectionError):  # the client has heard enough
            self.wfile.write(server.data[begin : size if end is None else begin + end])

    def log_message(self, *_: Any) -> None:
        """Keeps the tests' output clean."""


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    """Runs a server until the end of the block."""
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
