"""What the real web server does with requests that no client library would send."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from bot.config import Config
from bot.store.db import Database
from tests.bench.servers import ASKFIRST, HOST, server
from tests.rest import Rest

LONG = b"x" * 65_536
CHUNK = b"10000\r\n" + LONG + b"\r\n"


def requests(key: str) -> Iterator[tuple[bytes, set[int]]]:
    """Each request, and the statuses that are an answer to it."""
    head = b" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + key.encode() + b"\r\n"
    get = b"GET /api/v1/whoami" + head
    post = b"POST /api/v1/issues/create" + head + b"Content-Type: application/json\r\n"
    yield get + b"X-Long: " + LONG + b"\r\n\r\n", {200, 431}
    yield get + b"".join(b"X-%d: y\r\n" % number for number in range(500)) + b"\r\n", {431}
    yield get + b"X-Request-ID: \xff\xfe\r\n\r\n", {200}
    yield get + b"X-Request-ID: a\0b\r\n\r\n", {400}
    yield get + b"If-None-Match: " + b'"x",' * 16_000 + b"\r\n\r\n", {200, 431}
    yield b"GET /api/v1/whoami HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + LONG + b"\r\n\r\n", {401, 431}
    yield b"GET /api/v1/issues/get?id=" + LONG + head + b"\r\n", {414}
    yield b"GET /api/v1/issues/get?id=\xff" + head + b"\r\n", {400}
    yield b"GET /api/v1/issues/get?id=%00%ff%ed%a0%80" + head + b"\r\n", {400}
    yield b"GET /api/v1/whoami HTTP/9.9\r\n\r\n", {400}
    yield post + b"Idempotency-Key: " + LONG + b"\r\nContent-Length: 2\r\n\r\n{}", {400, 431}
    yield post + b"Content-Length: -5\r\n\r\n", {400}
    # refused though most of it is still to come
    yield post + b'Content-Length: 10000000\r\n\r\n{"title": "', {413}
    yield post + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNK * 16 + b"1\r\nx\r\n", {413}


def status(port: int, request: bytes) -> int:
    """The status of the answer to these bytes, which may be the beginning of a request."""
    with socket.create_connection((HOST, port), 20) as connection:
        connection.sendall(request)
        return int(connection.recv(12)[9:12])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_request_brings_the_server_down_or_keeps_it_from_stopping(
    config: Config, db: Database, redis_url: str
) -> None:
    key = Rest(config, db).key
    environment = {
        "DATABASE_URL": config.database_url, "ASKFIRST_HOME": str(config.askfirst_home), "REDIS_URL": redis_url,
    }  # fmt: skip
    unfinished = socket.socket()
    with (
        unfinished,
        server(lambda port: [str(ASKFIRST), "web", "--port", str(port)], environment) as (port, _),
    ):
        unfinished.connect((HOST, port))
        unfinished.sendall(b"POST /api/v1/issues/create HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
        for request, expected in requests(key):
            assert status(port, request) in expected, request[:200]
