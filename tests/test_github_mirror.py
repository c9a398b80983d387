"""The mirror against the fake GitHub: one issue for one issue, whatever goes wrong in between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.github import marks
from bot.github.client import App
from bot.github.errors import Ambiguous, Archived, Gone, Unavailable, Unprocessable, WithoutIssues
from bot.github.issuetext import IssueContent, Place, read_back
from bot.github.mirror import Made, ensure_comment, ensure_issue, ensure_labels
from bot.github.reactions import ensure_reaction
from bot.github.repo import Repo
from tests.fakes.github import FakeGitHub, Issue, Person, Repository

SECRET = b"marks are signed with this"
START = datetime.now(UTC)
CONTENT = IssueContent(
    title="Unused import in app.py",
    description="`os` is imported and never used.",
    priority="high",
    repository_url="http://github.test/mona/shop",
    rest_url="https://askfirst.example/api/v1/issues/get?id=iss_1",
    places=(Place("app.py", 1, 1, "c" * 40),),
    rule="ruff F401",
    suggested_prompt="Remove the import.",
)


@pytest.fixture
def fake(tmp_path: Path) -> FakeGitHub:
    return FakeGitHub(tmp_path)


@pytest.fixture
def mona(fake: FakeGitHub) -> Person:
    return fake.create_user("mona")


@pytest.fixture
def shop(fake: FakeGitHub, mona: Person) -> Repository:
    return fake.create_repository(mona, "shop", files={"app.py": "import os\n"})


@pytest.fixture
def repo(fake: FakeGitHub, mona: Person, shop: Repository) -> Iterator[Repo]:
    app = fake.create_app()
    installation = fake.install(mona, [shop])
    with App(app.id, app.private_key, fake.api_url, httpx.WSGITransport(fake.app)) as ours:
        yield ours.installation(installation.id, shop.id, {"issues": "write", "pull_requests": "write"}).repo(
            shop.full_name
        )
    assert fake.violations == []


def show(repo: Repo, content: IssueContent = CONTENT, **changes: Any) -> Made:
    known: dict[str, Any] = {"local_id": "iss_1", "number": None, "recover_since": None}
    return ensure_issue(repo, secret=SECRET, content=content, **(known | changes))


def say(repo: Repo, issue: Issue, body: str = "The scan is finished.", **changes: Any) -> Made:
    known: dict[str, Any] = {"local_id": "say_1", "comment_id": None, "recover_since": None}
    return ensure_comment(repo, secret=SECRET, issue_number=issue.number, body=body, **(known | changes))


def writes(fake: FakeGitHub) -> list[str]:
    return [f"{r.method} {r.path}" for r in fake.requests if r.method != "GET" and "/repos/" in r.path]


def names(issue: Issue) -> set[str]:
    return {label.name for label in issue.labels}


def test_a_new_issue_is_one_post_with_its_labels_and_mark(
    fake: FakeGitHub, shop: Repository, repo: Repo
) -> None:
    made = show(repo)
    issue = shop.issues[made.number]
    assert issue.title == CONTENT.title
    assert issue.body is not None
    assert read_back(issue.body) == CONTENT.description
    for fact in ("**Priority:** high", "`ruff F401`", f"/blob/{'c' * 40}/app.py#L1", "Remove the import."):
        assert fact in issue.body
    assert names(issue) == {"askfirst", "priority: high"}
    assert marks.find(issue.body, kind="issue", repository_id=shop.id, secret=SECRET) == "iss_1"
    assert made.url == "http://github.test/mona/shop/issues/1"
    assert made.updated_at == issue.updated_at.replace(microsecond=0)
    assert fake.count("POST", "/repos/mona/shop/issues") == 1


def test_labels_are_made_once_with_their_colours(fake: FakeGitHub, shop: Repository, repo: Repo) -> None:
    show(repo)
    show(repo, local_id="iss_2")
    assert {label.name: label.color for label in shop.labels} == {
        "askfirst": "5319e7",
        "priority: high": "d93f0b",
    }
    assert fake.count("POST", "/repos/mona/shop/labels") == 2


def test_a_label_that_somebody_made_in_between_is_taken_as_it_is(
    fake: FakeGitHub, mona: Person, shop: Repository, repo: Repo
) -> None:
    mona.creates_label(shop, "askfirst", "000000")
    fake.fail("GET", "*/labels/askfirst", status=404)
    ensure_labels(repo, ["askfirst"])
    assert [label.color for label in shop.labels] == ["000000"]


def test_a_label_that_is_refused_for_another_reason_is_an_error(fake: FakeGitHub, repo: Repo) -> None:
    fake.fail("POST", "*/labels", status=422)
    with pytest.raises(Unprocessable):
        ensure_labels(repo, ["askfirst"])


def test_nothing_changed_writes_nothing(fake: FakeGitHub, repo: Repo) -> None:
    made = show(repo)
    before = writes(fake)
    assert show(repo, number=made.number) == made
    assert writes(fake) == before


def test_line_ends_and_invisible_joiners_are_no_change(
    fake: FakeGitHub, mona: Person, shop: Repository, repo: Repo
) -> None:
    content = replace(CONTENT, description="Ask @lisa about #7.\n\nThen *do* it.", title="Mail @lisa  today")
    made = show(repo, content)
    issue = shop.issues[made.number]
    mona.edits_issue(issue, body=(issue.body or "").replace("\n", "\r\n").replace("\u2060", "") + "\r\n")
    before = writes(fake)
    show(repo, content, number=made.number)
    assert writes(fake) == before


def test_all_changes_go_in_one_patch(fake: FakeGitHub, shop: Repository, repo: Repo) -> None:
    made = show(repo)
    before = len(writes(fake))
    changed = replace(CONTENT, title="New", description="Other.", state="closed", state_reason="not_planned")
    show(repo, changed, number=made.number)
    issue = shop.issues[made.number]
    assert (issue.title, read_back(issue.body), issue.state, issue.state_reason) == (
        "New",
        "Other.",
        "closed",
        "not_planned",
    )
    assert writes(fake)[before:] == [f"PATCH /repos/mona/shop/issues/{made.number}"]
    show(repo, CONTENT, number=made.number)
    assert shop.issues[made.number].state == "open"


def test_what_people_wrote_above_the_facts_is_kept_to_the_letter(
    mona: Person, shop: Repository, repo: Repo
) -> None:
    made = show(repo)
    issue = shop.issues[made.number]
    theirs = "Please, @lisa, see #1.  \n<!-- my note -->"
    mona.edits_issue(issue, body=(issue.body or "").replace(CONTENT.description, theirs))
    show(repo, replace(CONTENT, description=read_back(issue.body), rule="ruff F811"), number=made.number)
    assert issue.body is not None
    assert issue.body.startswith(theirs.rstrip())
    assert "ruff F811" in issue.body


def test_only_what_changed_here_is_written(mona: Person, shop: Repository, repo: Repo) -> None:
    made = show(repo)
    issue = shop.issues[made.number]
    mona.edits_issue(issue, title="Theirs", body=(issue.body or "").replace(CONTENT.description, "Theirs."))
    mona.closes_issue(issue)
    mona.unlabels(issue, "priority: high")
    show(repo, replace(CONTENT, rule="ruff F811"), number=made.number, changed={"body"})
    assert (issue.title, read_back(issue.body), issue.state) == ("Theirs", "Theirs.", "closed")
    assert "ruff F811" in (issue.body or "")
    assert names(issue) == {"askfirst"}


def test_only_the_priority_label_is_ours(mona: Person, shop: Repository, repo: Repo) -> None:
    made = show(repo)
    issue = shop.issues[made.number]
    mona.creates_label(shop, "priority: soon")
    mona.creates_label(shop, "good first issue")
    mona.labels(issue, "good first issue", "priority: soon")
    mona.unlabels(issue, "askfirst")
    show(repo, replace(CONTENT, priority="low"), number=made.number)
    assert names(issue) == {"good first issue", "priority: soon", "priority: low"}


@pytest.mark.parametrize("fault", [{"status": 502}, {"drop_connection": True}])
def test_an_issue_made_before_the_answer_was_lost_is_found_again(
    fake: FakeGitHub, shop: Repository, repo: Repo, fault: dict[str, Any]
) -> None:
    fake.fail("POST", "/repos/mona/shop/issues", when="after", **fault)
    with pytest.raises(Unavailable) as caught:
        show(repo)
    assert caught.value.maybe_done
    made = show(repo, recover_since=START)
    assert list(shop.issues) == [made.number]
    assert fake.count("POST", "/repos/mona/shop/issues") == 1


def test_recovery_makes_the_issue_where_the_earlier_attempt_did_not(shop: Repository, repo: Repo) -> None:
    show(repo, local_id="iss_other")
    made = show(repo, recover_since=START)
    assert set(shop.issues) == {1, made.number} == {1, 2}


def test_a_forged_or_copied_mark_is_never_adopted(
    fake: FakeGitHub, mona: Person, shop: Repository, repo: Repo
) -> None:
    signed = marks.mark("issue", "iss_1", shop.id, SECRET)
    mona.opens_issue(shop, "Copied", f"Look:\n\n{signed}")
    forged = marks.mark("issue", "iss_1", shop.id, b"guessed")
    show(repo, replace(CONTENT, description=f"{signed}\n\n```\n{signed}\n```\n{forged}"), local_id="iss_2")
    assert show(repo, recover_since=START).number == 3


def test_two_issues_with_our_mark_need_a_person(mona: Person, shop: Repository, repo: Repo) -> None:
    show(repo)
    show(repo)
    with pytest.raises(Ambiguous, match="issues/2"):
        show(repo, recover_since=START)


def test_a_deleted_or_moved_issue_is_gone(
    fake: FakeGitHub, mona: Person, shop: Repository, repo: Repo
) -> None:
    first, second = show(repo), show(repo, local_id="iss_2")
    mona.deletes_issue(shop.issues[first.number])
    mona.transfers(shop.issues[second.number], fake.create_repository(mona, "other"))
    for made in (first, second):
        with pytest.raises(Gone):
            show(repo, number=made.number)


def test_a_renamed_repository_is_followed(mona: Person, shop: Repository, repo: Repo) -> None:
    made = show(repo)
    mona.renames(shop, "store")
    show(repo, replace(CONTENT, title="After the move"), number=made.number)
    assert shop.issues[made.number].title == "After the move"
    assert repo.full_name == "mona/store"


def test_an_archived_repository_takes_nothing(mona: Person, shop: Repository, repo: Repo) -> None:
    mona.archives(shop)
    with pytest.raises(Archived):
        show(repo)


def test_where_issues_are_disabled_there_is_none(shop: Repository, repo: Repo) -> None:
    shop.has_issues = False
    with pytest.raises(WithoutIssues):
        show(repo)


def test_a_very_long_issue_fits_and_reads_back_as_it_was(shop: Repository, repo: Repo) -> None:
    places = tuple(Place(f"src/{'é' * 200}/{n}.py", n, n + 2, "c" * 40) for n in range(1, 400))
    long = "@lisa #1 <b> " * 8_000
    content = replace(CONTENT, title="x @a " * 90, description=long, suggested_prompt=long, places=places)
    made = show(repo, content)
    issue = shop.issues[made.number]
    assert len(issue.title) <= 250
    assert len(issue.body or "") <= 60_000
    assert content.rest_url in (issue.body or "")
    assert read_back(issue.body, long) == long
    assert show(repo, content, number=made.number) == made


def test_a_comment_is_posted_once_and_edited_in_place(
    fake: FakeGitHub, mona: Person, shop: Repository, repo: Repo
) -> None:
    issue = mona.opens_issue(shop, "Hello")
    made = say(repo, issue)
    assert say(repo, issue, comment_id=made.number) == made
    say(repo, issue, "Better words.", comment_id=made.number)
    assert [comment.body.partition("\n")[0] for comment in issue.comments] == ["Better words."]
    assert fake.count("POST", "*/comments") == 1
    assert fake.count("PATCH", "*/issues/comments/*") == 1


def test_a_comment_whose_answer_was_lost_is_found_again(
    fake: FakeGitHub, mona: Person, shop: Repository, repo: Repo
) -> None:
    issue = mona.opens_issue(shop, "Hello")
    mona.comments(issue, marks.mark("comment", "say_1", shop.id, SECRET))
    fake.fail("POST", "*/comments", when="after")
    with pytest.raises(Unavailable):
        say(repo, issue)
    made = say(repo, issue, recover_since=START)
    assert made.number == issue.comments[1].id
    assert len(issue.comments) == 2
    assert say(repo, issue, local_id="say_2", recover_since=START).number != made.number


def test_reactions_may_be_given_twice_and_to_each_kind_of_text(
    mona: Person, shop: Repository, repo: Repo
) -> None:
    issue = mona.opens_issue(shop, "Hello")
    mona.pushes(shop, {"new.py": "x = 1\n"}, "New", "new")
    pull = mona.opens_pull_request(shop, "new")
    texts: dict[str, Any] = {
        f"issue:{issue.id}": issue,
        f"pull_request:{pull.pull_id}": pull,
        f"issue_comment:{(comment := mona.comments(issue, 'Hi')).id}": comment,
        f"review:{(review := mona.reviews(pull, body='Hi')).id}": review,
        f"review_comment:{(remark := mona.comments_on_line(pull, 'new.py', 1, 'Hi')).id}": remark,
    }
    for source, text in [*texts.items(), *texts.items()]:
        number = pull.number if text not in (issue, comment) else issue.number
        ensure_reaction(repo, source=source, number=number, content="+1")
        assert [reaction.content for reaction in text.reactions] == ["+1"], source


def test_marks_name_one_thing_in_one_repository() -> None:
    body = "Text\n\n" + marks.mark("issue", "iss_1", 900, SECRET)
    assert marks.find(f"{body}\r\n", kind="issue", repository_id=900, secret=SECRET) == "iss_1"
    for wrong in ({"kind": "comment"}, {"repository_id": 901}, {"secret": b"other"}):
        right: dict[str, Any] = {"kind": "issue", "repository_id": 900, "secret": SECRET}
        assert marks.find(body, **(right | wrong)) is None
    assert marks.find(f"{body}\n\nand more", kind="issue", repository_id=900, secret=SECRET) is None
    assert marks.find(body.replace("iss_1", "iss_2"), kind="issue", repository_id=900, secret=SECRET) is None
    with pytest.raises(ValueError, match="secret"):
        marks.mark("issue", "iss_1", 900, b"")
