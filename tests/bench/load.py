"""A client that costs next to nothing, so that what is measured is the server."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.bench.servers import HOST


class Connection:
    """One kept-alive connection that sends requests made beforehand."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection((HOST, port), 10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send one whole request; its answer's status and body, which must have a Content-Length."""
        self._socket.sendall(request)
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        while len(body) < length:
            body += self._more()
        return int(head[9:12]), body

    def close(self) -> None:
        self._socket.close()

    def _more(self) -> bytes:
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionError("the server closed the connection")
        return data


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def seconds_each(port: int, requests: list[bytes], status: int) -> list[float]:
    """Send them one after another on one connection; how long each took to be answered."""
    connection = Connection(port)
    taken = [_seconds(connection, each, status) for each in requests]
    connection.close()
    return taken


def repeatedly(port: int, request: bytes, status: int) -> Callable[[], list[float]]:
    """A measure that sends it once more each time, always on the same connection."""
    connection = Connection(port)
    return lambda: [_seconds(connection, request, status)]


def _seconds(connection: Connection, request: bytes, status: int) -> float:
    started = time.perf_counter()
    answered, body = connection.ask(request)
    taken = time.perf_counter() - started
    if answered != status:
        raise SystemExit(f"{answered} instead of {status}: {body.decode(errors='replace')}")
    return taken


def per_second(port: int, requests: list[bytes], status: int, connections: int) -> float:
    """Share them among connections that are busy at once; how many were answered in a second."""
    shares = [requests[start::connections] for start in range(connections)]
    started = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(lambda share: seconds_each(port, share, status), shares))
    return len(requests) / (time.perf_counter() - started)
