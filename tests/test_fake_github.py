"""The fake GitHub refuses what GitHub refuses, and tells what GitHub tells."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
import os
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import flask
import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from tests.fakes.github import FakeGitHub, Refused, into_app, serve

EXAMPLES = json.loads(
    gzip.decompress((Path(__file__).parent / "contract/webhook_examples.json.gz").read_bytes())
)
SECRET = "it is a secret"


class Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


@lru_cache
def signing_key(pem: str) -> Any:
    """Reading a private key takes longer than a test."""
    return serialization.load_pem_private_key(pem.encode(), None)


class Shop:
    """One App, installed on one of mona's repositories, and people with different rights."""

    def __init__(self, root: Path) -> None:
        self.clock = Clock()
        self.fake = FakeGitHub(root, self.clock)
        self.received: list[tuple[str, dict[str, str], bytes]] = []
        self.app = self.fake.create_app(webhook_secret=SECRET, deliver=self._receive)
        self.mona, self.guest = self.fake.create_user("mona"), self.fake.create_user("guest")
        self.repo = self.fake.create_repository(
            self.mona, "shop", files={"a.py": "x = 1\n", "lib/b.py": "y = 2\n"}
        )
        self.other = self.fake.create_repository(self.mona, "other")
        self.installation = self.fake.install(self.mona, [self.repo])
        self.http = httpx.Client(
            transport=httpx.WSGITransport(app=self.fake.app),
            base_url=self.fake.api_url,
            headers={"User-Agent": "test"},
        )

    def _receive(self, event: str, headers: dict[str, str], body: bytes) -> int:
        self.received.append((event, headers, body))
        return 202

    def jwt(self, **changed: Any) -> str:
        now = int(self.clock().timestamp())
        claims = {"iss": str(self.app.id), "iat": now - 60, "exp": now + 540} | changed
        return jwt.encode(claims, signing_key(self.app.private_key), algorithm="RS256")

    def as_app(self, method: str, path: str, token: str | None = None, **more: Any) -> httpx.Response:
        return self.http.request(
            method, path, headers={"Authorization": f"Bearer {token or self.jwt()}"}, **more
        )

    def token(self, **narrowed: Any) -> str:
        path = f"/app/installations/{self.installation.id}/access_tokens"
        return self.as_app("POST", path, json=narrowed).raise_for_status().json()["token"]

    @cached_property
    def full_token(self) -> str:
        return self.token()

    def call(self, method: str, path: str, token: str | None = None, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token or self.full_token}"} | more.pop("headers", {})
        return self.http.request(method, path, headers=headers, **more)

    def last(self, event: str) -> dict[str, Any]:
        return json.loads([body for name, _, body in self.received if name == event][-1])


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Every request of a test keeps to GitHub's contract, unless the test clears `violations` itself."""
    made = Shop(tmp_path / "github")
    yield made
    assert made.fake.violations == []


def problems(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(error["field"], error["code"]) for error in answer.json()["errors"]]


# -- who is asking


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({}, 200),
        ({"exp": 1}, 401),
        ({"exp": 1_772_366_400 + 601}, 401),  # the clock stands at 1,772,366,400
        ({"iat": 1_772_366_400 + 60}, 401),
        ({"iss": "4711"}, 404),
    ],
)
def test_an_app_proves_itself_with_a_short_lived_jwt(shop: Shop, claims: dict[str, Any], status: int) -> None:
    assert shop.as_app("GET", "/app", shop.jwt(**claims)).status_code == status


def test_a_jwt_signed_with_another_key_is_refused(shop: Shop) -> None:
    stranger = shop.fake.create_app(slug="stranger")
    forged = jwt.encode(
        jwt.decode(shop.jwt(), options={"verify_signature": False}), stranger.private_key, "RS256"
    )
    assert shop.as_app("GET", "/app", forged).status_code == 401


def test_a_token_is_of_the_long_form_and_ends_after_an_hour_or_when_revoked(shop: Shop) -> None:
    token, second = shop.token(), shop.token()
    assert re.fullmatch(rf"ghs_{shop.app.id}_[A-Za-z0-9._-]{{480,}}", token)
    assert shop.call("GET", "/repos/mona/shop", token).status_code == 200
    assert shop.call("DELETE", "/installation/token", second).status_code == 204
    assert shop.call("GET", "/repos/mona/shop", second).status_code == 401
    shop.clock.time += timedelta(hours=1)
    assert shop.call("GET", "/repos/mona/shop", token).status_code == 401


