"""Every request that the bot can make is made here once, of a GitHub that takes only what its contract allows."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.github import branches, checks, files, hooks, manifest, mirror, people, pulls, reactions, reviews
from bot.github.client import App
from bot.github.issuetext import IssueContent
from bot.github.oauth import SignIns
from bot.github.repo import Repo
from tests.fakes.github import Issue
from tests.fakes.github.acts import manifests, signing_in
from tests.house import House

ROOT = Path(__file__).parent.parent
BY = {"request", "pages", "graphql"}
CLIENT = {"repo.py", "client.py", "oauth.py"}  # through which all go
EARLIER = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = b"marks are signed with this"
CONTENT = IssueContent("Flaw", "It is one.", "high", "http://github.test/mona/shop", "http://askfirst.test")

Place = tuple[str, int]


def places() -> set[Place]:
    """Where the bot asks GitHub for something."""
    return {
        (str(file.relative_to(ROOT)), node.lineno)
        for folder in ("bot/github", "bot/jobs")
        for file in sorted((ROOT / folder).rglob("*.py"))
        if file.name not in CLIENT
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in BY
    }


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> set[Place]:
    """Where GitHub was asked for something."""
    found: set[Place] = set()

    def noted(call: Callable[..., Any]) -> Callable[..., Any]:
        def note(*args: Any, **values: Any) -> Any:
            caller = sys._getframe(1)
            found.add((os.path.relpath(caller.f_code.co_filename, ROOT), caller.f_lineno))
            return call(*args, **values)

        return note

    for kind, name in [*((Repo, name) for name in BY), (App, "request"), (httpx.Client, "request")]:
        monkeypatch.setattr(kind, name, noted(getattr(kind, name)))
    return found


@pytest.fixture
def repo(house: House) -> Iterator[Repo]:
    permissions = dict.fromkeys(("issues", "pull_requests", "contents", "checks"), "write")
    return house.runner.tools.repo(house.project, **permissions)


def issues(repo: Repo) -> None:
    told: dict[str, Any] = {"secret": SECRET, "local_id": "iss_1", "content": CONTENT}
    made = mirror.ensure_issue(repo, number=None, recover_since=EARLIER, **told)
    told["content"] = IssueContent(
        "Worse", "It is one.", "low", "http://github.test/mona/shop", "http://askfirst.test"
    )
    mirror.ensure_issue(repo, number=made.number, recover_since=None, **told)


def comments(repo: Repo) -> None:
    told: dict[str, Any] = {"secret": SECRET, "local_id": "say_1", "recover_since": EARLIER}
    made = mirror.ensure_comment(repo, issue_number=1, comment_id=None, body="One", **told)
    mirror.ensure_comment(repo, issue_number=1, comment_id=made.number, body="Two", **told)
    mirror.edit_comment(repo, secret=SECRET, local_id="say_1", comment_id=made.number, body="Three")
    reactions.ensure_reaction(repo, source=f"issue_comment:{made.number}", number=1, content="eyes")


def pull_requests(repo: Repo) -> None:
    told: dict[str, Any] = {"secret": SECRET, "local_id": "as_1", "head": "tidy", "base": "main", "body": "B"}
    pull = pulls.ensure_pull_request(repo, number=None, recover_since=EARLIER, title="One", **told)
    pulls.ensure_pull_request(repo, number=pull.number, recover_since=None, title="Two", **told)
    _, _, head = pulls.ground(repo, pull.number)
    lines = pulls.diff_lines(repo, pull.number)
    pulls.mark_ready(repo, pull.node_id)
    check(repo, str(head))
    review(repo, pull.number, str(head), [reviews.LineComment("sq_1", "b.py", lines["b.py"][0], "Q1")])


def check(repo: Repo, head: str) -> None:
    told: dict[str, Any] = {"name": "askfirst", "head_sha": head, "title": "T", "summary": "S"}
    told |= {"external_id": "q.1", "recover_since": EARLIER}
    made = checks.ensure_check_run(repo, check_run_id=None, conclusion=None, **told)
    checks.ensure_check_run(repo, check_run_id=made.number, conclusion="success", **told)


def review(repo: Repo, number: int, head: str, lines: list[reviews.LineComment]) -> None:
    told: dict[str, Any] = {"secret": SECRET, "pull_number": number, "recover_since": EARLIER}
    there = reviews.ensure_review(repo, local_id="as_1", commit=head, body="One", comments=lines, **told)
    thread = there["sq_1"][0]
    reviews.ensure_reply(repo, local_id="r_1", comment_id=thread, body="Done", **told)
    reviews.edit_review_comment(repo, secret=SECRET, local_id="sq_1", comment_id=thread, body="Q1, again")
    reviews.resolve_thread(repo, number, thread)
    posted = next(iter(repo.pages(f"/pulls/{number}/reviews")))
    reactions.ensure_reaction(repo, source=f"review:{posted['id']}", number=number, content="+1")


def as_the_app(house: House, app: App) -> None:
    assert [there["id"] for there in app.installations()] == [house.installation.id]
    assert app.find(house.installation.id)
    assert hooks.failed(app, EARLIER) == {}
    assert manifest.tried(app).slug == "askfirst"
    hooks.send_again(app, app.request("GET", "/app/hook/deliveries").data[0]["id"])


def as_a_person(house: House) -> None:
    """Mona signs in, and makes another App from a manifest."""
    sign_ins, url = SignIns(house.fake.server_url, house.fake.api_url), "http://askfirst.test"
    client = house.github.client_id, house.github.client_secret
    code = signing_in.agree(house.fake, house.github, house.mona.account, url, "")
    token = sign_ins.token(*client, code, "", url)
    assert sign_ins.person(token).login == "mona"
    assert sign_ins.access(token) == {house.repository.id: True}
    sign_ins.revoke(*client, token)
    described = {"url": url, "redirect_url": url, "hook_attributes": {"url": "http://127.0.0.1:1"}}
    mona = house.mona.account
    made = manifest.made_app(
        house.fake.api_url, manifests.make_app(house.fake, mona, mona, "Another", described)
    )
    assert made.slug == "another"


def acts_of_jobs(house: House, theirs: Issue) -> None:
    """A command about an issue of a person's, two edits in one second, after which a look is needed, and a pause."""
    house.mona.comments(theirs, "/askfirst dismiss")
    house.post("/issues/create", title="Flaw")
    house.settle()
    now = datetime.now(UTC)
    house.fake.clock = lambda: now
    for title in ("Flaws", "Some flaws"):
        house.mona.edits_issue(house.issues()[-1], title=title)
    house.settle()
    for act in ("pause", "resume"):
        house.post(f"/project/{act}")
    house.settle()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_request_is_in_githubs_contract_and_is_made(
    house: House, repo: Repo, asked: set[Place]
) -> None:
    theirs = house.mona.opens_issue(house.repository, "Slow start")
    house.mona.pushes(house.repository, {"b.py": "y = 1\n"}, "Tidy up", branch="tidy")
    for act in (issues, comments, pull_requests):
        act(repo)
    pulls.ground(repo, theirs.number)
    assert people.permission(repo, "mona") is people.Level.ADMIN
    assert branches.why_not(repo, "main") is None
    assert files.file_text(repo, "b.py") is None
    acts_of_jobs(house, theirs)
    as_the_app(house, repo.app)
    as_a_person(house)
    assert places() - asked == set(), "make these requests here too"
    assert list(repo.installation.repositories())
    for asked_for in (
        "GET /app",
        "POST /app/installations/*/access_tokens",
        "GET /installation/repositories",
        "GET /app/installations",
        "GET /app/installations/*",
        "GET /app/hook/deliveries",
        "POST /app/hook/deliveries/*/attempts",
        "GET /app/hook/config",
        "GET /user",
        "GET /user/installations",
        "GET /user/installations/*/repositories",
        "DELETE /applications/*/token",
        "POST /app-manifests/*/conversions",
    ):
        assert house.fake.count(*asked_for.split())
