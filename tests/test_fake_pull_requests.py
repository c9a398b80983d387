"""The fake GitHub's pull requests, reviews, checks and pushes refuse and tell what GitHub does."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.github import PullRequest, Refused, serve
from tests.fakes.github.acts.pushes import pushed
from tests.fakes.github.state import Actor
from tests.test_fake_github import EXAMPLES, SECRET, Shop, git, problems

LINES = [f"line {number}\n" for number in range(1, 41)]
PULLS = "/repos/mona/shop/pulls"
THREADS = """query($number: Int!, $after: String) {
  repository(owner: "mona", name: "shop") { pullRequest(number: $number) { id isDraft
    reviewThreads(first: 1, after: $after) {
      nodes { id isResolved isOutdated comments(first: 5) { nodes { fullDatabaseId } } }
      pageInfo { hasNextPage endCursor } } } } }"""
RESOLVE = """mutation($thread: ID!) {
  resolveReviewThread(input: {threadId: $thread}) { thread { isResolved resolvedBy { login } } } }"""
READY = """mutation($pull: ID!) {
  markPullRequestReadyForReview(input: {pullRequestId: $pull}) { pullRequest { isDraft } } }"""
DRAFT = """mutation($pull: ID!) {
  convertPullRequestToDraft(input: {pullRequestId: $pull}) { pullRequest { isDraft } } }"""


class Desk(Shop):
    """The shop, with a file of forty lines and the branch `work`, which changes line 20 and adds a file."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.repo.commit({"lines.txt": "".join(LINES)}, "Forty lines")
        self.pushes({20: "twenty\n"}, new="new\n")
        self.received.clear()

    def pushes(self, changed: dict[int, str], branch: str = "work", new: str | None = "new\n") -> str:
        lines = [changed.get(number, line) for number, line in enumerate(LINES, 1)]
        return self.mona.pushes(self.repo, {"lines.txt": "".join(lines), "new.txt": new}, "Work", branch)

    def pull(self, **more: Any) -> PullRequest:
        """One that the App opened."""
        made = self.call("POST", PULLS, json={"head": "work", "base": "main", "title": "Work"} | more)
        assert made.status_code == 201, made.text
        return self.repo.pulls[made.json()["number"]]

    def review(self, pull: PullRequest, *comments: dict[str, Any], **more: Any) -> httpx.Response:
        sent = {"event": "COMMENT", "comments": list(comments)} | more
        return self.call("POST", f"{PULLS}/{pull.number}/reviews", json=sent)

    def graph(self, query: str, token: str | None = None, **variables: Any) -> dict[str, Any]:
        sent = {"query": query, "variables": variables}
        answer = self.call("POST", f"{self.fake.server_url}/api/graphql", token, json=sent)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def told(self) -> list[str]:
        """Events since the last look, as `event.action`."""
        found = [(event, json.loads(body).get("action")) for event, _, body in self.received]
        self.received.clear()
        return [f"{event}.{action}" if action else event for event, action in found]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "github")
    yield made
    assert made.fake.violations == []


def on(line: int, path: str = "lines.txt", **more: Any) -> dict[str, Any]:
    return {"path": path, "line": line, "body": "Why?"} | more


# -- opening and changing


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"head": "same"}, "No commits between main and same"),
        ({"head": "taken"}, "A pull request already exists for mona:taken."),
        ({"head": "nowhere"}, "head invalid"),
        ({"head": "guest:work"}, "head invalid"),
        ({"base": "nowhere"}, "base invalid"),
        ({"title": ""}, "title missing_field"),
    ],
)
def test_a_pull_request_that_cannot_be_is_refused(desk: Desk, changed: dict[str, str], message: str) -> None:
    desk.repo.git.run("branch", "same", "main")
    desk.repo.git.run("branch", "taken", "work")
    desk.pull(head="taken")
    refused = desk.call("POST", PULLS, json={"head": "work", "base": "main", "title": "Work"} | changed)
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert message in (error.get("message"), f"{error.get('field')} {error['code']}")
    assert len(desk.repo.pulls) == 1


def test_a_repository_without_drafts_says_so(desk: Desk) -> None:
    desk.repo.takes_drafts = False
    refused = desk.call("POST", PULLS, json={"head": "work", "base": "main", "title": "A", "draft": True})
    expected = (422, "Draft pull requests are not supported in this repository.")
    assert (refused.status_code, refused.json()["message"]) == expected
    assert desk.pull().draft is False