def test_a_narrowed_token_does_only_what_it_was_narrowed_to(shop: Shop) -> None:
    reader = shop.token(repository_ids=[shop.repo.id], permissions={"issues": "read"})
    assert shop.call("GET", "/repos/mona/shop/issues", reader).status_code == 200
    refused = shop.call("POST", "/repos/mona/shop/issues", reader, json={"title": "No"})
    assert refused.status_code == 403
    assert refused.json()["message"] == "Resource not accessible by integration"
    assert refused.headers["x-accepted-github-permissions"] == "issues=write"
    assert not shop.repo.issues


@pytest.mark.parametrize("wanted", [{"permissions": {"administration": "read"}}, {"repositories": ["other"]}])
def test_a_token_for_more_than_the_installation_has_is_refused(shop: Shop, wanted: dict[str, Any]) -> None:
    path = f"/app/installations/{shop.installation.id}/access_tokens"
    assert shop.as_app("POST", path, json=wanted).status_code == 422


def test_a_repository_outside_the_installation_is_not_there(shop: Shop) -> None:
    assert shop.call("GET", "/repos/mona/other").status_code == 404
    shop.mona.adds_to(shop.installation, shop.other)
    assert shop.call("GET", "/repos/mona/other").status_code == 200
    listed = shop.call("GET", "/installation/repositories", params={"per_page": 1})
    assert listed.json()["total_count"] == 2 and len(listed.json()["repositories"]) == 1
    assert 'rel="next"' in listed.headers["Link"]


def test_a_suspended_installation_gets_nothing(shop: Shop) -> None:
    token = shop.token()
    shop.mona.suspends(shop.installation)
    assert shop.call("GET", "/repos/mona/shop", token).status_code == 403
    assert shop.last("installation")["action"] == "suspend"


# -- the contract


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "what"),
    [
        ("POST", "/repos/mona/shop/issues", {"json": {"title": "A", "colour": "red"}}, 422, "colour"),
        ("POST", "/repos/mona/shop/issues", {"json": {"title": "A", "body": 1}}, 422, "body: 1 is not"),
        ("POST", "/repos/mona/shop/issues", {"json": {"body": "A"}}, 422, "'title' is a required"),
        ("POST", "/repos/mona/shop/issues", {"content": b"{"}, 400, "not JSON"),
        ("GET", "/repos/mona/shop/issues", {"params": {"state": "shut"}}, 422, "'shut' is not one of"),
        ("GET", "/repos/mona/shop/issues", {"params": {"limit": 5}}, 422, "unknown query name limit"),
        ("GET", "/repos/mona/shop/isues", {}, 404, "no such operation"),
        ("PUT", "/repos/mona/shop/issues/1/labels", {"json": {"labels": []}}, 422, "not valid under any"),
        ("GET", "/repos/mona/shop/git/trees/main", {}, 501, "does not have this operation yet"),
        ("GET", "/mona/shop/nothing/here", {}, 404, "no such operation"),
    ],
)
def test_a_request_outside_the_contract_is_refused_and_noted(
    shop: Shop, method: str, path: str, sent: dict[str, Any], status: int, what: str
) -> None:
    url = shop.fake.server_url + path if path.startswith("/mona") else path
    assert shop.call(method, url, **sent).status_code == status
    noted, shop.fake.violations[:] = [str(one) for one in shop.fake.violations], []
    assert len(noted) == 1 and what in noted[0], noted


# -- issues


