"""A small server for the page on this machine alone: its files, Pyodide's, and, where asked for, NumPy itself.

It answers to 127.0.0.1 only, refuses requests that another site's page sends, and computes for none that does not
bring the token, which is in the address that `minigan live` opens.
"""

from __future__ import annotations

import hmac
import secrets
import tempfile
import threading
from collections import OrderedDict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from . import bundle, runtime
from .session import Desk

LONGEST = 1 << 24  # bytes of a question: a table of some hundred thousand rows
DESKS = 8  # runs that are kept at a time: one for each page that is open


class Server(ThreadingHTTPServer):
    """The page on a port of 127.0.0.1, 0 for a free one. Without a folder of Pyodide NumPy computes here."""

    daemon_threads = True

    def __init__(self, port: int = 0, pyodide: Path | None = None):
        self.files, self.pyodide = bundle.files(), pyodide
        self.token = secrets.token_urlsafe(24)
        self.desks: OrderedDict[str, tuple[threading.Lock, Desk]] = OrderedDict()
        self.lock, self.folder = threading.Lock(), tempfile.TemporaryDirectory(prefix="minigan-live-")
        super().__init__(("127.0.0.1", port), Handler)
        self.origin = f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def address(self) -> str:
        """What to open in a browser."""
        return f"{self.origin}/?" + ("base=./pyodide/" if self.pyodide else f"native={self.token}")

    def desk(self, name: str) -> tuple[threading.Lock, Desk]:
        """The run of this page, the oldest of too many forgotten."""
        with self.lock:
            if name not in self.desks:
                folder = Path(tempfile.mkdtemp(dir=self.folder.name))
                self.desks[name] = threading.Lock(), Desk(folder)
                while len(self.desks) > DESKS:
                    self.desks.popitem(last=False)
            self.desks.move_to_end(name)
            return self.desks[name]

    def server_close(self) -> None:
        super().server_close()
        self.folder.cleanup()


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if not self._is_ours():
            return self._refuse(403, "this is for pages of this server alone")
        name = urlsplit(self.path).path.lstrip("/") or "index.html"
        folder, _, inner = name.rpartition("/")
        if not folder and name in self.server.files:
            return self._send(self.server.files[name], bundle.TYPES.get(Path(name).suffix, "text/plain"))
        if folder == "pyodide" and inner in runtime.FILES and self.server.pyodide:
            content = (self.server.pyodide / inner).read_bytes()
            # the name is that of one version, so a browser need not ask again
            return self._send(content, bundle.TYPES[Path(inner).suffix], "max-age=31536000, immutable")
        return self._refuse(404, "there is no such file")

    def do_POST(self) -> None:
        asked, length = urlsplit(self.path), self.headers.get("Content-Length", "")
        if not self._is_ours():
            return self._refuse(403, "this is for pages of this server alone")
        if self.server.pyodide or not hmac.compare_digest(self.headers.get("X-Token", ""), self.server.token):
            return self._refuse(403, "the token is missing or wrong; open the address that minigan live printed")
        if asked.path != "/answer" or not length.isdecimal() or int(length) > LONGEST:
            return self._refuse(400, f"wanted is a question of {LONGEST:,} bytes at most")
        question = self.rfile.read(int(length)).decode("utf-8", "replace")
        lock, desk = self.server.desk(parse_qs(asked.query).get("desk", [""])[0])
        with lock:
            answer = desk.answer(question)
        return self._send(answer, "application/octet-stream")

    def _is_ours(self) -> bool:
        """Whether the browser sends this to 127.0.0.1 by that name, for a page that came from here."""
        origin = self.headers.get("Origin")
        hosts = (self.server.origin, self.server.origin.replace("127.0.0.1", "localhost"))
        return f"http://{self.headers.get('Host')}" in hosts and (origin is None or origin in hosts)

    def _send(self, content: bytes, kind: str, kept: str = "no-cache") -> None:
        self.send_response(200)
        self._head(len(content), kind, kept)
        self.wfile.write(content)

    def _refuse(self, code: int, says: str) -> None:
        self.close_connection = True  # what else it sent was not read
        self.send_response(code)
        self._head(len(says.encode()), "text/plain", "no-store")
        self.wfile.write(says.encode())

    def _head(self, length: int, kind: str, kept: str) -> None:
        text = "; charset=utf-8" if kind.startswith("text/") else ""
        lines = {"Content-Type": kind + text, "Content-Length": str(length), "Cache-Control": kept}
        lines |= {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer"}
        for name, value in lines.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
