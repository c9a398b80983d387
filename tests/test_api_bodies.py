"""What a request may carry: bodies, types, lengths, and what is said about those that are wrong."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from api import ROUTES
from bot.config import Config
from bot.store.db import Database
from tests.endpoints import everything, example, one_of_each, path_of, send
from tests.rest import Rest, refused


@pytest.fixture
def rest(config: Config, db: Database) -> Rest:
    return Rest(config, db)


MALFORMED = [
    b"{", b"{}x", b" ", b"[]", b"null", b'"text"', b"1", b"\xff\xfe", b'{"title": "\xff"}', b"{'title': 'x'}",
    b'{"title": NaN}', b'{"title": Infinity}', b'{"title": -Infinity}', b'\xef\xbb\xbf{"title": "x"}',
    b'{"title": ' + b"9" * 5000 + b"}", b"[" * 1000 + b"]" * 1000, b'{"a":' * 1000 + b"1" + b"}" * 1000,
    b"[" * 500_000,
]  # fmt: skip


def test_malformed_json_is_400(rest: Rest) -> None:
    for raw in MALFORMED:
        answer = rest.call("POST", "/issues/create", data=raw, content_type="application/json")
        refused(answer, 400, "VALIDATION")


def test_a_deep_value_is_of_the_wrong_type(rest: Rest) -> None:
    raw = b'{"title": ' + b"[" * 200 + b"]" * 200 + b"}"
    answer = rest.call("POST", "/issues/create", data=raw, content_type="application/json")
    refused(answer, 400, "VALIDATION", "title")


WRONG_ISSUES: list[tuple[str, str]] = [
    ("title", "{}"),
    ("title", '{"title": null}'),
    ("title", '{"title": 5}'),
    ("title", '{"title": true}'),
    ("title", '{"title": ["x"]}'),
    ("title", '{"title": ""}'),
    ("title", '{"title": " \\t\\n "}'),
    ("title", json.dumps({"title": "x" * 201})),
    ("title", '{"title": "a\\u0000b"}'),
    ("title", '{"title": "a\\ud800b"}'),
    ("title", '{"title": "a", "title": "b"}'),
    ("description", json.dumps({"title": "x", "description": "x" * 20_001})),
    ("description", '{"title": "x", "description": null}'),
    ("suggestedPrompt", '{"title": "x", "suggestedPrompt": 1e999}'),
    ("priority", '{"title": "x", "priority": "urgent"}'),
    ("priority", '{"title": "x", "priority": 1}'),
    ("sessionId", '{"title": "x", "sessionId": 1}'),
    ("sessionId", '{"title": "x", "sessionId": "is_\\u0000"}'),
    ("extra", '{"title": "x", "extra": 1}'),
    ("suggested_prompt", '{"title": "x", "suggested_prompt": "y"}'),
    ("\\ud800", '{"title": "x", "\\ud800": "y"}'),
]


def test_a_wrong_field_is_named(rest: Rest) -> None:
    for field, raw in WRONG_ISSUES:
        answer = rest.call("POST", "/issues/create", data=raw, content_type="application/json")
        error = refused(answer, 400, "VALIDATION", field)
        assert "input_value" not in error["message"], raw
    assert rest.get("/issues/list").json["data"] == []


WRONG_SESSIONS: list[tuple[str, dict[str, Any]]] = [
    ("prompt", {"prompt": ""}),
    ("memoryMb", {"memoryMb": "512"}),
    ("memoryMb", {"memoryMb": 255}),
    ("memoryMb", {"memoryMb": 16_385}),
    ("memoryMb", {"memoryMb": 512.5}),
    ("memoryMb", {"memoryMb": 10**30}),
    ("cpuCount", {"cpuCount": True}),
    ("cpuCount", {"cpuCount": 0}),
    ("cpuCount", {"cpuCount": 9}),
    ("timeoutMs", {"timeoutMs": 9_999}),
    ("timeoutMs", {"timeoutMs": 3_600_001}),
    ("paths", {"paths": "src"}),
    ("paths.1", {"paths": ["src", "/etc"]}),
    ("paths.0", {"paths": ["src/../../etc"]}),
    ("paths.0", {"paths": [""]}),
    ("paths", {"paths": ["x"] * 101}),
    ("ref", {"ref": ""}),
]


def test_limits_of_a_session(rest: Rest) -> None:
    for field, wrong in WRONG_SESSIONS:
        refused(rest.post("/issue-sessions/start", **{"prompt": "x"} | wrong), 400, "VALIDATION", field)
    assert rest.get("/issue-sessions/list").json["data"] == []


def test_json_has_one_kind_of_number(rest: Rest) -> None:
    raw = b'{"prompt": "x", "memoryMb": 512.0, "timeoutMs": 2e4}'
    answer = rest.call("POST", "/issue-sessions/start", data=raw, content_type="application/json")
    assert (answer.json["data"]["memoryMb"], answer.json["data"]["timeoutMs"]) == (512, 20_000)


def test_lists_of_ids(rest: Rest) -> None:
    for wrong in ([], ["x"] * 101, "iss", None, {}):
        refused(rest.post("/issues/bulk-delete", issueIds=wrong), 400, "VALIDATION", "issueIds")
    for each in (1, None, "a\0b", "x" * 201):
        answer = rest.post("/issues/bulk-delete", issueIds=["fine", each])
        refused(answer, 400, "VALIDATION", "issueIds.1")


def test_all_that_is_wrong_is_listed_and_not_more_than_helps(rest: Rest) -> None:
    error = refused(rest.post("/issues/create", priority="?", nope=1), 400, "VALIDATION", "title")
    assert [each["field"] for each in error["errors"]] == ["title", "priority", "nope"]
    many = {"x" * 1000 + str(number): number for number in range(500)}
    answer = rest.post("/issues/create", title="x", **many)
    assert answer.status_code == 400 and len(answer.data) < 10_000


def test_a_wrong_type_comes_before_an_id_that_names_nothing(rest: Rest) -> None:
    refused(rest.post("/issues/update", issueId="nonsense", title=1), 400, "VALIDATION", "title")


def test_a_post_without_a_body_counts_as_an_empty_object(rest: Rest) -> None:
    refused(rest.call("POST", "/issues/create"), 400, "VALIDATION", "title")
    answer = rest.call("POST", "/issues/create", data=b"", content_type="text/plain")
    refused(answer, 400, "VALIDATION", "title")


def test_a_body_of_another_type_is_415(rest: Rest) -> None:
    body = b'{"title": "x"}'
    wrong = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "nonsense",
             "application/json; charset=latin-1")  # fmt: skip
    for content_type in wrong:
        answer = rest.call("POST", "/issues/create", data=body, content_type=content_type)
        refused(answer, 415, "UNSUPPORTED_MEDIA_TYPE")
    for content_type in ("application/json", "Application/JSON; Charset=UTF-8", None):
        assert rest.call("POST", "/issues/create", data=body, content_type=content_type).status_code == 201


class Watched(io.BytesIO):
    """A body that knows how much of it was taken."""

    def __init__(self, size: int) -> None:
        super().__init__(b'{"title": "' + b"x" * size + b'"}')

    @property
    def taken(self) -> int:
        return self.tell()


def test_a_body_over_one_mib_is_refused_before_it_is_read_whole(rest: Rest) -> None:
    told, untold = Watched(3 * 2**20), Watched(3 * 2**20)
    options = {"method": "POST", "path": "/issues/create", "content_type": "application/json"}
    refused(rest.call(**options, input_stream=told), 413, "PAYLOAD_TOO_LARGE")
    assert told.taken == 0
    chunked = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    answer = rest.call(**options, input_stream=untold, environ_overrides=chunked)
    refused(answer, 413, "PAYLOAD_TOO_LARGE")
    assert 0 < untold.taken < 2 * 2**20


def test_a_body_of_just_one_mib_is_read(rest: Rest) -> None:
    raw = b'{"title": "' + b"x" * (2**20 - 13) + b'"}'
    assert len(raw) == 2**20
    answer = rest.call("POST", "/issues/create", data=raw, content_type="application/json")
    refused(answer, 400, "VALIDATION", "title")


def test_a_body_that_ends_too_early_is_400(rest: Rest) -> None:
    longer = {"CONTENT_LENGTH": "100"}
    answer = rest.call("POST", "/issues/create", json={"title": "x"}, environ_overrides=longer)
    refused(answer, 400, "VALIDATION")


WRITERS = [route for route in ROUTES if not route.reads]


def test_no_endpoint_takes_a_body_that_is_none(rest: Rest) -> None:
    ours = one_of_each(rest, rest.mine)
    before = everything(rest.db)
    for route in WRITERS:
        path = path_of(route, ours)
        for raw in (b"{", b"[]", b"\xff", b'{"a": NaN}', b"[" * 1000 + b"]" * 1000, b'{"a":' * 1000):
            answer = rest.call(route.method, path, data=raw, content_type="application/json")
            refused(answer, 400, "VALIDATION")
        twice = rest.call(route.method, path, data=b'{"a": 1, "a": 1}', content_type="application/json")
        refused(twice, 400, "VALIDATION", "a")
        refused(
            rest.call(route.method, path, data=b"{}", content_type="text/xml"), 415, "UNSUPPORTED_MEDIA_TYPE"
        )
        large = rest.call(route.method, path, input_stream=Watched(2**20), content_type="application/json")
        refused(large, 413, "PAYLOAD_TOO_LARGE")
    assert everything(rest.db) == before


def test_every_field_of_every_endpoint_is_named_when_it_is_wrong(rest: Rest) -> None:
    ours = one_of_each(rest, rest.mine)
    before = everything(rest.db)
    for route in WRITERS:
        fine = example(route, ours)
        refused(send(rest, route, fine | {"nope": None}), 400, "VALIDATION", "nope")
        for name in route.names - route.in_path:
            for wrong in ({}, "a\0b", ["a\0b"], "\ud800", ["\ud800"], nested(500)):
                error = send(rest, route, fine | {name: wrong}).json["error"]
                assert error["code"] == "VALIDATION" and error["field"].split(".")[0] == name, (route, wrong)
    assert everything(rest.db) == before


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def test_no_parameter_of_any_endpoint_brings_it_down(rest: Rest) -> None:
    ours = one_of_each(rest, rest.mine)
    for route in ROUTES:
        for name in route.names if route.reads else route.in_path:
            for wrong in ("\0", "%ff", "x" * 10_000, "' OR 1=1 --", "\U0001f600", ""):
                answer = send(rest, route, example(route, ours) | {name: wrong})
                assert (answer.status_code < 500 and answer.is_json) or answer.status_code == 200, (
                    route,
                    wrong,
                )
        if route.reads:
            for name in route.names - route.in_path:
                path, query = path_of(route, ours), [(name, "1"), (name, "1")]
                refused(rest.call("GET", path, query_string=query), 400, "VALIDATION", name)


WRONG_QUERIES = [
    ("limit", "limit=0"), ("limit", "limit=101"), ("limit", "limit=-1"), ("limit", "limit=5.0"),
    ("limit", "limit="), ("limit", "limit=ten"), ("limit", "limit=1_0"), ("limit", "limit=%D9%A3"),
    ("limit", "limit=" + "9" * 30), ("limit", "limit=1&limit=2"), ("status", "status=closed"), ("status", "status="),
    ("priority", "priority=1"), ("q", "q=" + "x" * 201), ("q", "q=%00"), ("cursor", "cursor="),
    ("cursor", "cursor=nonsense"), ("cursor", "cursor=%00"), ("cursor", "cursor=" + "A" * 64),
    ("cursor", "cursor=%C3%A9"),
]  # fmt: skip


def test_wrong_query_parameters_are_named(rest: Rest) -> None:
    for field, query in WRONG_QUERIES:
        refused(rest.call("GET", f"/issues/list?{query}"), 400, "VALIDATION", field)
    refused(rest.get("/issues/get"), 400, "VALIDATION", "id")
    refused(rest.get("/issues/get", id="iss_\0"), 400, "VALIDATION", "id")
    refused(rest.get("/issues/list", sessionId="nonsense"), 404, "NOT_FOUND", "sessionId")


def test_other_query_parameters_are_ignored(rest: Rest) -> None:
    assert rest.call("GET", "/issues/list?color=red&color=blue&q=&%ff=%ff").status_code == 200