def test_an_issue_of_the_app_is_marked_as_such_and_echoed(shop: Shop) -> None:
    made = shop.call("POST", "/repos/mona/shop/issues", json={"title": "Slow", "labels": ["askfirst"]})
    assert made.status_code == 201
    assert made.json()["user"] == made.json()["user"] | {"login": "askfirst[bot]", "type": "Bot"}
    echo = [json.loads(body) for event, _, body in shop.received if event == "issues"]
    assert [one["action"] for one in echo] == ["opened", "labeled"]
    assert echo[0]["sender"]["login"] == "askfirst[bot]"
    assert echo[0]["issue"]["performed_via_github_app"]["id"] == shop.app.id
    assert shop.repo.issues[1].labels[0].color == "ededed"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"title": "x" * 257}, ("title", "custom")),
        ({"title": "A", "body": "x" * 65_537}, ("body", "custom")),
        ({"title": "  "}, ("title", "missing_field")),
    ],
)
def test_an_issue_too_long_or_without_title_is_refused(
    shop: Shop, body: dict[str, str], problem: tuple[str, str]
) -> None:
    assert problems(shop.call("POST", "/repos/mona/shop/issues", json=body)) == [problem]
    assert not shop.repo.issues


def test_closing_says_why_and_reopening_takes_it_back(shop: Shop) -> None:
    issue = shop.mona.opens_issue(shop.repo, "Broken")
    url = "/repos/mona/shop/issues/1"
    closed = shop.call("PATCH", url, json={"state": "closed", "state_reason": "not_planned"}).json()
    assert (closed["state"], closed["state_reason"]) == ("closed", "not_planned")
    assert shop.last("issues")["action"] == "closed"
    shop.mona.reopens(issue)
    assert shop.call("GET", url).json()["state_reason"] == "reopened"
    before = len(shop.received)
    shop.call("PATCH", url, json={"title": "Broken", "state": "open"})
    assert len(shop.received) == before, "a change of nothing tells nobody"


def test_lists_are_filtered_sorted_and_paged(shop: Shop) -> None:
    for number in range(5):
        shop.clock.time += timedelta(minutes=1)
        shop.mona.opens_issue(shop.repo, f"Issue {number}", label_names=["odd"] if number % 2 else [])
    shop.mona.closes_issue(shop.repo.issues[1])
    token = shop.token()

    def numbers(**query: Any) -> list[int]:
        return [
            one["number"] for one in shop.call("GET", "/repos/mona/shop/issues", token, params=query).json()
        ]

    assert numbers() == [5, 4, 3, 2]
    assert numbers(state="all", direction="asc", per_page=2, page=2) == [3, 4]
    assert numbers(labels="odd") == [4, 2]
    assert numbers(state="all", since="2026-03-01T12:05:00Z") == [5, 1]
    assert numbers(creator="guest") == []
    first = shop.call("GET", "/repos/mona/shop/issues", token, params={"per_page": 3})
    following = re.search(r'<([^>]+)>; rel="next"', first.headers["Link"])
    assert following and f"/repositories/{shop.repo.id}/issues" in following[1]
    assert [one["number"] for one in shop.call("GET", following[1], token).json()] == [2]


def test_disabled_archived_deleted_transferred(shop: Shop) -> None:
    one, two = shop.mona.opens_issue(shop.repo, "One"), shop.mona.opens_issue(shop.repo, "Two")
    shop.mona.deletes_issue(one)
    assert shop.call("GET", "/repos/mona/shop/issues/1").status_code == 410
    moved = shop.mona.transfers(two, shop.other)
    answer = shop.call("GET", "/repos/mona/shop/issues/2")
    assert answer.status_code == 301
    assert answer.headers["Location"].endswith(f"/repositories/{shop.other.id}/issues/{moved.number}")
    assert shop.last("issues")["changes"]["new_issue"]["number"] == 1
    shop.repo.has_issues = False
    assert shop.call("POST", "/repos/mona/shop/issues", json={"title": "A"}).status_code == 410
    shop.repo.has_issues, shop.repo.archived = True, True
    assert shop.call("POST", "/repos/mona/shop/issues", json={"title": "A"}).status_code == 403


# -- comments, reactions, labels


def test_comments_are_made_edited_and_deleted(shop: Shop) -> None:
    shop.mona.opens_issue(shop.repo, "Broken")
    made = shop.call("POST", "/repos/mona/shop/issues/1/comments", json={"body": "Seen"}).json()
    url = f"/repos/mona/shop/issues/comments/{made['id']}"
    shop.call("PATCH", url, json={"body": "Seen again"})
    assert shop.last("issue_comment")["changes"] == {"body": {"from": "Seen"}}
    assert shop.call("GET", "/repos/mona/shop/issues/comments").json()[0]["body"] == "Seen again"
    assert shop.call("DELETE", url).status_code == 204
    assert shop.call("GET", url).status_code == 404


