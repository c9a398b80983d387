"""The fake as a Flask app, and as a server on the loopback address."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import httpx
from flask import Flask, Response, request
from werkzeug.serving import WSGIRequestHandler, make_server

from . import api, git, pages

if TYPE_CHECKING:
    from .fake import FakeGitHub

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def create_app(fake: FakeGitHub) -> Flask:
    """API, git and pages of one fake; every call gives another app over the same state."""
    app = Flask(__name__)
    app.url_map.strict_slashes = False

    @app.before_request
    def answer_api() -> Response | None:
        return api.answer(fake, request) if api.is_api(request.path) else None

    @app.route("/<owner>/<name>.git/<path:rest>", methods=["GET", "POST"])
    def answer_git(owner: str, name: str, rest: str) -> Response:
        return git.answer(fake, request, owner, name, rest)

    @app.errorhandler(404)
    def unknown(error: Exception) -> tuple[str, int]:
        if request.headers.get("Authorization", "").startswith("Bearer"):
            fake.violate(request.method, request.path, "GitHub has no such operation")
        return "Not Found", 404

    pages.add_pages(app, fake)
    app.wsgi_app = _Droppable(app.wsgi_app)  # type: ignore[method-assign]
    return app


class _Droppable:
    """Ends a connection without an answer where a fault says so."""

    def __init__(self, inner: Callable[..., Iterable[bytes]]) -> None:
        self.inner = inner

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answered = self.inner(environ, start_response)
        if not environ.get(api.DROPPED):
            return answered
        if "werkzeug.socket" not in environ or "werkzeug.test" in environ:
            raise httpx.ReadError("the fake GitHub dropped the connection")
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return []


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing: `fake.requests` has it."""


class Server:
    """A running fake; `url` is its root, `fake.api_url` the API below it."""

    def __init__(self, fake: FakeGitHub, port: int) -> None:
        self._server = make_server("127.0.0.1", port, create_app(fake), threaded=True, request_handler=_Quiet)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        fake.server_url = self.url
        self.fake = fake
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.fake.webhooks.stop()


def serve(fake: FakeGitHub, port: int = 0) -> Server:
    """Serve on 127.0.0.1 in a thread; port 0 takes a free one."""
    return Server(fake, port)
