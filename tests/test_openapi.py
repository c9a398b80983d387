"""The API's own description: whole, valid, and shown without another host."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from api import ROUTES
from api.openapi import document
from api.routes import IN_PATH, Route
from bot.config import Config
from bot.store.db import Database
from tests.rest import Rest, refused

DOCUMENT = document(ROUTES, "http://localhost:8000")
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
OPERATIONS: dict[str, dict[str, Any]] = {
    f"{method.upper()} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


@pytest.fixture
def rest(config: Config, db: Database) -> Rest:
    return Rest(config, db)


def name_of(route: Route) -> str:
    path = IN_PATH.sub(r"{\1}", route.path)
    return f"{route.method} {path}"


def test_every_route_is_in_the_document_and_nothing_else() -> None:
    assert sorted(OPERATIONS) == sorted(map(name_of, ROUTES))
    ids = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(ids)) == len(ids) and all(re.fullmatch(r"[a-z][A-Za-z]+", each) for each in ids)


def test_it_is_valid() -> None:
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def shown() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every body and answer in the document: where it is, and its schema with its example."""
    for name, operation in OPERATIONS.items():
        parts = {"body": operation.get("requestBody", {})} | operation["responses"]
        for place, part in parts.items():
            if "$ref" not in part:
                for content in part.get("content", {}).values():
                    yield f"{name} {place}", content
    for status, answer in DOCUMENT["components"]["responses"].items():
        yield status, answer["content"]["application/json"]


def test_each_example_is_what_its_schema_allows() -> None:
    for place, content in shown():
        if content["schema"] not in ({"type": "string"}, {"type": "object"}):
            validator = OAS31Validator({**content["schema"], "components": DOCUMENT["components"]})
            assert list(validator.iter_errors(content["example"])) == [], place


def test_each_operation_has_its_scope_and_a_command() -> None:
    for route in ROUTES:
        operation = OPERATIONS[name_of(route)]
        assert operation["security"][0] == {"key": [route.scope] if route.scope else []}
        assert ({"callback": []} in operation["security"]) == route.callback
        assert operation["summary"] == route.summary and "\ncurl " in operation["description"]
        assert str(route.status) in operation["responses"]


def test_what_is_made_leads_to_what_can_be_done_with_it() -> None:
    made = {name: operation["responses"].get("201", {}) for name, operation in OPERATIONS.items()}
    led = {
        name: {link["operationId"] for link in response.get("links", {}).values()}
        for name, response in made.items()
    }
    assert led["POST /issues/create"] >= {"issuesGet", "issuesUpdate", "issuesDelete", "workChainsCreate"}
    assert led["POST /issue-sessions/start"] >= {"issueSessionsGet", "issueSessionsCancel", "runsGet"}
    assert led["POST /work-chains/start"] >= {"workChainsGet", "workChainsCancel"}
    listed = OPERATIONS["GET /session-questions"]["responses"]["200"]["links"]["sessionQuestionsReview.id"]
    assert listed["parameters"] == {"path.id": "$response.body#/data/0/id"}


def test_nothing_is_null_that_never_is() -> None:
    for name, operation in OPERATIONS.items():
        for parameter in operation["parameters"]:
            assert "null" not in str(parameter), name
    assert "null" not in str(SCHEMAS["Error"])
    assert set(SCHEMAS["Error"]["required"]) == {"code", "message", "requestId"}
    assert set(SCHEMAS["Issue"]["required"]) == set(SCHEMAS["Issue"]["properties"])


def test_the_document_wants_a_key_and_the_page_does_not(rest: Rest) -> None:
    refused(rest.http.get("/api/v1/openapi.json"), 401, "AUTH_MISSING")
    with_key = rest.call("GET", "/openapi.json", rest.new_key("runs:read"))
    assert (with_key.status_code, with_key.mimetype, with_key.json["openapi"]) == (
        200,
        "application/json",
        "3.1.1",
    )
    assert rest.http.get("/docs/openapi.json").data == with_key.data


class Page(HTMLParser):
    """What a page asks a browser to fetch or to run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.inline = re.findall(r"<style|\bstyle=|\son\w+=|<script(?![^>]*\bsrc=)", text)
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href")]


def test_the_page_is_of_our_files_alone(rest: Rest) -> None:
    answer = rest.http.get("/docs")
    page = Page(answer.text)
    assert answer.status_code == 200 and "<title>Askfirst" in answer.text and page.inline == []
    for path in page.fetched:
        asset = rest.http.get(path)
        assert path.startswith("/docs/") and asset.status_code == 200, path
        assert asset.headers["X-Content-Type-Options"] == "nosniff"
        if path.endswith(".css"):
            assert "@import" not in asset.text
            assert all(url.startswith("data:") for url in re.findall(r"url\([\"']?([^)]*)", asset.text))
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'" and policy["script-src"] == "'self'"
    assert {word for words in policy.values() for word in words.split()} <= {"'none'", "'self'", "data:"}
    assert "http" not in rest.http.get("/docs/docs.js").text


def test_only_the_files_of_the_page_are_served(rest: Rest) -> None:
    for path in ("nothing.js", "index.html", "swagger-ui.js", "..%2fdocs.py", "%2e%2e/docs.py"):
        refused(rest.http.get(f"/docs/{path}"), 404, "NOT_FOUND")