def test_a_pull_request_is_an_issue_too(desk: Desk) -> None:
    desk.mona.opens_issue(desk.repo, "One")
    pull = desk.pull(body="Text")
    assert pull.number == 2
    seen = desk.call("GET", "/repos/mona/shop/issues/2").json()
    assert seen["pull_request"]["url"].endswith("/repos/mona/shop/pulls/2") and seen["title"] == "Work"
    assert [one["number"] for one in desk.call("GET", "/repos/mona/shop/issues").json()] == [2, 1]
    desk.repo.has_issues = False
    assert desk.call("POST", "/repos/mona/shop/issues/2/comments", json={"body": "Hi"}).status_code == 201
    assert desk.last("issue_comment")["issue"]["pull_request"]["merged_at"] is None
    desk.call("POST", "/repos/mona/shop/issues/2/labels", json={"labels": ["askfirst"]})
    desk.call("PATCH", "/repos/mona/shop/issues/2", json={"state": "closed"})
    assert (pull.state, pull.state_reason) == ("closed", None)
    expected = ["pull_request.opened", "issue_comment.created", "pull_request.labeled", "pull_request.closed"]
    assert desk.told() == ["issues.opened", *expected]


def test_pull_requests_are_listed_changed_closed_and_reopened(desk: Desk) -> None:
    desk.repo.git.run("branch", "other", "work")
    desk.repo.git.run("branch", "release", "main")
    first, second = desk.pull(), desk.pull(head="other", base="release")

    def numbers(**query: Any) -> list[int]:
        return [one["number"] for one in desk.call("GET", PULLS, params=query).json()]

    assert numbers() == [2, 1] and numbers(sort="updated") == [1, 2]
    assert numbers(head="mona:work") == [1] and numbers(base="release") == [2]
    url = f"{PULLS}/{first.number}"
    desk.told()
    changed = desk.call("PATCH", url, json={"title": "Better", "body": "So", "base": "release"}).json()
    assert (changed["title"], changed["base"]["ref"]) == ("Better", "release")
    assert desk.last("pull_request")["changes"]["base"]["ref"] == {"from": "main"}
    desk.call("PATCH", url, json={"state": "closed"})
    assert numbers(state="closed") == [1]
    desk.call("PATCH", url, json={"state": "open"})
    edits = ["pull_request.edited"] * 2
    assert desk.told() == [*edits, "pull_request.closed", "pull_request.reopened"]
    desk.mona.closes_pull_request(second)
    desk.mona.deletes_branch(desk.repo, "other")
    assert desk.call("PATCH", f"{PULLS}/2", json={"state": "open"}).status_code == 422


def test_files_come_with_patches_and_commits_with_messages(desk: Desk) -> None:
    desk.mona.pushes(desk.repo, {"a.py": None, "bin": b"\0\1"}, "Two\n\nFixes #9", "work")
    number = desk.pull().number
    files = {file["filename"]: file for file in desk.call("GET", f"{PULLS}/{number}/files").json()}
    assert {name: file["status"] for name, file in files.items()} == {
        "a.py": "removed",
        "bin": "added",
        "lines.txt": "modified",
        "new.txt": "added",
    }
    assert files["lines.txt"]["patch"].startswith("@@ -17,7 +17,7 @@") and "patch" not in files["bin"]
    assert (files["lines.txt"]["additions"], files["lines.txt"]["deletions"]) == (1, 1)
    commits = desk.call("GET", f"{PULLS}/{number}/commits").json()
    assert [one["commit"]["message"] for one in commits] == ["Work", "Two\n\nFixes #9"]
    whole = desk.call("GET", f"{PULLS}/{number}").json()
    assert (whole["commits"], whole["changed_files"], whole["mergeable"]) == (2, 4, True)


# -- merging


