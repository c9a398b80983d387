"""The API as an OpenAPI 3.1 document, made of the routes and of the shapes that check and answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import Any

from api.door import BASE
from api.openapi.operation import Operation
from api.openapi.parts import ABOUT, HEADERS, PARAMETERS, SECURITY, problems
from api.openapi.shapes import Shapes
from api.routes import IN_PATH, Json, Route


def document(routes: Sequence[Route], url: str) -> dict[str, Any]:
    """The whole document; `url` is where this server is reached."""
    shapes = Shapes(routes)
    operations = [Operation(route, shapes) for route in routes]
    paths: dict[str, Any] = {}
    for each in operations:
        path = IN_PATH.sub(r"{\1}", each.route.path)
        paths.setdefault(path, {})[each.route.method.lower()] = each.shown(operations)
    return {
        "openapi": "3.1.1",
        "info": {"title": "Askfirst", "version": version("askfirst"), "description": ABOUT.format(url=url)},
        "servers": [{"url": BASE}],
        "security": [{"key": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(each.tag for each in operations)],
        "paths": paths,
        "components": {
            "schemas": shapes.schemas,
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "responses": problems(shapes.error),
            "securitySchemes": SECURITY,
        },
    }


@cache
def text(routes: tuple[Route, ...], url: str) -> Json:
    """The document as JSON, made once."""
    return Json(json.dumps(document(routes, url), ensure_ascii=False).encode())
