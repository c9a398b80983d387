"""The API's own description: the OpenAPI document, and a page that shows it with files of ours alone."""

from __future__ import annotations

from functools import partial
from importlib.resources import files
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app, send_file

from api import openapi
from api.routes import JSON, Call, Json, Route, Routes
from api.schemas.base import Query
from bot.config import Config

routes = Routes()
page = Blueprint("docs", __name__, url_prefix="/docs")
OURS, SWAGGER = Path(__file__).parent / "page", Path(str(files("flask_swagger_ui"))) / "dist"
ASSETS = {
    "docs.css": OURS, "docs.js": OURS, "swagger-ui.css": SWAGGER, "swagger-ui-bundle.js": SWAGGER,
    "favicon-32x32.png": SWAGGER,
}  # fmt: skip
# no inline script, no other host; Swagger UI draws its icons from data: URLs
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def register(app: Flask, described: tuple[Route, ...]) -> None:
    """Serve `/docs`."""
    config: Config = app.extensions["config"]
    app.extensions["openapi"] = partial(openapi.text, described, config.public_url)
    app.register_blueprint(page)


@routes.get("/openapi.json", scope=None)
def openapi_json(call: Call, query: Query) -> Json:
    """This document, in OpenAPI 3.1."""
    return _document()


@page.get("")
def show() -> Response:
    """The reference."""
    return send_file(OURS / "docs.html")


@page.get("/openapi.json")
def document() -> Response:
    """The document without a key: it holds no secret."""
    return Response(_document(), mimetype=JSON)


@page.get("/<name>")
def asset(name: str) -> Response:
    """A file that the page needs."""
    return send_file(ASSETS[name] / name) if name in ASSETS else abort(404)


@page.after_request
def _guard(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _document() -> Json:
    made: Json = current_app.extensions["openapi"]()
    return made