@pytest.mark.parametrize("method", ["merge", "squash"])
def test_merging_closes_the_issues_that_are_named(desk: Desk, method: str) -> None:
    for title in ("One", "Two", "Three", "Four"):
        desk.mona.opens_issue(desk.repo, title)
    desk.mona.pushes(desk.repo, {"b.py": "1\n"}, "More\n\nFixes #1", "work")
    pull = desk.pull(body="Closes: mona/shop#2, fixes other/shop#3, prefixes #4")
    desk.told()
    url = f"{PULLS}/{pull.number}/merge"
    assert desk.call("GET", url).status_code == 404
    done = desk.call("PUT", url, json={"merge_method": method, "sha": pull.head_sha}).json()
    assert done["merged"] and desk.call("GET", url).status_code == 204
    assert desk.repo.git.read("main", "b.py") == b"1\n" and desk.repo.git.resolve("main") == done["sha"]
    assert len(desk.repo.git.log("-1", "main")[0]["parents"].split()) == (2 if method == "merge" else 1)
    assert [issue.state for issue in desk.repo.issues.values()] == ["closed", "closed", "open", "open"]
    assert desk.repo.issues[1].state_reason == "completed"
    assert desk.last("pull_request")["pull_request"]["merged"] is True
    assert desk.told() == ["pull_request.closed", "issues.closed", "push", "issues.closed"]


def test_keywords_close_nothing_outside_the_default_branch(desk: Desk) -> None:
    issue = desk.mona.opens_issue(desk.repo, "One")
    desk.repo.git.run("branch", "release", "main")
    desk.mona.merges(desk.pull(base="release", body="Fixes #1"))
    assert issue.state == "open"


def test_what_cannot_be_merged_is_refused(desk: Desk) -> None:
    pull = desk.pull(draft=True)
    url = f"{PULLS}/{pull.number}"
    assert desk.call("PUT", f"{url}/merge").status_code == 405
    desk.mona.marks_ready(pull)
    assert desk.call("PUT", f"{url}/merge", json={"sha": "0" * 40}).status_code == 409
    desk.pushes({20: "TWENTY\n"}, "main", None)
    seen = desk.call("GET", url).json()
    assert (seen["mergeable"], seen["mergeable_state"]) == (False, "dirty")
    assert desk.call("PUT", f"{url}/merge").status_code == 405
    with pytest.raises(Refused, match="Must have write"):
        desk.guest.merges(pull)


# -- pushes and branches


def test_a_push_moves_the_head_and_a_deleted_branch_closes(desk: Desk) -> None:
    pull = desk.pull()
    before = pull.head_sha
    desk.told()
    after = desk.pushes({21: "x\n"})
    assert desk.last("pull_request") == desk.last("pull_request") | {"before": before, "after": after}
    assert pull.head_sha == after == desk.repo.git.resolve(f"refs/pull/{pull.number}/head")
    assert desk.told() == ["push", "pull_request.synchronize"]
    assert desk.call("DELETE", "/repos/mona/shop/git/refs/heads/work").status_code == 204
    assert pull.state == "closed" and pull.merged_at is None
    assert desk.told() == ["push", "pull_request.closed"]
    assert desk.call("GET", f"{PULLS}/{pull.number}/files").status_code == 200


def test_commits_that_land_in_the_base_merge_the_pull_request(desk: Desk) -> None:
    pull = desk.pull()
    before = desk.repo.git.refs()
    desk.repo.git.run("update-ref", "refs/heads/main", pull.head_sha)
    pushed(desk.fake, Actor(desk.mona.account), desk.repo, before)
    assert pull.merged_by is desk.mona.account


def test_a_fork_asks_to_be_merged(desk: Desk) -> None:
    fork = desk.guest.forks(desk.repo)
    desk.guest.pushes(fork, {"gift.py": "1\n"}, "A gift", "gift")
    pull = desk.guest.opens_pull_request(desk.repo, "guest:gift")
    seen = desk.call("GET", f"{PULLS}/{pull.number}").json()
    assert (seen["head"]["label"], seen["head"]["repo"]["fork"]) == ("guest:gift", True)
    assert seen["head"]["repo"]["id"] != seen["base"]["repo"]["id"]
    desk.guest.pushes(fork, {"gift.py": "2\n"}, "Better", "gift")
    assert desk.last("pull_request")["action"] == "synchronize"
    desk.mona.merges(pull)
    assert desk.repo.git.read("main", "gift.py") == b"2\n"
    with pytest.raises(Refused):
        desk.guest.opens_pull_request(desk.repo, "work")


# -- reviews


