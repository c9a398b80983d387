"""Work chains by REST, and fix runs of one issue."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from bot.config import Config
from bot.domain import chain_results, chains, issues, projects, states
from bot.domain.branches import branch_name_error
from bot.store.db import Database
from bot.store.models import AnsweringSession, Issue, Outbox, Project, WorkChain
from tests.conftest import Clock
from tests.rest import Rest, refused

FIELDS = (
    "id projectId title description status pausedReason workflowId githubRepoUrl branchName baseBranch onFailure "
    "answeringSessionId issueCount completedCount currentIssueId pullRequest error tokens "
    "createdAt startedAt completedAt"
)


@pytest.fixture
def rest(config: Config, db: Database) -> Rest:
    return Rest(config, db)


def of(answer: TestResponse) -> Any:
    """The object of an answer that must be a success."""
    assert answer.status_code in (200, 201), answer.text
    return answer.json["data"]


def worked(rest: Rest, chain_id: str, how: str = "pushed", *words: str) -> None:
    """The worker is through with the issue in hand."""
    with rest.db.write() as tx:
        project, chain = projects.find(tx, "mine"), chains.get(tx, rest.mine.id, chain_id, lock=True)
        item = chains.current(tx, chain)
        assert item
        if how == "pushed":
            chain_results.pushed(tx, project, chain, item, "c" * 40, "Fixed it")
        elif how == "failed":
            chain_results.went_wrong(tx, project, chain, item, "the tests are red")
        else:
            chain_results.changed_nothing(tx, project, chain, item, "there is nothing to do")


def items(rest: Rest, chain_id: str) -> list[tuple[str, str]]:
    return [(each["id"], each["itemStatus"]) for each in of(rest.get("/work-chains/issues", id=chain_id))]


def on_github(rest: Rest) -> None:
    with rest.db.write() as tx:
        mine = tx.get_one(Project, rest.mine.id)
        mine.repository_id, mine.name, mine.url = 5, "mona/shop", "https://github.test/Mona/Shop"
        mine.default_branch = "main"


def test_a_chain_is_made_and_waits(rest: Rest, frozen: Clock) -> None:
    first, second = rest.issue().id, rest.issue().id
    answer = rest.post("/work-chains/create", title=" Clean up ", issueIds=[second, first, second])
    assert answer.status_code == 201
    chain = answer.json["data"]
    assert " ".join(chain) == FIELDS
    told = {
        "title": "Clean up", "description": "", "status": "pending", "workflowId": "default", "onFailure": "stop",
        "branchName": f"askfirst/{chain['id']}", "baseBranch": None, "issueCount": 2, "completedCount": 0,
        "currentIssueId": None, "pullRequest": None, "githubRepoUrl": "/srv/mine", "startedAt": None,
    }  # fmt: skip
    assert told.items() <= chain.items() and chain["createdAt"] == "2026-03-01T12:00:00Z"
    assert rest.get("/work-chains/get", id=chain["id"]).json == answer.json
    assert of(rest.get("/work-chains/list")) == [chain]
    assert items(rest, chain["id"]) == [(second, "pending"), (first, "pending")]
    assert of(rest.get("/runs/list")) == []


def test_all_that_a_chain_may_be_made_with(rest: Rest) -> None:
    on_github(rest)
    more = {
        "title": "T" * 200, "description": "d" * 20_000, "workflowId": "default", "branchName": "tidy/up",
        "baseBranch": "release-1", "answeringSessionId": rest.asked({})[0].id,
    }  # fmt: skip
    chain = of(rest.post("/work-chains/create", issueIds=[rest.issue().id], onFailure="Continue", **more))
    assert more.items() <= chain.items() and chain["onFailure"] == "continue"
    unset = dict.fromkeys(("githubRepoUrl", "branchName", "baseBranch", "answeringSessionId"))
    assert of(rest.post("/work-chains/create", title="x", issueIds=[rest.issue().id], **unset))


WRONG: list[tuple[str, Any]] = [
    ("title", None), ("title", " "), ("title", "x" * 201), ("description", None), ("issueIds", []),
    ("issueIds", None), ("onFailure", "retry"), ("onFailure", None), ("workflowId", ""), ("branchName", ""),
    ("branchName", "-x"), ("branchName", "a..b"), ("branchName", "HEAD"), ("branchName", "a b"),
    ("branchName", "main"), ("branchName", "release"), ("branchName", "x" * 201), ("baseBranch", "a.lock"),
    ("githubRepoUrl", ""), ("githubRepoUrl", "https://github.test/mona/other"), ("githubRepoUrl", "http://["),
    ("githubRepoUrl", "https://github.test/mona/shop/tree/main"), ("githubRepoUrl", "mona/shop?x"),
    ("githubRepoUrl", "https://evil.test/mona/shop"), ("branch", "x"),
]  # fmt: skip


def test_a_wrong_field_is_named(rest: Rest) -> None:
    on_github(rest)
    fine = {"title": "x", "issueIds": [rest.issue().id], "baseBranch": "release"}
    for field, value in WRONG:
        refused(rest.post("/work-chains/create", **fine | {field: value}), 400, "VALIDATION", field)
    refused(rest.post("/work-chains/create", **fine | {"issueIds": ["iss_0"]}), 404, "NOT_FOUND", "issueIds")
    for field in ("title", "issueIds"):
        body = {name: value for name, value in fine.items() if name != field}
        refused(rest.post("/work-chains/create", **body), 400, "VALIDATION", field)
    refused(rest.post("/work-chains/create", **fine | {"workflowId": "x"}), 404, "NOT_FOUND", "workflowId")
    assert of(rest.get("/work-chains/list")) == []


@pytest.mark.parametrize("url", [
    "https://github.test/mona/shop", "HTTPS://GitHub.test/Mona/SHOP.git", "http://github.test/mona/shop/",
    "https://mona@github.test/mona/shop", "https://x:y@github.test/mona/shop.git/", "github.test/mona/shop",
    "ssh://git@github.test/mona/shop.git", "git@github.test:mona/shop.git", "git://github.test/mona/shop",
])  # fmt: skip
def test_ways_to_write_a_repository(rest: Rest, url: str) -> None:
    on_github(rest)
    chain = of(rest.post("/work-chains/create", title="x", issueIds=[rest.issue().id], githubRepoUrl=url))
    assert chain["githubRepoUrl"] == "https://github.test/Mona/Shop"


def test_the_operator_s_password_is_not_shown(rest: Rest) -> None:
    with rest.db.write() as tx:
        tx.get_one(Project, rest.mine.id).url = "https://bot:secret@git.test/shop.git"
    chain = of(rest.get("/work-chains/get", id=rest.chain().id))
    assert chain["githubRepoUrl"] == "https://git.test/shop.git"


def test_the_branch_is_the_one_that_the_questions_opened(rest: Rest) -> None:
    session = rest.asked({})[0].id
    body = {"title": "x", "issueIds": [rest.issue().id], "answeringSessionId": session}
    assert of(rest.post("/work-chains/create", **body))["branchName"].startswith("askfirst/wc_")
    with rest.db.write() as tx:
        tx.get_one(AnsweringSession, session).branch = f"askfirst/{session}"
    assert of(rest.post("/work-chains/create", **body))["branchName"] == f"askfirst/{session}"
    assert branch_name_error(f"askfirst/{session}") is None


def test_a_chain_is_worked_in_order_to_its_end(rest: Rest, frozen: Clock) -> None:
    first, second, third = (rest.issue().id for _ in range(3))
    chain = rest.chain(first, second, third).id
    answer = rest.post("/work-chains/start", chainId=chain)
    assert answer.status_code == 201
    started = answer.json["data"]
    assert (started["status"], started["startedAt"]) == ("running", "2026-03-01T12:00:00Z")
    assert (started["currentIssueId"], started["completedCount"]) == (first, 0)
    in_hand = of(rest.get("/issues/get", id=first))
    run = of(rest.get("/runs/get", id=in_hand["runId"]))
    assert (in_hand["status"], run["kind"], run["status"], run["chainId"]) == (
        "running",
        "fix",
        "queued",
        chain,
    )
    worked(rest, chain)
    rest.post("/issues/delete", issueId=third)
    assert of(rest.get("/work-chains/get", id=chain))["currentIssueId"] == second
    worked(rest, chain, "no change")
    done = of(rest.get("/work-chains/get", id=chain))
    assert (done["status"], done["completedAt"]) == ("completed", "2026-03-01T12:00:00Z")
    assert (done["issueCount"], done["completedCount"], done["currentIssueId"]) == (2, 2, None)
    told = [
        {name: each[name] for name in ("id", "position", "itemStatus", "runId", "commit", "error")}
        for each in of(rest.get("/work-chains/issues", id=chain))
    ]
    runs = {each["issueId"]: each["id"] for each in of(rest.get("/runs/list"))}
    assert told == [
        {"id": first, "position": 1, "itemStatus": "done", "runId": runs[first], "commit": "c" * 40, "error": None},
        {"id": second, "position": 2, "itemStatus": "no_change", "runId": runs[second], "commit": None,
         "error": "there is nothing to do"},
    ]  # fmt: skip


def test_a_failed_chain_resumes_at_the_issue_that_failed(rest: Rest) -> None:
    first, second, third = (rest.issue().id for _ in range(3))
    chain = rest.chain(first, second, third).id
    rest.post("/work-chains/start", chainId=chain)
    worked(rest, chain)
    worked(rest, chain, "failed")
    failed = of(rest.get("/work-chains/get", id=chain))
    assert (failed["status"], failed["completedCount"]) == ("failed", 1) and "red" in failed["error"]
    assert items(rest, chain) == [(first, "done"), (second, "failed"), (third, "pending")]
    assert of(rest.get("/issues/get", id=second))["failureReason"] == "the tests are red"
    again = of(rest.post("/work-chains/start", chainId=chain))
    assert (again["status"], again["error"], again["currentIssueId"]) == ("running", None, second)
    assert items(rest, chain) == [(first, "done"), (second, "running"), (third, "pending")]


def test_a_chain_may_go_on_after_a_failure(rest: Rest) -> None:
    first, second = rest.issue().id, rest.issue().id
    chain = rest.chain(first, second, on_failure="continue").id
    rest.post("/work-chains/start", chainId=chain)
    worked(rest, chain, "failed")
    assert of(rest.get("/work-chains/get", id=chain))["currentIssueId"] == second
    worked(rest, chain)
    assert of(rest.get("/work-chains/get", id=chain))["status"] == "failed"


def test_an_open_blocking_question_stops_the_start(rest: Rest) -> None:
    session, [question, other] = rest.asked({"blocking": True, "question": "In UTC?"}, {})
    chain = rest.chain(session.asked[0]).id
    error = refused(rest.post("/work-chains/start", chainId=chain), 409, "CONFLICT", "chainId")
    assert "Q1" in error["message"] and question.id in error["message"] and "In UTC?" in error["message"]
    refused(rest.post("/runs/create", issueId=session.asked[0]), 409, "CONFLICT", "issueId")
    assert of(rest.get("/runs/list")) == [] and len(of(rest.get("/work-chains/list"))) == 1
    rest.put(f"/session-questions/{question.id}/review", status="approved")
    assert of(rest.post("/work-chains/start", chainId=chain))["status"] == "running"
    assert of(rest.get(f"/session-questions/{other.id}"))["status"] == "pending"


def test_nothing_starts_in_a_paused_project(rest: Rest) -> None:
    chain = rest.chain().id
    with rest.db.write() as tx:
        projects.pause(tx, projects.find(tx, "mine"), "we move house")
    requests = [("/work-chains/start", {"chainId": chain}), ("/runs/create", {"issueId": rest.issue().id})]
    for path, body in requests:
        assert "we move house" in refused(rest.post(path, **body), 409, "CONFLICT")["message"]


def test_one_chain_at_a_time_on_a_branch(rest: Rest) -> None:
    first, second = rest.chain(branch_name="tidy").id, rest.chain(branch_name="tidy").id
    of(rest.post("/work-chains/start", chainId=first))
    error = refused(rest.post("/work-chains/start", chainId=second), 409, "CONFLICT", "chainId")
    assert first in error["message"]
    of(rest.post("/work-chains/cancel", chainId=first))
    assert of(rest.post("/work-chains/start", chainId=second))["status"] == "running"


def test_cancelling_gives_the_issue_in_hand_back(rest: Rest) -> None:
    first, second = rest.issue().id, rest.issue().id
    chain = rest.chain(first, second).id
    rest.post("/work-chains/start", chainId=chain)
    cancelled = of(rest.post("/work-chains/cancel", chainId=chain))
    assert (cancelled["status"], cancelled["currentIssueId"]) == ("cancelled", None) and cancelled[
        "completedAt"
    ]
    issue = of(rest.get("/issues/get", id=first))
    assert issue["status"] == "open"
    assert of(rest.get("/runs/get", id=issue["runId"]))["status"] == "cancelled"


def test_a_deleted_chain_is_not_there_any_more(rest: Rest) -> None:
    chain = rest.chain().id
    assert of(rest.post("/work-chains/delete", chainId=chain))["id"] == chain
    for path in ("/work-chains/get", "/work-chains/issues"):
        refused(rest.get(path, id=chain), 404, "NOT_FOUND", "id")
    for path in ("delete", "start", "cancel", "pause", "resume"):
        refused(rest.post(f"/work-chains/{path}", chainId=chain), 404, "NOT_FOUND", "chainId")
    assert of(rest.get("/work-chains/list")) == []


# what each request makes of a chain in each state; a number is the refusal, else the chain's status
DOOR = """
           start    pause   resume   cancel     delete