def test_a_locked_issue_takes_no_comment_of_the_app_or_of_a_guest(shop: Shop) -> None:
    issue = shop.mona.opens_issue(shop.repo, "Broken")
    assert shop.call("PUT", "/repos/mona/shop/issues/1/lock", json={"lock_reason": "spam"}).status_code == 204
    answer = shop.call("POST", "/repos/mona/shop/issues/1/comments", json={"body": "Hm"})
    assert (answer.status_code, answer.json()["message"]) == (
        403,
        "Unable to create comment because issue is locked.",
    )
    with pytest.raises(Refused):
        shop.guest.comments(issue, "Hm")
    shop.mona.comments(issue, "A maintainer may")


def test_an_issue_takes_2500_comments(shop: Shop) -> None:
    issue = shop.mona.opens_issue(shop.repo, "Busy")
    issue.comments = [shop.mona.comments(issue, "One")] * 2_500
    answer = shop.call("POST", "/repos/mona/shop/issues/1/comments", json={"body": "One more"})
    assert answer.status_code == 403 and "2500" in answer.json()["message"]


def test_a_reaction_is_there_once(shop: Shop) -> None:
    comment = shop.mona.comments(shop.mona.opens_issue(shop.repo, "Broken"), "/askfirst scan")
    url = f"/repos/mona/shop/issues/comments/{comment.id}/reactions"
    told = len(shop.received)
    assert [shop.call("POST", url, json={"content": "eyes"}).status_code for _ in range(2)] == [201, 200]
    (only,) = shop.call("GET", url).json()
    assert shop.call("DELETE", f"{url}/{only['id']}").status_code == 204
    assert not comment.reactions and len(shop.received) == told


def test_labels_have_a_colour_and_a_name_of_their_own(shop: Shop) -> None:
    url = "/repos/mona/shop/labels"
    assert problems(shop.call("POST", url, json={"name": "x", "color": "#ff0000"})) == [("color", "invalid")]
    assert (
        shop.call("POST", url, json={"name": "priority: high", "color": "FF0000"}).json()["color"] == "ff0000"
    )
    assert problems(shop.call("POST", url, json={"name": "Priority: High"})) == [("name", "already_exists")]
    assert shop.call("PATCH", f"{url}/priority%3A%20high", json={"new_name": "a/b"}).json()["name"] == "a/b"
    assert shop.call("GET", f"{url}/a%2Fb").status_code == 200


def test_who_may_not_label_is_not_heard_but_the_app_may(shop: Shop) -> None:
    issue = shop.guest.opens_issue(shop.repo, "Broken", label_names=["bug"])
    assert issue.labels == []
    added = shop.call("POST", "/repos/mona/shop/issues/1/labels", json={"labels": ["bug", "askfirst"]}).json()
    assert [label["name"] for label in added] == ["bug", "askfirst"]
    assert (
        shop.call("PUT", "/repos/mona/shop/issues/1/labels", json={"labels": ["askfirst"]}).status_code == 200
    )
    assert [label.name for label in issue.labels] == ["askfirst"]
    assert shop.call("DELETE", "/repos/mona/shop/issues/1/labels/bug").status_code == 404


# -- people and repositories


@pytest.mark.parametrize(
    ("role", "role_name", "permission"),
    [
        ("read", None, "read"),
        ("triage", None, "read"),
        ("write", None, "write"),
        ("maintain", None, "write"),
        ("admin", None, "admin"),
        ("write", "security", "write"),
    ],
)
def test_permission_tells_role_old_level_and_booleans(
    shop: Shop, role: str, role_name: str | None, permission: str
) -> None:
    shop.repo.add_collaborator(shop.guest, role, role_name)
    told = shop.call("GET", "/repos/mona/shop/collaborators/guest/permission").json()
    assert (told["permission"], told["role_name"]) == (permission, role_name or role)
    assert told["user"]["permissions"]["push"] is (role in ("write", "maintain", "admin"))
    assert told["user"]["permissions"]["triage"] is (role != "read")