def test_a_review_is_all_or_nothing(desk: Desk) -> None:
    pull = desk.pull()
    desk.told()
    made = desk.review(
        pull, on(20), on(1, "new.txt"), on(23, start_line=20), on(20, side="LEFT"), body="Four"
    )
    assert (made.status_code, made.json()["state"], len(pull.threads)) == (200, "COMMENTED", 4)
    assert desk.told() == ["pull_request_review.submitted", *["pull_request_review_comment.created"] * 4]
    comments = desk.call("GET", f"{PULLS}/1/reviews/{made.json()['id']}/comments").json()
    assert comments[0]["diff_hunk"].endswith("-line 20\n+twenty")
    assert (comments[2]["start_line"], comments[3]["side"]) == (20, "LEFT")
    refused = desk.review(pull, on(20), on(40))
    assert refused.status_code == 422
    assert refused.json()["errors"] == ["Pull request review thread line must be part of the diff"]
    assert len(pull.threads) == 4 and len(pull.reviews) == 1 and desk.told() == []


@pytest.mark.parametrize(
    ("comment", "event"),
    [
        (on(1), "COMMENT"),
        (on(1, "missing.txt"), "COMMENT"),
        (on(20, start_line=21), "COMMENT"),
        (on(20, start_line=2), "COMMENT"),
        (on(20, body=" "), "COMMENT"),
        ({"path": "lines.txt", "body": "On the file"}, "COMMENT"),
        (on(20), "APPROVE"),
    ],
)
def test_a_comment_or_event_that_github_refuses(desk: Desk, comment: dict[str, Any], event: str) -> None:
    pull = desk.pull()
    assert desk.review(pull, comment, event=event).status_code == 422
    assert desk.review(pull).status_code == 422, "an empty review"
    assert not pull.reviews


def test_reviews_are_listed_edited_and_dismissed(desk: Desk) -> None:
    pull = desk.pull()
    mine = desk.review(pull, body="Looks odd").json()["id"]
    theirs = desk.mona.reviews(pull, "REQUEST_CHANGES", "No", [on(20)])
    url = f"{PULLS}/1/reviews"
    desk.call("PUT", f"{url}/{mine}", json={"body": "Looks even"})
    assert desk.last("pull_request_review")["changes"] == {"body": {"from": "Looks odd"}}
    assert desk.last("pull_request_review")["review"]["state"] == "commented"
    desk.mona.dismisses_review(theirs)
    assert [one["state"] for one in desk.call("GET", url).json()] == ["COMMENTED", "DISMISSED"]
    assert desk.call("GET", f"{url}/{mine}").json()["body"] == "Looks even"


def test_a_locked_conversation_takes_no_review_of_the_app(desk: Desk) -> None:
    pull = desk.pull()
    desk.mona.locks(pull)
    assert desk.review(pull, on(20)).status_code == 403
    with pytest.raises(Refused, match="locked"):
        desk.guest.comments_on_line(pull, "new.txt", 1, "Hm")
    desk.mona.comments_on_line(pull, "new.txt", 1, "A maintainer may")


def test_threads_take_replies_to_the_top_comment_only(desk: Desk) -> None:
    pull = desk.pull()
    sent = {"path": "new.txt", "line": 1, "body": "Q1", "commit_id": pull.head_sha}
    url = f"{PULLS}/1/comments"
    top = desk.call("POST", url, json=sent).json()
    reply = desk.call("POST", f"{url}/{top['id']}/replies", json={"body": "A"}).json()
    again = desk.call("POST", url, json=sent | {"body": "B", "in_reply_to": top["id"]}).json()
    assert [reply["in_reply_to_id"], again["in_reply_to_id"]] == [top["id"]] * 2 and len(pull.threads) == 1
    assert desk.call("POST", f"{url}/{reply['id']}/replies", json={"body": "C"}).status_code == 422
    human = desk.guest.replies(pull.threads[0].comments[1], "approve")
    assert desk.last("pull_request_review_comment")["comment"]["in_reply_to_id"] == top["id"]
    assert desk.last("pull_request_review")["review"]["body"] is None, "each reply comes in a review"
    on_file = {"subject_type": "file", "path": "new.txt", "body": "All of it", "commit_id": pull.head_sha}
    assert desk.call("POST", url, json=on_file).json()["line"] is None
    one = f"{PULLS}/comments/{human.id}"
    assert desk.call("POST", f"{one}/reactions", json={"content": "eyes"}).status_code == 201
    desk.guest.edits_review_comment(human, "no")
    assert desk.call("GET", one).json()["body"] == "no"
    assert desk.call("DELETE", one).status_code == 204 and desk.call("GET", one).status_code == 404