pending    running  409     409      cancelled  pending
running    409      paused  409      cancelled  409
paused     409      409     running  cancelled  cancelled
completed  409      409     409      409        completed
failed     running  409     409      cancelled  failed
cancelled  409      409     409      409        cancelled
"""


def in_state(rest: Rest, state: str) -> str:
    chain = rest.chain().id
    if state not in ("pending", "cancelled"):
        of(rest.post("/work-chains/start", chainId=chain))
    if state == "cancelled":
        of(rest.post("/work-chains/cancel", chainId=chain))
    elif state == "paused":
        of(rest.post("/work-chains/pause", chainId=chain))
    elif state in ("completed", "failed"):
        worked(rest, chain, "pushed" if state == "completed" else "failed")
    return chain


def test_every_request_in_every_state(rest: Rest) -> None:
    head, *rows = DOOR.strip().splitlines()
    assert tuple(row.split()[0] for row in rows) == states.CHAIN_STATUSES
    for row in rows:
        state, *outcomes = row.split()
        for action, outcome in zip(head.split(), outcomes, strict=True):
            chain = in_state(rest, state)
            before = of(rest.get("/work-chains/get", id=chain))
            assert before["status"] == state
            answer = rest.post(f"/work-chains/{action}", chainId=chain)
            if outcome == "409":
                error = refused(answer, 409, "CONFLICT", "chainId")
                assert state in error["message"]
                assert of(rest.get("/work-chains/get", id=chain)) == before
            else:
                assert of(answer)["status"] == outcome, (state, action)
                assert answer.status_code == (201 if action == "start" else 200)


def test_a_run_of_one_issue(rest: Rest) -> None:
    issue = rest.issue(title="Fix the cart").id
    answer = rest.post("/runs/create", issueId=issue)
    assert answer.status_code == 201
    run = answer.json["data"]
    assert (run["kind"], run["status"], run["issueId"]) == ("fix", "queued", issue)
    assert rest.get("/runs/get", id=run["id"]).json == answer.json
    chain = of(rest.get("/work-chains/get", id=run["chainId"]))
    assert (chain["title"], chain["status"], chain["currentIssueId"]) == ("Fix the cart", "running", issue)
    assert of(rest.get("/issues/get", id=issue))["runId"] == run["id"]
    with rest.db.read() as tx:
        assert [row.args for row in tx.scalars(select(Outbox)) if row.job == "fix"] == [{"run_id": run["id"]}]
    refused(rest.post("/runs/create", issueId=issue), 409, "CONFLICT", "issueId")
    refused(rest.post("/runs/create"), 400, "VALIDATION", "issueId")


@pytest.mark.parametrize(("action", "taken"), [("run_failed", True), ("merged", False), ("dismissed", False)])
def test_only_what_is_open_is_fixed(rest: Rest, action: str, taken: bool) -> None:
    issue = rest.issue().id
    with rest.db.write() as tx:
        for step in ("run_started", action):
            states.move(issues.get(tx, rest.mine.id, issue), step)
    answer = rest.post("/runs/create", issueId=issue)
    if taken:
        assert of(answer)["issueId"] == issue
    else:
        refused(answer, 409, "CONFLICT", "issueId")


def test_an_issue_that_another_chain_works_is_skipped(rest: Rest) -> None:
    shared, own = rest.issue().id, rest.issue().id
    of(rest.post("/runs/create", issueId=shared))
    second = rest.chain(shared, own).id
    of(rest.post("/work-chains/start", chainId=second))
    assert items(rest, second) == [(shared, "skipped"), (own, "running")]


def test_of_many_starts_at_once_one_wins(rest: Rest) -> None:
    for _ in range(3):
        chain = rest.chain().id
        answers = rest.at_once(*[("POST", "/work-chains/start", {"chainId": chain})] * 4)
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
        assert len(of(rest.get("/runs/list", chainId=chain))) == 1


def test_of_many_chains_on_one_branch_at_once_one_starts(rest: Rest) -> None:
    for branch in ("one", "two", "three"):
        ids = [rest.chain(branch_name=branch).id for _ in range(4)]
        answers = rest.at_once(*[("POST", "/work-chains/start", {"chainId": each}) for each in ids])
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


def test_of_many_chains_with_one_issue_at_once_one_works_it(rest: Rest) -> None:
    for _ in range(3):
        issue = rest.issue().id
        ids = [rest.chain(issue).id for _ in range(4)]
        starts = [("POST", "/work-chains/start", {"chainId": each}) for each in ids]
        assert {answer.status_code for answer in rest.at_once(*starts)} == {201}
        assert len(of(rest.get("/runs/list", issueId=issue))) == 1
        with rest.db.read() as tx:
            run = tx.get_one(Issue, issue).run_id
            running = tx.scalars(
                select(WorkChain).where(WorkChain.status == "running", WorkChain.id.in_(ids))
            ).one()
        assert of(rest.get("/runs/get", id=run))["chainId"] == running.id


def test_of_many_runs_at_once_one_is_made(rest: Rest) -> None:
    issue = rest.issue().id
    answers = rest.at_once(*[("POST", "/runs/create", {"issueId": issue})] * 4)
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len(of(rest.get("/work-chains/list"))) == 1
