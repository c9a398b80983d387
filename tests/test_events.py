"""The events we read, against GitHub's own published examples."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.webhooks.events import (
    EVENTS,
    End,
    HeadRepository,
    InstallationEvent,
    InstallationRepositoriesEvent,
    IssueCommentEvent,
    IssuesEvent,
    PullRequestReviewCommentEvent,
    PushEvent,
    ShortPullRequest,
    User,
    parse,
)

EXAMPLES: dict[str, list[dict[str, Any]]] = json.loads(
    gzip.decompress((Path(__file__).parent / "contract" / "webhook_examples.json.gz").read_bytes())
)
OURS = [(name, payload) for name in EVENTS for payload in EXAMPLES.get(name, [])]


@pytest.mark.parametrize(("name", "payload"), OURS)
def test_every_published_example_is_read(name: str, payload: dict[str, Any]) -> None:
    event = parse(name, payload)
    assert event is not None
    assert event.action == payload.get("action", "")
    assert event.sender is not None
    assert event.sender.login == payload["sender"]["login"]


def test_every_event_that_we_read_but_one_has_published_examples() -> None:
    assert set(EVENTS) - {name for name, _ in OURS} == {"installation_target"}


@pytest.mark.parametrize(
    ("login", "type", "bot"),
    [
        ("mona", "User", False),
        ("askfirst[bot]", "Bot", True),
        ("machine", "Bot", True),
        ("old[bot]", "User", True),
    ],
)
def test_who_is_a_bot(login: str, type: str, bot: bool) -> None:
    assert User(id=1, login=login, type=type).is_bot is bot


@pytest.mark.parametrize(
    ("head", "base", "fork"),
    [(1, 1, False), (2, 1, True), (None, 1, True), (1, None, True), (None, None, True)],
)
def test_what_comes_from_a_fork(head: int | None, base: int | None, fork: bool) -> None:
    ends = {
        name: End(ref="x", sha="c", repo=HeadRepository(id=number) if number else None)
        for name, number in (("head", head), ("base", base))
    }
    pull = ShortPullRequest(id=1, node_id="n", number=1, html_url="https://github.test/1", **ends)
    assert pull.from_fork is fork


@pytest.mark.parametrize(("ref", "branch"), [("refs/heads/fix/it", "fix/it"), ("refs/tags/v1", None)])
def test_which_branch_was_pushed(ref: str, branch: str | None) -> None:
    event = parse("push", EXAMPLES["push"][0] | {"ref": ref})
    assert isinstance(event, PushEvent)
    assert event.branch == branch


@pytest.mark.parametrize(("answers", "thread"), [(None, 900), (7, 7)])
def test_which_thread_a_comment_is_in(answers: int | None, thread: int) -> None:
    payload = json.loads(json.dumps(EXAMPLES["pull_request_review_comment"][0]))
    payload["comment"] |= {"id": 900, "in_reply_to_id": answers}
    event = parse("pull_request_review_comment", payload)
    assert isinstance(event, PullRequestReviewCommentEvent)
    assert event.comment.thread_id == thread


def test_the_fields_of_an_issue() -> None:
    payload = next(p for p in EXAMPLES["issues"] if p["action"] == "opened" and p["issue"]["body"] is None)
    event = parse("issues", payload)
    assert isinstance(event, IssuesEvent)
    assert event.issue.body is None
    assert event.issue.state == "open"
    assert event.issue.labels[0].name == "bug"
    assert event.issue.updated_at.tzinfo is not None
    assert event.repository.full_name == "Codertocat/Hello-World"
    assert event.repository.owner.login == "Codertocat"


def test_a_comment_on_a_pull_request_by_an_app_says_so() -> None:
    payload = json.loads(json.dumps(EXAMPLES["issue_comment"][0]))
    payload["issue"]["pull_request"] = {"url": "https://api.github.com/repos/o/r/pulls/1"}
    payload["comment"]["performed_via_github_app"] = {"id": 77, "slug": "askfirst"}
    payload["sender"] |= {"login": "askfirst[bot]", "type": "Bot"}
    event = parse("issue_comment", payload)
    assert isinstance(event, IssueCommentEvent)
    assert event.issue.pull_request is not None
    assert event.comment.performed_via_github_app is not None
    assert event.comment.performed_via_github_app.id == 77
    assert event.sender is not None
    assert event.sender.is_bot


def test_what_an_edit_and_a_transfer_changed() -> None:
    payload = json.loads(json.dumps(EXAMPLES["issues"][0]))
    payload["changes"] = {"title": {"from": "Before"}, "new_issue": payload["issue"]}
    event = parse("issues", payload)
    assert isinstance(event, IssuesEvent)
    assert event.changes is not None
    assert event.changes.title is not None
    assert event.changes.title.source == "Before"
    assert event.changes.new_issue == event.issue


def test_installations_name_their_repositories() -> None:
    payload = EXAMPLES["installation"][0] | {"action": "suspend"}
    payload["installation"] |= {"suspended_at": "2026-03-01T12:00:00Z"}
    event = parse("installation", payload)
    assert isinstance(event, InstallationEvent)
    assert event.installation.suspended_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert [r.full_name for r in event.repositories] == ["octocat/Hello-World"]
    added = parse("installation_repositories", EXAMPLES["installation_repositories"][0])
    assert isinstance(added, InstallationRepositoriesEvent)
    assert [r.full_name for r in added.repositories_added] == ["Codertocat/Space"]
    assert added.installation.account.login == "Codertocat"


@pytest.mark.parametrize("name", ["star", "sub_issues", "", "no-such-event"])
def test_events_that_we_do_not_read_are_none(name: str) -> None:
    assert parse(name, {"whatever": 1}) is None


@pytest.mark.parametrize("payload", [{}, [], None, {"action": "opened", "issue": {"number": "x"}}])
def test_a_payload_that_is_not_the_event_is_a_value_error(payload: Any) -> None:
    with pytest.raises(ValueError, match="validation error"):
        parse("issues", payload)