def test_review_comments_are_sorted_and_cut_by_time(desk: Desk) -> None:
    pull = desk.pull()
    first, second = (desk.mona.comments_on_line(pull, "new.txt", 1, text) for text in "AB")
    desk.clock.time = desk.clock.time.replace(minute=30)
    desk.mona.edits_review_comment(first, "A again")

    def bodies(**query: Any) -> list[str]:
        return [one["body"] for one in desk.call("GET", f"{PULLS}/comments", params=query).json()]

    assert bodies() == ["A again", second.body]
    assert bodies(sort="updated", direction="asc") == ["B", "A again"]
    assert bodies(since="2026-03-01T12:30:00Z") == ["A again"]


def test_a_comment_moves_with_its_line_and_is_outdated_when_that_changes(desk: Desk) -> None:
    pull = desk.pull()
    desk.review(pull, on(20), on(21), on(1, "new.txt"), on(20, side="LEFT"), on(18))

    def lines() -> list[tuple[int | None, int]]:
        listed = desk.call("GET", f"{PULLS}/1/comments").json()
        return [(one["line"], one["original_line"]) for one in listed]

    desk.pushes({19: "", 20: "twenty\n"})
    assert lines() == [(19, 20), (20, 21), (1, 1), (20, 20), (18, 18)]
    desk.pushes({1: "zero\nline 1\n", 20: "XX\n"}, new=None)
    assert lines() == [(None, 20), (22, 21), (None, 1), (20, 20), (19, 18)]
    assert [thread.outdated for thread in pull.threads] == [True, False, True, False, False]


# -- GraphQL


def test_threads_are_listed_and_resolved_by_graphql(desk: Desk) -> None:
    pull = desk.pull()
    desk.review(pull, on(20), on(1, "new.txt"))
    found: list[str] = []
    after = None
    while True:
        listed = desk.graph(THREADS, number=1, after=after)["data"]["repository"]["pullRequest"][
            "reviewThreads"
        ]
        found += [node["id"] for node in listed["nodes"]]
        after = listed["pageInfo"]["endCursor"]
        if not listed["pageInfo"]["hasNextPage"]:
            break
    top = listed["nodes"][0]["comments"]["nodes"]
    assert len(found) == 2 and top == [{"fullDatabaseId": str(pull.threads[1].top)}]
    desk.app.events.append("pull_request_review_thread")
    done = desk.graph(RESOLVE, thread=found[0])["data"]["resolveReviewThread"]["thread"]
    assert done == {"isResolved": True, "resolvedBy": {"login": "askfirst"}}
    assert desk.last("pull_request_review_thread")["thread"]["node_id"] == found[0]
    desk.mona.unresolves(pull.threads[0])
    seen = "query($id: ID!) { node(id: $id) { ... on PullRequestReviewThread { isResolved } } }"
    assert desk.graph(seen, id=found[0]) == {"data": {"node": {"isResolved": False}}}


def test_resolving_needs_to_write_contents_and_pull_requests(desk: Desk) -> None:
    pull = desk.pull()
    desk.review(pull, on(20))
    thread = desk.graph(THREADS, number=1)["data"]["repository"]["pullRequest"]["reviewThreads"]["nodes"][0]
    narrow = desk.token(permissions={"pull_requests": "write", "contents": "read"})
    (error,) = desk.graph(RESOLVE, narrow, thread=thread["id"])["errors"]
    assert (error["type"], error["message"]) == ("FORBIDDEN", "Resource not accessible by integration")
    (error,) = desk.graph(RESOLVE, thread="PRRT_nothing")["errors"]
    assert error["type"] == "NOT_FOUND" and error["path"] == ["resolveReviewThread"]
    assert pull.threads[0].resolved_by is None
    with pytest.raises(Refused):
        desk.guest.resolves(pull.threads[0])


