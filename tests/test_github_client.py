"""The client: one request for one decision, typed errors, tokens that never show."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.github.client import App
from bot.github.errors import (
    Archived,
    Forbidden,
    GitHubError,
    Gone,
    NoInstallation,
    NotFound,
    RateLimited,
    Standstill,
    Unauthorized,
    Unavailable,
    Unprocessable,
    WithoutIssues,
    redact,
)
from bot.github.repo import Repo

API = "https://ghes.example/api/v3"
TOKEN = "ghs_1234567_" + "a.b-c_D9" * 60
Answers = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(scope="session")
def pem() -> str:
    key = rsa.generate_private_key(65537, 2048)
    secret = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, secret).decode()


class Stub:
    """Answers as it is told, and remembers what it was asked."""

    def __init__(self) -> None:
        self.seen: list[httpx.Request] = []
        self.answers: dict[str, list[httpx.Response | Exception]] = {}

    def on(self, request: str, *answers: httpx.Response | Exception) -> None:
        self.answers[request] = list(answers)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        asked = f"{request.method} {request.url.path.removeprefix('/api/v3')}"
        if asked.endswith("/access_tokens") and asked not in self.answers:
            return httpx.Response(201, json={"token": TOKEN})
        if asked == "GET /installation/repositories" and asked not in self.answers:
            return httpx.Response(200, json={"repositories": [{"id": 900, "full_name": "mona/shop"}]})
        queue = self.answers[asked]
        answer = queue.pop(0) if len(queue) > 1 else queue[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def count(self, method: str, ends: str) -> int:
        return sum(r.method == method and r.url.path.endswith(ends) for r in self.seen)


@pytest.fixture
def stub() -> Stub:
    return Stub()


@pytest.fixture
def repo(stub: Stub, pem: str) -> Iterator[Repo]:
    with App(77, pem, API, httpx.MockTransport(stub)) as app:
        yield app.installation(5, 900, {"issues": "write"}).repo("mona/shop")


def ok(data: object) -> httpx.Response:
    return httpx.Response(200, json=data)


def moved(status: int, place: str) -> httpx.Response:
    return httpx.Response(status, headers={"location": place}, json={"message": "Moved"})


def test_a_token_is_narrowed_to_one_repository_and_the_permissions_asked_for(repo: Repo, stub: Stub) -> None:
    stub.on("GET /repos/mona/shop/issues/1", ok({"number": 1}))
    repo.request("GET", "/issues/1")
    repo.request("GET", "/issues/1")
    minted, first, second = stub.seen
    assert str(minted.url) == f"{API}/app/installations/5/access_tokens"
    assert json.loads(minted.content) == {"repository_ids": [900], "permissions": {"issues": "write"}}
    assert minted.headers["authorization"].startswith("Bearer eyJ")
    assert first.headers["authorization"] == second.headers["authorization"] == f"Bearer {TOKEN}"


def test_two_phases_never_share_a_token(repo: Repo, stub: Stub) -> None:
    repo.installation.token()
    repo.app.installation(5, 900, {"issues": "write"}).token()
    assert stub.count("POST", "/access_tokens") == 2


def test_a_revoked_token_is_minted_anew_exactly_once(repo: Repo, stub: Stub) -> None:
    refused = httpx.Response(401, json={"message": "Bad credentials"})
    stub.on("POST /repos/mona/shop/issues", refused, httpx.Response(201, json={"number": 4}))
    assert repo.request("POST", "/issues", json={"title": "x"}).data == {"number": 4}
    stub.on("GET /repos/mona/shop/issues/9", refused)
    with pytest.raises(Unauthorized):
        repo.request("GET", "/issues/9")
    assert stub.count("GET", "/issues/9") == 2


@pytest.mark.parametrize(
    ("status", "message", "error"),
    [
        (401, "Bad credentials", Unauthorized),
        (403, "Resource not accessible by integration", Forbidden),
        (404, "Not Found", NotFound),
        (409, "Conflict", GitHubError),
        (403, "This installation has been suspended", NoInstallation),
        (403, "Repository was archived so is read-only.", Archived),
        (410, "This issue was deleted", Gone),
        (410, "Issues are disabled for this repo", WithoutIssues),
        (410, "Issues has been disabled in this repository.", WithoutIssues),
        (422, "Validation Failed", Unprocessable),
        (500, "Server Error", Unavailable),
    ],
)
def test_each_refusal_has_its_type_and_is_never_repeated(
    repo: Repo, stub: Stub, status: int, message: str, error: type[GitHubError]
) -> None:
    stub.on("POST /repos/mona/shop/issues", httpx.Response(status, json={"message": message}))
    with pytest.raises(error, match=message) as caught:
        repo.request("POST", "/issues", json={})
    assert caught.value.status == status
    assert stub.count("POST", "/issues") == (2 if status == 401 else 1)


def test_a_422_says_what_was_wrong(repo: Repo, stub: Stub) -> None:
    errors = [
        {"resource": "Label", "code": "already_exists", "field": "name"},
        {"message": "too long"},
        "odd",
    ]
    stub.on("POST /repos/mona/shop/labels", httpx.Response(422, json={"message": "No", "errors": errors}))
    with pytest.raises(Unprocessable) as caught:
        repo.request("POST", "/labels", json={})
    assert caught.value.errors == ("name already_exists", "too long", "odd")


@pytest.mark.parametrize(
    ("status", "message"),
    [(403, "Repository was archived so is read-only."), (410, "Issues are disabled for this repo")],
)
def test_what_goes_no_more_in_the_whole_repository_names_it(
    repo: Repo, stub: Stub, status: int, message: str
) -> None:
    stub.on("POST /repos/mona/shop/issues", httpx.Response(status, json={"message": message}))
    with pytest.raises(Standstill) as caught:
        repo.request("POST", "/issues", json={})
    assert (caught.value.installation_id, caught.value.repository_id) == (5, 900)


def test_a_repository_is_asked_for_by_the_name_that_came_with_the_token(repo: Repo, stub: Stub) -> None:
    minted = {"token": TOKEN, "repositories": [{"id": 900, "full_name": "mona/store"}]}
    stub.on("POST /app/installations/5/access_tokens", httpx.Response(201, json=minted))
    stub.on("GET /repos/mona/store", ok({"id": 900}))
    assert repo.request("GET", "").data == {"id": 900}
    assert repo.full_name == "mona/store"


@pytest.mark.parametrize(
    ("status", "headers", "message", "seconds"),
    [
        (403, {"retry-after": "17"}, "You have exceeded a secondary rate limit", 17),
        (429, {"retry-after": "3"}, "slow down", 3),
        (403, {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, "slow down", 60),
        (403, {"x-ratelimit-remaining": "0"}, "API rate limit exceeded", 60),
        (403, {}, "You have exceeded a secondary rate limit", 60),
        (403, {"x-ratelimit-remaining": "4000"}, "You have triggered an abuse detection mechanism", 60),
        (429, {}, "Too many requests", 60),
        (429, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"}, "Too many requests", 60),
    ],
)
def test_every_kind_of_limit_says_how_long_to_wait(
    repo: Repo, stub: Stub, status: int, headers: dict[str, str], message: str, seconds: int
) -> None:
    stub.on("GET /repos/mona/shop", httpx.Response(status, headers=headers, json={"message": message}))
    with pytest.raises(RateLimited) as caught:
        repo.request("GET", "")
    assert caught.value.retry_after == pytest.approx(seconds, abs=1)


def test_the_hourly_limit_waits_until_its_reset(
    repo: Repo, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1000090"}
    stub.on("GET /repos/mona/shop", httpx.Response(403, headers=headers, json={"message": "limit"}))
    repo.installation.token()
    monkeypatch.setattr(time, "time", lambda: 1_000_000.0)
    with pytest.raises(RateLimited) as caught:
        repo.request("GET", "")
    assert caught.value.retry_after == 90


@pytest.mark.parametrize(
    ("method", "trouble", "maybe_done"),
    [
        ("POST", httpx.ReadTimeout("slow"), True),
        ("PATCH", httpx.RemoteProtocolError("gone"), True),
        ("POST", httpx.ConnectError("refused"), False),
        ("POST", httpx.ConnectTimeout("slow"), False),
        ("GET", httpx.ReadTimeout("slow"), False),
        ("POST", httpx.Response(502, text="<html>Bad gateway</html>"), True),
        ("POST", httpx.Response(200, text="not JSON"), True),
        ("GET", httpx.Response(503, json={"message": "Unavailable"}), False),
    ],
)
def test_trouble_tells_whether_the_request_may_have_been_acted_on(
    repo: Repo, stub: Stub, method: str, trouble: httpx.Response | Exception, maybe_done: bool
) -> None:
    stub.on(f"{method} /repos/mona/shop/issues", trouble)
    with pytest.raises(Unavailable) as caught:
        repo.request(method, "/issues")
    assert caught.value.maybe_done is maybe_done
    assert stub.count(method, "/issues") == 1


def test_every_request_has_a_time_limit(repo: Repo, stub: Stub) -> None:
    stub.on("GET /repos/mona/shop", ok({}))
    repo.request("GET", "")
    assert {tuple(r.extensions["timeout"].values()) for r in stub.seen} == {(10.0, 10.0, 10.0, 10.0)}


RENAMED = {"repositories": [{"id": 1, "full_name": "mona/x"}, {"id": 900, "full_name": "lisa/store"}]}


@pytest.mark.parametrize("place", ["https://evil.example/x", "http://ghes.example/api/v3/x", f"{API}/../x"])
def test_a_token_is_never_sent_where_an_answer_points(repo: Repo, stub: Stub, place: str) -> None:
    stub.on("GET /repos/mona/shop", moved(301, place))
    with pytest.raises(GitHubError):
        repo.request("GET", "")
    assert {(r.url.host, r.url.path.startswith("/api/v3/")) for r in stub.seen} == {("ghes.example", True)}


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "answer", [moved(301, f"{API}/repositories/900/issues"), moved(307, f"{API}/repositories/900/issues")]
)
def test_a_renamed_repository_is_asked_the_same_under_its_new_name(
    repo: Repo, stub: Stub, method: str, answer: httpx.Response
) -> None:
    stub.on(f"{method} /repos/mona/shop/issues", answer)
    stub.on("GET /installation/repositories", ok(RENAMED))
    stub.on(f"{method} /repos/lisa/store/issues", httpx.Response(200, json={"number": 7}))
    assert repo.request(method, "/issues", json={"title": "x"}, params={"a": 1}).data == {"number": 7}
    assert repo.full_name == "lisa/store"
    assert (stub.seen[-1].method, stub.seen[-1].url.params["a"]) == (method, "1")
    assert json.loads(stub.seen[-1].content) == {"title": "x"}


def test_a_repository_that_left_the_installation_is_not_found(repo: Repo, stub: Stub) -> None:
    stub.on("POST /repos/mona/shop/issues", moved(301, f"{API}/repositories/900/issues"))
    stub.on("GET /installation/repositories", ok({"repositories": []}))
    with pytest.raises(NoInstallation):
        repo.request("POST", "/issues", json={})


def test_what_moved_to_another_repository_is_gone(repo: Repo, stub: Stub) -> None:
    stub.on("GET /repos/mona/shop/issues/3", moved(301, f"{API}/repositories/901/issues/1"))
    with pytest.raises(Gone):
        repo.request("GET", "/issues/3")


@pytest.mark.parametrize(
    ("status", "message", "suspended", "not_granted"),
    [
        (404, "Not Found", False, False),
        (403, "This installation has been suspended", True, False),
        (422, "The permissions requested are not granted to this installation.", False, True),
        (422, "There is at least one repository that does not exist or is not accessible.", False, False),
    ],
)
def test_without_an_installation_there_is_no_token(
    repo: Repo, stub: Stub, status: int, message: str, suspended: bool, not_granted: bool
) -> None:
    stub.on("POST /app/installations/5/access_tokens", httpx.Response(status, json={"message": message}))
    with pytest.raises(NoInstallation) as caught:
        repo.request("GET", "")
    assert (caught.value.suspended, caught.value.not_granted) == (suspended, not_granted)
    assert caught.value.repository_id == 900


@pytest.mark.parametrize(("status", "message"), [(404, "Integration not found"), (422, "Invalid request")])
def test_an_app_that_github_does_not_know_says_nothing_of_its_installations(
    repo: Repo, stub: Stub, status: int, message: str
) -> None:
    stub.on("POST /app/installations/5/access_tokens", httpx.Response(status, json={"message": message}))
    with pytest.raises(GitHubError, match=message) as caught:
        repo.request("GET", "")
    assert not isinstance(caught.value, Standstill)


def test_a_clock_that_is_wrong_changes_no_wait(repo: Repo, stub: Stub) -> None:
    headers = {
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": "1000090",
        "date": "Mon, 12 Jan 1970 13:46:40 GMT",
    }
    stub.on("GET /repos/mona/shop", httpx.Response(429, headers=headers, json={"message": "limit"}))
    with pytest.raises(RateLimited) as caught:
        repo.request("GET", "")
    assert caught.value.retry_after == 90


def test_an_answer_that_still_holds_is_not_sent_again(repo: Repo, stub: Stub) -> None:
    tagged = httpx.Response(200, json={"number": 1}, headers={"etag": 'W/"a"'})
    stub.on("GET /repos/mona/shop/issues/1", tagged, httpx.Response(304), ok({"number": 2}))
    seen = [repo.request("GET", "/issues/1").data["number"] for _ in range(3)]
    assert seen == [1, 1, 2]
    tags = [r.headers.get("if-none-match") for r in stub.seen if r.url.path.endswith("/issues/1")]
    assert tags == [None, 'W/"a"', 'W/"a"']


def test_a_read_after_a_write_is_never_answered_from_memory(repo: Repo, stub: Stub) -> None:
    stub.on("POST /repos/mona/shop/issues", httpx.Response(201, json={}, headers={"etag": 'W/"a"'}))
    stub.on("GET /repos/mona/shop/issues", ok([]))
    repo.request("POST", "/issues", json={})
    repo.request("GET", "/issues")
    assert "if-none-match" not in stub.seen[-1].headers


@pytest.mark.parametrize(
    ("message", "not_granted"),
    [
        ("The permissions requested are not granted to this installation.", True),
        ("There is at least one repository that does not exist or is not accessible to the parent installation.",
         False),
    ],
)  # fmt: skip
def test_what_the_installation_does_not_have_gives_no_token(
    repo: Repo, stub: Stub, message: str, not_granted: bool
) -> None:
    stub.on("POST /app/installations/5/access_tokens", httpx.Response(422, json={"message": message}))
    with pytest.raises(NoInstallation) as caught:
        repo.request("GET", "")
    assert (caught.value.not_granted, caught.value.suspended) == (not_granted, False)


def test_lists_are_read_to_their_last_page(repo: Repo, stub: Stub) -> None:
    full, rest = [{"number": n} for n in range(100)], [{"number": 100}]
    stub.on("GET /repos/mona/shop/issues", ok(full), ok(rest))
    assert len(list(repo.pages("/issues"))) == 101
    assert [r.url.params["page"] for r in stub.seen[1:]] == ["1", "2"]


def test_tokens_are_neither_logged_nor_in_errors(
    repo: Repo, stub: Stub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stub.on("POST /repos/mona/shop/issues", httpx.Response(422, json={"message": f"{TOKEN} is odd"}))
    with pytest.raises(Unprocessable) as caught:
        repo.request("POST", "/issues", json={})
    assert TOKEN not in f"{caplog.text}{caught.value}{caught.value!r}"


def test_redact_takes_every_kind_of_token_out() -> None:
    jwt = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiI3NyIsIn.c2lnbmF0dXJlLWhlcmU"
    text = f"git push https://x:{TOKEN}@github.com failed; Bearer {jwt}; ghp_{'a' * 36}"
    assert redact(text) == "git push https://x:[redacted]@github.com failed; Bearer [redacted]; [redacted]"
    assert redact("ghs_short and plain words stay") == "ghs_short and plain words stay"