def test_a_renamed_repository_redirects_by_its_id(shop: Shop) -> None:
    shop.mona.renames(shop.repo, "store")
    found = shop.call("GET", "/repos/mona/shop/issues?state=all")
    assert found.status_code == 301
    assert found.headers["Location"] == f"{shop.fake.api_url}/repositories/{shop.repo.id}/issues?state=all"
    assert shop.call("GET", found.headers["Location"]).status_code == 200
    made = shop.call("POST", "/repos/mona/shop/issues", json={"title": "A"})
    assert made.status_code == 307 and not shop.repo.issues
    assert shop.call("POST", made.headers["Location"], json={"title": "A"}).status_code == 201
    assert shop.last("repository")["changes"] == {"repository": {"name": {"from": "shop"}}}


def test_files_branches_and_commits_come_from_git(shop: Shop) -> None:
    head = shop.repo.commit({"a.py": "x = 2\n"}, "Two", branch="wip/two")
    branch = shop.call("GET", "/repos/mona/shop/branches/wip/two").json()
    assert branch["commit"]["sha"] == head
    assert shop.call("GET", f"/repos/mona/shop/commits/{head}").json()["commit"]["message"] == "Two"
    assert shop.call("GET", "/repos/mona/shop/commits/none").status_code == 422
    file = shop.call("GET", "/repos/mona/shop/contents/a.py", params={"ref": "wip/two"}).json()
    assert (file["encoding"], file["content"]) == ("base64", "eCA9IDIK\n")
    assert [one["path"] for one in shop.call("GET", "/repos/mona/shop/contents/lib").json()] == ["lib/b.py"]
    assert shop.call("GET", "/repos/mona/shop/contents/c.py").status_code == 404