def test_drafts_turn_ready_and_back_by_graphql(desk: Desk) -> None:
    pull = desk.pull(draft=True)
    node = desk.call("GET", f"{PULLS}/1").json()["node_id"]
    desk.told()
    assert (
        desk.graph(READY, pull=node)["data"]["markPullRequestReadyForReview"]["pullRequest"]["isDraft"]
        is False
    )
    assert desk.graph(DRAFT, pull=node)["data"]["convertPullRequestToDraft"]["pullRequest"]["isDraft"] is True
    assert desk.told() == ["pull_request.ready_for_review", "pull_request.converted_to_draft"] and pull.draft


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("query { viewer { nickname } }", "Cannot query field 'nickname' on type 'User'"),
        ("mutation { resolveReviewThread(input: {}) { thread { id } } }", "threadId"),
        ("query {", "Syntax Error"),
        ("query { viewer { login } }", "does not have Query.viewer yet"),
    ],
)
def test_graphql_outside_the_schema_is_refused_and_noted(desk: Desk, query: str, what: str) -> None:
    (error,) = desk.graph(query)["errors"]
    (noted,) = [str(one) for one in desk.fake.violations]
    desk.fake.violations.clear()
    assert what in error["message"] and what in noted and noted.startswith("POST /graphql")


def test_graphql_fails_on_demand_and_a_connection_needs_a_size(desk: Desk) -> None:
    desk.pull()
    (error,) = desk.graph(
        THREADS.replace("(first: 1, after: $after)", "").replace(", $after: String", ""), number=1
    )["errors"]
    assert error["type"] == "MISSING_PAGINATION_BOUNDARIES"
    desk.fake.fail("POST", "/graphql", status=502)
    answer = desk.call("POST", f"{desk.fake.server_url}/graphql", json={"query": THREADS})
    assert answer.status_code == 502 and desk.fake.count("POST", "/graphql") == 2


# -- checks


def test_a_check_run_goes_its_way_and_is_told_of(desk: Desk) -> None:
    pull = desk.pull()
    other_app = desk.fake.create_app("other")
    desk.fake.install(desk.mona, [desk.repo], app=other_app)
    desk.told()
    url = "/repos/mona/shop/check-runs"
    sent = {"name": "askfirst / questions", "head_sha": pull.head_sha, "status": "in_progress"}
    check = desk.call("POST", url, json=sent).json()
    assert (check["status"], check["conclusion"], check["pull_requests"][0]["number"]) == (
        "in_progress",
        None,
        1,
    )
    output = {"title": "1 of 2", "summary": "Wait", "annotations": [annotation(1)]}
    done = desk.call(
        "PATCH", f"{url}/{check['id']}", json={"conclusion": "action_required", "output": output}
    ).json()
    assert (done["status"], done["output"]["annotations_count"]) == ("completed", 1)
    desk.call("POST", url, json={"name": "other", "head_sha": pull.head_sha, "conclusion": "neutral"})
    listed = desk.call(
        "GET", "/repos/mona/shop/commits/work/check-runs", params={"check_name": "other"}
    ).json()
    assert (listed["total_count"], listed["check_runs"][0]["conclusion"]) == (1, "neutral")
    desk.mona.rerequests(desk.repo.checks[0])
    expected = ["check_run.created", "check_run.completed", "check_run.completed", "check_run.rerequested"]
    assert desk.told() == expected
    heard = [one.action for one in desk.fake.deliveries if one.app is other_app and one.event == "check_run"]
    assert heard == ["created", "completed", "completed"], "only the App that made it is asked again"


@pytest.mark.parametrize(
    ("changed", "noted"),
    [
        ({"status": "completed"}, False),
        ({"head_sha": "0" * 40}, False),
        ({"output": {"title": "A", "summary": "x" * 65_536}}, True),
        ({"output": {"title": "A", "summary": "B", "annotations": [{"path": "a.py"}]}}, True),
        ({"conclusion": "fine"}, True),
    ],
)
def test_a_check_run_outside_the_limits_is_refused(desk: Desk, changed: dict[str, Any], noted: bool) -> None:
    sent = {"name": "askfirst / chain", "head_sha": desk.repo.git.resolve("work")} | changed
    assert desk.call("POST", "/repos/mona/shop/check-runs", json=sent).status_code == 422
    assert bool(desk.fake.violations) == noted and not desk.repo.checks
    desk.fake.violations.clear()


