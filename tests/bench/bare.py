"""What the webhook door is compared with: the least that verifies and keeps a delivery, on the bare drivers."""

from __future__ import annotations

import hashlib
import hmac
import os
import sqlite3
import sys
import threading

import psycopg
from flask import Flask, Response, request

from tests.bench.hooks import PATH, SECRET

TABLE = "CREATE TABLE bare (id text PRIMARY KEY, payload text NOT NULL)"
mine = threading.local()  # the thread's connection


def create_app() -> Flask:
    """One view: HMAC, INSERT, 202."""
    app = Flask("bare")
    insert = _on_sqlite if os.environ["DATABASE_URL"].startswith("sqlite") else _on_postgres

    @app.post(PATH)
    def keep() -> Response:
        raw = request.get_data()
        expected = "sha256=" + hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, request.headers["X-Hub-Signature-256"]):
            return Response(status=401)
        insert(request.headers["X-GitHub-Delivery"], raw.decode())
        return Response('{"message": "Stored."}\n', 202, mimetype="application/json")

    return app


def _on_sqlite(delivery_id: str, payload: str) -> None:
    if not hasattr(mine, "connection"):
        path = os.environ["DATABASE_URL"].removeprefix("sqlite:///")
        mine.connection = sqlite3.connect(path, timeout=10, isolation_level=None)
        mine.connection.execute("PRAGMA journal_mode=WAL")
        mine.connection.execute("PRAGMA synchronous=FULL")  # as in bot/store/db.py
    # outside a transaction each statement commits by itself
    mine.connection.execute("INSERT INTO bare VALUES (?, ?)", (delivery_id, payload))


def _on_postgres(delivery_id: str, payload: str) -> None:
    if not hasattr(mine, "connection"):
        address = os.environ["DATABASE_URL"].replace("postgresql+psycopg://", "postgresql://")
        mine.connection = psycopg.connect(address, autocommit=True)
    mine.connection.execute("INSERT INTO bare VALUES (%s, %s)", (delivery_id, payload))


if __name__ == "__main__":
    from cli.serving import serve

    serve("tests.bench.bare:create_app", "127.0.0.1", int(sys.argv[1]), workers=2)
