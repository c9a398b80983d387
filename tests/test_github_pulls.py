"""Pull requests, reviews, threads and checks against the fake GitHub: one of each, whatever goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.github import marks
from bot.github.checks import ensure_check_run
from bot.github.client import App
from bot.github.errors import (
    Ambiguous,
    Forbidden,
    GitHubError,
    NotFound,
    RateLimited,
    Unavailable,
    Unprocessable,
    from_graphql,
)
from bot.github.pulls import ensure_pull_request, mark_ready, pull_request
from bot.github.recovery import Made
from bot.github.repo import Repo
from bot.github.reviews import LineComment, ensure_reply, ensure_review, resolve_thread
from tests.fakes.github import FakeGitHub, Person, Repository

SECRET = b"marks are signed with this"
START = datetime.now(UTC)
FILE = ".askfirst/as_1.md"
BRANCH = "askfirst/as_1"
PERMISSIONS = {"contents": "write", "pull_requests": "write", "issues": "write", "checks": "write"}
COMMENTS = [LineComment("sq_1", FILE, 1, "**Q1** …"), LineComment("sq_2", FILE, 3, "**Q2** …")]


@pytest.fixture
def fake(tmp_path: Path) -> FakeGitHub:
    return FakeGitHub(tmp_path)


@pytest.fixture
def mona(fake: FakeGitHub) -> Person:
    return fake.create_user("mona")


@pytest.fixture
def shop(fake: FakeGitHub, mona: Person) -> Repository:
    shop = fake.create_repository(mona, "shop", files={"app.py": "import os\n"})
    mona.pushes(shop, {FILE: "## Q1\n\n## Q2\n"}, "Ask", BRANCH)
    return shop


@pytest.fixture
def repo(fake: FakeGitHub, mona: Person, shop: Repository) -> Iterator[Repo]:
    app = fake.create_app()
    installation = fake.install(mona, [shop])
    with App(app.id, app.private_key, fake.api_url, httpx.WSGITransport(fake.app)) as ours:
        yield ours.installation(installation.id, shop.id, PERMISSIONS).repo(shop.full_name)
    assert fake.violations == []


def propose(repo: Repo, **changes: Any) -> Made:
    known: dict[str, Any] = {
        "local_id": "as_1", "number": None, "recover_since": None, "head": BRANCH, "base": "main",
        "title": "Questions", "body": "Please answer.",
    }  # fmt: skip
    return ensure_pull_request(repo, secret=SECRET, **(known | changes))


def ask(repo: Repo, pull: Made, **changes: Any) -> dict[str, tuple[int, str]]:
    head = pull_request(repo, pull.number)["head"]["sha"]
    known: dict[str, Any] = {
        "local_id": "as_1", "pull_number": pull.number, "recover_since": None, "commit": head,
        "body": "I have 2 questions.", "comments": COMMENTS,
    }  # fmt: skip
    return ensure_review(repo, secret=SECRET, **(known | changes))


def answer(repo: Repo, pull: Made, comment_id: int, **changes: Any) -> Made:
    known: dict[str, Any] = {
        "local_id": "say_1", "pull_number": pull.number, "comment_id": comment_id, "recover_since": None,
        "body": "What instead?",
    }  # fmt: skip
    return ensure_reply(repo, secret=SECRET, **(known | changes))


def check(repo: Repo, head: str, **changes: Any) -> Made:
    known: dict[str, Any] = {
        "external_id": "as_1", "name": "askfirst / questions", "check_run_id": None, "recover_since": None,
        "conclusion": "action_required", "title": "2 questions wait", "summary": "Open: Q1, Q2.",
    }  # fmt: skip
    return ensure_check_run(repo, head_sha=head, **(known | changes))


def writes(fake: FakeGitHub) -> int:
    return sum(r.method != "GET" and "/repos/" in r.path for r in fake.requests)


def test_a_draft_pull_request_with_its_mark(shop: Repository, repo: Repo) -> None:
    made = propose(repo)
    pull = shop.pulls[made.number]
    assert (pull.title, pull.head_ref, pull.base_ref, pull.draft) == ("Questions", BRANCH, "main", True)
    assert (pull.body or "").startswith("Please answer.\n\n<!-- askfirst:pull:as_1:")
    assert marks.find(pull.body, kind="pull", repository_id=shop.id, secret=SECRET) == "as_1"
    assert made.url == f"http://github.test/mona/shop/pull/{made.number}"


def test_the_pull_request_is_written_to_only_when_its_text_differs(
    fake: FakeGitHub, mona: Person, shop: Repository, repo: Repo
) -> None:
    made = propose(repo)
    mona.edits_pull_request(shop.pulls[1], body=(shop.pulls[1].body or "").replace("\n", "\r\n") + "\r\n")
    before = writes(fake)
    propose(repo, number=made.number)
    assert writes(fake) == before
    propose(repo, number=made.number, title="Answered", body="All is said.")
    assert writes(fake) == before + 1
    assert (shop.pulls[1].title, (shop.pulls[1].body or "").partition("\n")[0]) == (
        "Answered",
        "All is said.",
    )


def test_where_drafts_are_refused_it_is_a_plain_one(shop: Repository, repo: Repo) -> None:
    shop.takes_drafts = False
    assert not shop.pulls[propose(repo).number].draft


def test_a_refusal_for_another_reason_is_an_error(mona: Person, shop: Repository, repo: Repo) -> None:
    mona.opens_pull_request(shop, BRANCH)
    with pytest.raises(Unprocessable, match="already exists"):
        propose(repo)


@pytest.mark.parametrize("fault", [{"status": 502}, {"drop_connection": True}])
def test_a_pull_request_made_before_the_answer_was_lost_is_found_again(
    fake: FakeGitHub, shop: Repository, repo: Repo, fault: dict[str, Any]
) -> None:
    fake.fail("POST", "/repos/mona/shop/pulls", when="after", **fault)
    with pytest.raises(Unavailable):
        propose(repo)
    made = propose(repo, recover_since=START, body="Newer words.")
    assert list(shop.pulls) == [made.number]
    assert fake.count("POST", "/repos/mona/shop/pulls") == 1
    assert (shop.pulls[made.number].body or "").startswith("Newer words.")


def test_a_copied_mark_on_somebodys_pull_request_is_not_taken_for_ours(
    mona: Person, shop: Repository, repo: Repo
) -> None:
    mona.opens_pull_request(shop, BRANCH, body=f"Look:\n\n{marks.mark('pull', 'as_1', shop.id, SECRET)}")
    with pytest.raises(Unprocessable, match="already exists"):
        propose(repo, recover_since=START)


def test_recovery_passes_over_a_branch_without_one_of_ours(shop: Repository, repo: Repo) -> None:
    assert propose(repo, recover_since=START).number == 1
    assert propose(repo, recover_since=START).number == 1


def test_a_draft_becomes_ready_once(fake: FakeGitHub, shop: Repository, repo: Repo) -> None:
    made = propose(repo)
    mark_ready(repo, made.node_id)
    mark_ready(repo, made.node_id)
    assert not shop.pulls[made.number].draft
    assert [d.payload["action"] for d in fake.deliveries if d.event == "pull_request"].count(
        "ready_for_review"
    ) == 1


def test_a_closed_draft_stays_as_it_is(mona: Person, shop: Repository, repo: Repo) -> None:
    made = propose(repo)
    mona.closes_pull_request(shop.pulls[made.number])
    mark_ready(repo, made.node_id)
    assert shop.pulls[made.number].draft


def test_an_unknown_pull_request_is_not_found(repo: Repo) -> None:
    with pytest.raises(NotFound):
        mark_ready(repo, "PR_nonsense")
    with pytest.raises(NotFound):
        pull_request(repo, 77)


def test_all_questions_come_in_one_review_with_a_thread_each(
    fake: FakeGitHub, shop: Repository, repo: Repo
) -> None:
    made = propose(repo)
    threads = ask(repo, made)
    pull = shop.pulls[made.number]
    assert [(t.original.path, t.original.line) for t in pull.threads] == [(FILE, 1), (FILE, 3)]
    assert threads == {
        local_id: (thread.top, f"{made.url}#discussion_r{thread.top}")
        for local_id, thread in zip(("sq_1", "sq_2"), pull.threads, strict=True)
    }
    assert [review.state for review in pull.reviews] == ["COMMENTED"]
    assert fake.count("POST", "*/reviews") == 1


def test_a_review_whose_answer_was_lost_is_found_again(
    fake: FakeGitHub, mona: Person, shop: Repository, repo: Repo
) -> None:
    made = propose(repo)
    mona.reviews(shop.pulls[1], body=f"Copied.\n\n{marks.mark('review', 'as_1', shop.id, SECRET)}")
    fake.fail("POST", "*/reviews", when="after")
    with pytest.raises(Unavailable):
        ask(repo, made)
    assert set(ask(repo, made, recover_since=START)) == {"sq_1", "sq_2"}
    assert fake.count("POST", "*/reviews") == 1
    assert len(shop.pulls[1].threads) == 2


def test_a_deleted_question_is_left_out(mona: Person, shop: Repository, repo: Repo) -> None:
    made = propose(repo)
    ask(repo, made)
    mona.deletes_review_comment(shop.pulls[1].threads[0].comments[0])
    assert set(ask(repo, made, recover_since=START)) == {"sq_2"}


def test_one_line_outside_the_diff_refuses_the_whole_review(shop: Repository, repo: Repo) -> None:
    made = propose(repo)
    with pytest.raises(Unprocessable, match="diff"):
        ask(repo, made, comments=[*COMMENTS, LineComment("sq_3", FILE, 99, "?")])
    assert shop.pulls[1].threads == []


def test_two_reviews_with_our_mark_need_a_person(repo: Repo) -> None:
    made = propose(repo)
    ask(repo, made)
    ask(repo, made)
    with pytest.raises(Ambiguous):
        ask(repo, made, recover_since=START)


def test_a_reply_stands_in_its_thread_once(
    fake: FakeGitHub, mona: Person, shop: Repository, repo: Repo
) -> None:
    made = propose(repo)
    top, _ = ask(repo, made)["sq_2"]
    thread = shop.pulls[1].threads[1]
    mona.replies(thread, f"no\n\n{marks.mark('reply', 'say_1', shop.id, SECRET)}")
    fake.fail("POST", "*/replies", when="after")
    with pytest.raises(Unavailable):
        answer(repo, made, top)
    reply = answer(repo, made, top, recover_since=START)
    assert [comment.id for comment in thread.comments] == [top, thread.comments[1].id, reply.number]
    assert thread.comments[2].body.startswith("What instead?")
    assert answer(repo, made, top, local_id="say_2", recover_since=START).number != reply.number


def test_a_thread_is_resolved_once(fake: FakeGitHub, mona: Person, shop: Repository, repo: Repo) -> None:
    made = propose(repo)
    top, _ = ask(repo, made)["sq_2"]
    resolve_thread(repo, made.number, top)
    resolve_thread(repo, made.number, top)
    first, second = shop.pulls[1].threads
    assert first.resolved_by is None
    assert second.resolved_by is not None
    assert second.resolved_by.login == "askfirst[bot]"
    assert sum(d.event == "pull_request_review_thread" for d in fake.deliveries) <= 1
    resolve_thread(repo, made.number, 1)


def test_a_thread_is_found_behind_a_hundred_others(shop: Repository, repo: Repo) -> None:
    made = propose(repo)
    many = [LineComment(f"sq_{n}", FILE, 1, f"Q{n}") for n in range(101)]
    top, _ = ask(repo, made, comments=many)["sq_100"]
    resolve_thread(repo, made.number, top)
    assert [thread.top for thread in shop.pulls[1].threads if thread.resolved_by] == [top]


def test_a_check_run_is_made_once_and_follows(fake: FakeGitHub, shop: Repository, repo: Repo) -> None:
    head = shop.git.refs()[f"refs/heads/{BRANCH}"]
    fake.fail("POST", "*/check-runs", when="after")
    with pytest.raises(Unavailable):
        check(repo, head)
    check(repo, head, external_id="as_2")
    made = check(repo, head, recover_since=START)
    assert made.number == shop.checks[0].id
    assert len(shop.checks) == 2
    check(repo, head, check_run_id=made.number, conclusion="success", title="All answered", summary="Done.")
    there = shop.checks[0]
    assert (there.conclusion, there.output["title"], there.external_id) == ("success", "All answered", "as_1")
    assert made.url.endswith(f"/runs/{made.number}")


def test_a_check_run_without_a_conclusion_is_at_work(shop: Repository, repo: Repo) -> None:
    head = shop.git.refs()[f"refs/heads/{BRANCH}"]
    made = check(
        repo, head, conclusion=None, name="askfirst / chain", details_url="https://askfirst.example/"
    )
    there = shop.checks[0]
    assert (there.status, there.conclusion, there.details_url) == (
        "in_progress",
        None,
        "https://askfirst.example/",
    )
    check(repo, head, check_run_id=made.number, conclusion="failure")
    assert (there.status, there.conclusion) == ("completed", "failure")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"type": "NOT_FOUND", "message": "Could not resolve to a node"}, NotFound),
        ({"type": "FORBIDDEN", "message": "Resource not accessible by integration"}, Forbidden),
        ({"type": "INSUFFICIENT_SCOPES", "message": "…"}, Forbidden),
        ({"type": "UNPROCESSABLE", "message": "Pull request is closed"}, Unprocessable),
        ({"type": "RATE_LIMITED", "message": "API rate limit exceeded"}, RateLimited),
        ({"type": "SERVICE_UNAVAILABLE", "message": "…"}, Unavailable),
        ({"message": "Something went wrong while executing your query."}, Unavailable),
        ({"message": "Field 'x' doesn't exist on type 'Query'"}, GitHubError),
        ("nonsense", GitHubError),
    ],
)
def test_errors_of_graphql_are_the_same_types(error: Any, kind: type[GitHubError]) -> None:
    raised = from_graphql([error], {})
    assert type(raised) is kind
    if isinstance(error, dict):
        assert raised.message == error["message"]


@pytest.mark.parametrize(
    ("api_url", "graphql"),
    [
        ("https://api.github.com", "https://api.github.com/graphql"),
        ("https://ghes.example/api/v3", "https://ghes.example/api/graphql"),
        ("https://ghes.example/api/v3/", "https://ghes.example/api/graphql"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000/graphql"),
    ],
)
def test_graphql_is_asked_beside_rest_on_enterprise_server(api_url: str, graphql: str) -> None:
    with App(1, "", api_url) as app:
        assert app.graphql_url == graphql


def test_graphql_out_of_order_is_unavailable(fake: FakeGitHub, repo: Repo) -> None:
    fake.fail("POST", "/graphql", status=502)
    with pytest.raises(Unavailable):
        mark_ready(repo, "PR_1")