def test_check_runs_need_their_permission_and_statuses_are_none(desk: Desk) -> None:
    sent = {"name": "x", "head_sha": desk.repo.git.resolve("work")}
    reader = desk.token(permissions={"checks": "read"})
    assert desk.call("POST", "/repos/mona/shop/check-runs", reader, json=sent).status_code == 403
    desk.installation.permissions["statuses"] = "read"
    assert desk.call("GET", "/repos/mona/shop/commits/work/statuses", desk.token()).json() == []


def annotation(line: int) -> dict[str, Any]:
    return {
        "path": "a.py",
        "start_line": line,
        "end_line": line,
        "annotation_level": "notice",
        "message": "Look",
    }


# -- git over HTTP


def test_pushes_are_refused_with_githubs_words(desk: Desk, tmp_path: Path) -> None:
    server, clone, token = serve(desk.fake), str(tmp_path / "clone"), desk.token()
    desk.repo.protect("main")
    desk.repo.add_ruleset("release")
    try:
        assert git("clone", f"{server.url}/mona/shop.git", clone, token=token).returncode == 0
        (tmp_path / "clone/c.py").write_text("1\n")
        git("-C", clone, "add", ".")
        git("-C", clone, "commit", "-m", "C")

        def push(refspec: str, *options: str, with_token: str = token) -> str:
            return git("-C", clone, "push", *options, "origin", refspec, token=with_token).stderr

        refused = push("HEAD:main")
        assert "GH006: Protected branch update failed for refs/heads/main" in refused
        assert "! [remote rejected] HEAD -> main (protected branch hook declined)" in refused
        assert "GH013: Repository rule violations" in push("HEAD:refs/heads/release")
        assert "(fetch first)" in push("HEAD:work") or "(non-fast-forward)" in push("HEAD:work")
        assert "hidden ref" in push("HEAD:refs/pull/1/head")
        desk.told()
        assert "[new branch]" in push("HEAD:refs/heads/askfirst/1")
        assert desk.told() == ["push"] and "refs/heads/askfirst/1" in desk.repo.git.refs()
        pull = desk.pull(head="askfirst/1")
        desk.told()
        workflow = tmp_path / "clone/.github/workflows/ci.yml"
        workflow.parent.mkdir(parents=True)
        workflow.write_text("on: push\n")
        git("-C", clone, "add", ".")
        git("-C", clone, "commit", "-m", "CI")
        words = "(refusing to allow a GitHub App to create or update workflow `.github/workflows/ci.yml`"
        assert f"{words} without `workflows` permission)" in push("HEAD:askfirst/1")
        assert desk.told() == []
        desk.installation.permissions["workflows"] = "write"
        push("HEAD:askfirst/1", with_token=desk.token())
        assert pull.head_sha == desk.repo.git.resolve("askfirst/1")
        assert desk.last("pull_request")["sender"]["login"] == "askfirst[bot]"
        assert desk.told() == ["push", "pull_request.synchronize"]
        push("askfirst/1", "--delete")
        assert pull.state == "closed"
    finally:
        server.stop()


def test_guarded_branches_are_told_and_kept_from_people_too(desk: Desk) -> None:
    desk.repo.add_collaborator(desk.guest, "write")
    desk.repo.protect("main")
    desk.repo.add_ruleset("work")
    assert desk.call("GET", "/repos/mona/shop/branches/main").json()["protected"] is True
    listed = desk.call("GET", "/repos/mona/shop/branches").json()
    assert {one["name"]: one["protected"] for one in listed} == {"main": True, "work": True}
    rules = desk.call("GET", "/repos/mona/shop/rules/branches/work").json()
    assert [rule["type"] for rule in rules] == ["pull_request"]
    with pytest.raises(Refused, match="GH006"):
        desk.guest.pushes(desk.repo, {"a.py": "2\n"}, "Two")
    with pytest.raises(Refused, match="GH013"):
        desk.guest.deletes_branch(desk.repo, "work")
    desk.mona.pushes(desk.repo, {"a.py": "2\n"}, "An administrator may")


# -- webhooks