def test_an_unchanged_answer_is_304_and_free(shop: Shop) -> None:
    shop.fake.limited = True
    token = shop.token()
    first = shop.call("GET", "/repos/mona/shop", token)
    again = shop.call("GET", "/repos/mona/shop", token, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["x-ratelimit-remaining"] == first.headers["x-ratelimit-remaining"]
    shop.installation.rate_limit = 1
    spent = shop.call("GET", "/repos/mona/shop", token)
    assert (spent.status_code, spent.headers["x-ratelimit-remaining"]) == (403, "0")


def test_an_enterprise_server_tells_of_no_limits(shop: Shop) -> None:
    answer = shop.call("GET", "/repos/mona/shop")
    assert not [name for name in answer.headers if name.startswith("x-ratelimit")]
    assert shop.call("GET", "/rate_limit").status_code == 404


def test_who_asks_too_much_is_refused(shop: Shop) -> None:
    shop.fake.limited = True

    def asked(kind: str, times: int, every: float) -> int:
        """How many of so many such requests are answered."""
        answered = 0
        for _ in range(times):
            shop.clock.time += timedelta(seconds=every)
            try:
                shop.fake.spend(shop.installation, kind)
                answered += 1
            except Refused:
                pass
        return answered

    assert asked("write", 10, 0.5) == 5, "a second between writes"
    assert asked("read", 900, 0.0) == 875, "900 points a minute, of which a write takes 5"
    shop.clock.time += timedelta(minutes=1)
    assert asked("creation", 600, 1.0) == 500, "500 an hour"
    assert shop.call("POST", "/repos/mona/shop/issues", json={"title": "A"}).status_code == 403


# -- webhooks


def test_every_event_is_signed_and_has_the_keys_that_github_published(shop: Shop) -> None:
    people, repo = (shop.mona, shop.guest), shop.repo
    issue = people[1].opens_issue(repo, "Broken", "It is")
    shop.mona.edits_issue(issue, title="Really broken")
    shop.mona.labels(issue, "bug")
    shop.mona.unlabels(issue, "bug")
    shop.mona.locks(issue)
    shop.mona.unlocks(issue)
    shop.mona.closes_issue(issue)
    shop.mona.reopens(issue)
    comment = shop.mona.comments(issue, "Seen")
    shop.mona.edits_comment(comment, "Seen it")
    shop.mona.deletes_comment(comment)
    shop.mona.deletes_issue(issue)
    shop.mona.pushes(repo, {"a.py": "x = 3\n"}, "Three")
    shop.mona.adds_to(shop.installation, shop.other)
    shop.mona.uninstalls(shop.installation)
    for event, headers, body in shop.received:
        expected = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        assert headers["X-Hub-Signature-256"] == expected and headers["X-GitHub-Event"] == event
        assert headers["User-Agent"].startswith("GitHub-Hookshot/")
        payload = json.loads(body)
        published = [
            one for one in EXAMPLES[event] if one.get("action") == payload.get("action")
        ] or EXAMPLES[event]
        sets = [
            set(one) - {"organization", "requester"}
            for one in published
            if not one.get("changes", {}).get("old_issue")
        ]
        if event != "ping":
            assert any(keys <= payload.keys() for keys in sets), (
                event,
                payload["sender"]["login"],
                payload.keys(),
            )
    told = {(event, json.loads(body).get("action")) for event, _, body in shop.received}
    assert {
        ("push", None),
        ("issues", "deleted"),
        ("issue_comment", "edited"),
        ("installation", "deleted"),
    } <= told
    assert shop.last("issues")["installation"]["id"] == shop.installation.id


def test_webhooks_are_held_reordered_doubled_and_redelivered(shop: Shop) -> None:
    shop.received.clear()
    shop.fake.webhooks.hold()
    shop.fake.webhooks.copies = 2
    issue = shop.mona.opens_issue(shop.repo, "Broken")
    shop.mona.closes_issue(issue)
    assert shop.received == []
    shop.fake.webhooks.held.reverse()
    shop.fake.webhooks.release()
    assert [json.loads(body)["action"] for _, _, body in shop.received] == [
        "closed",
        "closed",
        "opened",
        "opened",
    ]
    assert len({headers["X-GitHub-Delivery"] for _, headers, _ in shop.received}) == 2
    newest = shop.as_app("GET", "/app/hook/deliveries", params={"per_page": 1}).json()[0]
    assert (newest["event"], newest["status_code"]) == ("issues", 202)
    assert shop.as_app("POST", f"/app/hook/deliveries/{newest['id']}/attempts").status_code == 202
    assert shop.received[-1] == shop.received[0]
    assert shop.as_app("GET", "/app/hook/deliveries").json()[0]["redelivery"] is True


def test_webhooks_go_into_a_flask_app_which_may_call_back(shop: Shop) -> None:
    bot = flask.Flask("bot")

    @bot.post("/webhooks/github")
    def receive() -> tuple[str, int]:
        if flask.request.json["action"] == "opened":
            shop.call(
                "POST", "/repos/mona/shop/issues/1/comments", json={"body": "Thanks"}
            ).raise_for_status()
        return "", 202

    shop.app.deliver = into_app(bot)
    issue = shop.mona.opens_issue(shop.repo, "Broken")
    assert [comment.body for comment in issue.comments] == ["Thanks"]
    assert [delivery.status for delivery in shop.fake.deliveries[-2:]] == [202, 202]


def test_an_app_hears_only_what_it_subscribed_to_and_may_read(shop: Shop) -> None:
    shop.received.clear()
    shop.mona.opens_issue(shop.other, "Not installed here")
    shop.mona.creates_label(shop.repo, "not-subscribed")
    shop.installation.permissions = {"metadata": "read"}
    shop.mona.opens_issue(shop.repo, "Not readable")
    assert shop.received == []


# -- faults


def test_a_failure_after_acting_leaves_the_caller_in_the_dark(shop: Shop) -> None:
    token, path = shop.token(), "/repos/mona/shop/issues"
    shop.fake.fail("POST", "/repos/*/issues", when="after", status=502)
    shop.fake.fail("POST", "/repos/*/issues", when="before", status=403, headers={"Retry-After": "60"})
    assert shop.call("POST", path, token, json={"title": "A"}).status_code == 502
    assert len(shop.repo.issues) == 1
    limited = shop.call("POST", path, token, json={"title": "A"})
    assert (limited.status_code, limited.headers["Retry-After"]) == (403, "60")
    assert len(shop.repo.issues) == 1
    shop.fake.fail("POST", "/repos/*/issues", when="after", drop_connection=True)
    with pytest.raises(httpx.TransportError):
        shop.call("POST", path, token, json={"title": "B"})
    assert len(shop.repo.issues) == 2
    assert shop.fake.count("POST", path) == 3 and shop.fake.count("POST", path, status=502) == 1


# -- over HTTP


def git(*arguments: str, token: str | None = None) -> subprocess.CompletedProcess[str]:
    secret = f"!f() {{ echo username=x-access-token; echo password={token}; }}; f"
    command = [
        "git",
        "-c",
        f"credential.helper={secret if token else ''}",
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@b",
    ]
    environment = {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
        "HOME": "/nonexistent",
        "PATH": "/usr/bin:/bin",
    }
    return subprocess.run(
        [*command, *arguments], env=environment, capture_output=True, text=True, check=False
    )


def test_git_clones_and_pushes_with_a_token(shop: Shop, tmp_path: Path) -> None:
    server = serve(shop.fake)
    try:
        shop.repo.private = shop.other.private = True
        url, clone = f"{server.url}/mona/shop.git", str(tmp_path / "clone")
        assert git("clone", url, clone).returncode != 0
        assert (
            git("clone", f"{server.url}/mona/other.git", str(tmp_path / "o"), token=shop.token()).returncode
            != 0
        )
        reader = shop.token(permissions={"contents": "read"})
        cloned = git("clone", url, clone, token=reader)
        assert cloned.returncode == 0, cloned.stderr
        (tmp_path / "clone/new.bin").write_bytes(os.urandom(2_000_000))  # too large for one unchunked request
        git("-C", clone, "add", ".")
        git("-C", clone, "commit", "-m", "New")
        refused = git("-C", clone, "push", "origin", "HEAD:refs/heads/askfirst/1", token=reader)
        assert "Write access to repository not granted" in refused.stderr
        pushed = git("-C", clone, "push", "origin", "HEAD:refs/heads/askfirst/1", token=shop.token())
        assert pushed.returncode == 0, pushed.stderr
    finally:
        server.stop()
    event = shop.last("push")
    assert (event["ref"], event["created"]) == ("refs/heads/askfirst/1", True)
    assert [(commit["message"], commit["added"]) for commit in event["commits"]] == [("New", ["new.bin"])]
    assert event["sender"]["login"] == "askfirst[bot]"


def test_a_dropped_connection_is_seen_by_a_real_client(shop: Shop) -> None:
    server = serve(shop.fake)
    try:
        shop.fake.fail("POST", "/repos/*/issues", when="after", drop_connection=True)
        headers = {"Authorization": f"Bearer {shop.token()}"}
        with pytest.raises(httpx.TransportError):
            httpx.post(f"{server.url}/repos/mona/shop/issues", json={"title": "A"}, headers=headers)
        assert httpx.get(f"{server.url}/api/v3/repos/mona/shop/issues/1", headers=headers).status_code == 200
    finally:
        server.stop()


# -- pages


def test_pages_show_an_issue_escaped_and_let_people_act_by_their_rights(shop: Shop) -> None:
    page = shop.fake.app.test_client()
    shop.mona.opens_issue(
        shop.repo, "<b>Broken</b>", "**Bold** <script>alert(1)</script> <!-- mark -->\n\n- one"
    )
    shop.call("POST", "/repos/mona/shop/issues/1/comments", json={"body": "Seen"})
    text = page.get("/mona/shop/issues/1").text
    assert "&lt;b&gt;Broken" in text and "<script>" not in text and "mark" not in text
    assert '<span class="badge">bot</span>' in text and "guest (read)" in text
    done = page.post(
        "/mona/shop/issues/1", data={"person": "guest", "act": "comment", "body": "/askfirst help"}
    )
    assert done.status_code == 302 and shop.last("issue_comment")["sender"]["login"] == "guest"
    refused = page.post("/mona/shop/issues/1", data={"person": "guest", "act": "completed", "body": ""})
    assert refused.status_code == 403 and "Must have triage rights" in refused.text
    page.post("/mona/shop/issues/1", data={"person": "mona", "act": "not_planned", "body": "No"})
    assert shop.repo.issues[1].state_reason == "not_planned"
    assert "#1 by mona" in page.get("/mona/shop?state=closed").text
    assert "mona/shop" in page.get("/").text
    assert 'id="L1"' in page.get("/mona/shop/blob/main/lib/b.py").text