def test_every_event_has_the_keys_that_github_published(desk: Desk) -> None:
    desk.app.events.append("pull_request_review_thread")
    pull = desk.mona.opens_pull_request(desk.repo, "work", draft=True)
    desk.mona.marks_ready(pull)
    desk.mona.converts_to_draft(pull)
    desk.mona.edits_pull_request(pull, title="Better")
    review = desk.guest.reviews(pull, "APPROVE", comments=[on(20)])
    comment = desk.mona.replies(pull.threads[0], "approve")
    desk.mona.edits_review_comment(comment, "no")
    desk.mona.resolves(pull.threads[0])
    desk.mona.unresolves(pull.threads[0])
    desk.mona.deletes_review_comment(comment)
    desk.mona.dismisses_review(review)
    desk.call("POST", "/repos/mona/shop/check-runs", json={"name": "x", "head_sha": pull.head_sha})
    desk.pushes({21: "x\n"})
    desk.mona.closes_pull_request(pull)
    desk.mona.reopens_pull_request(pull)
    dropped = {"assignee", "merge_commit_sha", "deployment", "organization"}
    for event, headers, body in desk.received:
        signature = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        assert headers["X-Hub-Signature-256"] == signature
        payload = json.loads(body)
        published = [one for one in EXAMPLES[event] if one.get("action") == payload.get("action")]
        example = (published or EXAMPLES[event])[0]
        for inner in ("pull_request", "review", "comment", "thread", "check_run"):
            lacking = example.get(inner, {}).keys() - payload.get(inner, {}).keys() - dropped
            assert not lacking, (event, inner, lacking)
        assert not example.keys() - payload.keys() - dropped - (set() if published else {"changes"})
    assert {f"pull_request_review_comment.{word}" for word in ("created", "edited", "deleted")} <= set(
        desk.told()
    )


def test_the_app_says_where_it_listens(desk: Desk) -> None:
    sent = {"url": "http://127.0.0.1:1/hook", "secret": "another"}
    assert "url" not in desk.as_app("GET", "/app/hook/config").json()
    assert desk.as_app("PATCH", "/app/hook/config", json=sent).json()["url"] == sent["url"]
    assert desk.as_app("GET", "/app/hook/config").json()["secret"] == "********"
    assert desk.app.webhook_secret == "another"


# -- pages


def test_the_page_shows_a_round_and_lets_people_answer(desk: Desk) -> None:
    desk.repo.add_collaborator(desk.guest, "write")
    pull = desk.pull(title="Ask <b>", body="Fixes #9", draft=True)
    desk.review(
        pull, on(20, body="**Q1** Twenty? <script>"), on(1, "new.txt", body="Q2"), body="Two questions"
    )
    output = {"title": "0 of 2", "summary": "*Waiting*"}
    sent = {"name": "askfirst / questions", "head_sha": pull.head_sha, "conclusion": "action_required"}
    desk.call("POST", "/repos/mona/shop/check-runs", json=sent | {"output": output})
    page, url = desk.fake.app.test_client(), "/mona/shop/pull/1"
    text = page.get(url).text
    for shown in (
        "Ask &lt;b&gt;",
        "Draft",
        "Two questions",
        "<strong>Q1</strong>",
        "+twenty",
        "action required",
    ):
        assert shown in text
    assert "<script>" not in text and '<a href="/mona/shop/issues/9">#9</a>' in text and "Work" in text
    thread = pull.threads[0]

    def press(act: str, person: str = "guest", **more: Any) -> Any:
        return page.post(url, data={"person": person, "act": act, "body": ""} | more)

    done = press("reply", thread=thread.id, body="approve")
    assert done.headers["Location"].endswith(f"?person=guest#thread-{thread.id}")
    assert desk.last("pull_request_review_comment")["comment"]["body"] == "approve"
    press("resolve", thread=thread.id)
    assert "resolved by guest" in page.get(url).text
    assert press("merge").status_code == 405, "still a draft"
    press("ready")
    press("merge", body="Thanks")
    assert pull.merged_by is desk.guest.account and pull.comments[-1].body == "Thanks"
    assert "Merged" in page.get(url).text and "Merged" in page.get("/mona/shop/pulls?state=closed").text
    assert page.get("/mona/shop/issues/1").headers["Location"] == "/mona/shop/pull/1"
    assert "+twenty" in page.get(f"/mona/shop/commit/{pull.head_sha}").text
    assert "lines.txt" in page.get("/mona/shop/tree/main").text


def test_the_reason_of_a_refusal_is_in_the_errors(desk: Desk) -> None:
    desk.pull()
    assert problems(desk.call("PATCH", f"{PULLS}/1", json={"base": "nowhere"})) == [("base", "invalid")]
