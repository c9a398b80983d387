"""Work chains by REST once they run: pause, resume, retry, skip."""

from __future__ import annotations

from typing import Any

import pytest

from bot.config import Config
from bot.domain import chains, projects, states
from bot.store.db import Database
from bot.store.models import ChainItem, Issue
from tests.rest import Rest, refused
from tests.test_api_chains import in_state, items, of, worked


@pytest.fixture
def rest(config: Config, db: Database) -> Rest:
    return Rest(config, db)


def chain_of(rest: Rest, number: int, **fields: Any) -> tuple[str, list[str]]:
    """A chain of so many issues that has just started, and its issues."""
    issues = [rest.issue(title=f"Issue {place + 1}").id for place in range(number)]
    chain = rest.chain(*issues, **fields).id
    of(rest.post("/work-chains/start", chainId=chain))
    return chain, issues


def now(rest: Rest, chain: str) -> dict[str, Any]:
    return dict(of(rest.get("/work-chains/get", id=chain)))


def stands(rest: Rest, chain: str) -> list[str]:
    return [status for _, status in items(rest, chain)]


def do(rest: Rest, action: str, chain: str, **more: Any) -> dict[str, Any]:
    return dict(of(rest.post(f"/work-chains/{action}", chainId=chain, **more)))


# pause and resume


def test_the_issue_in_hand_begins_anew_after_a_pause(rest: Rest) -> None:
    chain, [first, _] = chain_of(rest, 2)
    run = of(rest.get("/issues/get", id=first))["runId"]
    paused = do(rest, "pause", chain)
    assert (paused["status"], paused["pausedReason"], paused["currentIssueId"]) == ("paused", "person", None)
    assert stands(rest, chain) == ["pending", "pending"]
    assert of(rest.get("/issues/get", id=first))["status"] == "open"
    assert of(rest.get("/runs/get", id=run))["status"] == "cancelled"
    resumed = do(rest, "resume", chain)
    assert (resumed["status"], resumed["pausedReason"], resumed["currentIssueId"]) == ("running", None, first)
    assert of(rest.get("/issues/get", id=first))["runId"] != run
    worked(rest, chain)
    worked(rest, chain)
    assert now(rest, chain)["status"] == "completed"


def test_a_resumed_chain_builds_on_the_commit_that_stopped_it(rest: Rest) -> None:
    chain, _ = chain_of(rest, 2)
    worked(rest, chain)
    with rest.db.write() as tx:
        row = chains.get(tx, rest.mine.id, chain, lock=True)
        chains.pause(tx, projects.find(tx, "mine"), row, "foreign_commit", foreign="f" * 40)
    assert now(rest, chain)["pausedReason"] == "foreign_commit"
    do(rest, "resume", chain)
    with rest.db.read() as tx:
        row = chains.get(tx, rest.mine.id, chain)
        assert (row.head, row.foreign_head) == ("f" * 40, None)


def waits(rest: Rest) -> tuple[str, list[str], str]:
    """A chain that waits for an answer about its second issue; its issues, and the question."""
    session, [question] = rest.asked({"blocking": True, "question": "In UTC?"})
    first, last = rest.issue().id, rest.issue().id
    chain = rest.chain(first, session.asked[0], last).id
    rest.put(f"/session-questions/{question.id}/review", status="approved")
    do(rest, "start", chain)
    rest.post(f"/session-questions/{question.id}/withdraw")
    worked(rest, chain)
    paused = now(rest, chain)
    assert (paused["status"], paused["pausedReason"]) == ("paused", "needs_answer")
    assert stands(rest, chain) == ["done", "waiting", "pending"]
    return chain, [first, session.asked[0], last], question.id


def test_it_does_not_go_on_while_the_question_is_open(rest: Rest) -> None:
    chain, issues, question = waits(rest)
    error = refused(rest.post("/work-chains/resume", chainId=chain), 409, "CONFLICT", "chainId")
    assert "Q1" in error["message"] and question in error["message"] and "In UTC?" in error["message"]
    assert stands(rest, chain) == ["done", "waiting", "pending"]
    rest.put(f"/session-questions/{question}/review", status="approved")
    assert do(rest, "resume", chain)["currentIssueId"] == issues[1]


def test_what_it_waits_for_can_be_skipped(rest: Rest) -> None:
    chain, issues, _ = waits(rest)
    skipped = do(rest, "skip", chain, issueId=issues[1], reason="Not this time")
    assert (skipped["status"], skipped["pausedReason"], skipped["currentIssueId"]) == (
        "running",
        None,
        issues[2],
    )
    item = of(rest.get("/work-chains/issues", id=chain))[1]
    assert (item["itemStatus"], item["error"], item["status"]) == ("skipped", "Not this time", "open")


def test_one_chain_works_on_a_branch_also_after_a_pause(rest: Rest) -> None:
    chain, _ = chain_of(rest, 1, branch_name="tidy")
    do(rest, "pause", chain)
    other, _ = chain_of(rest, 1, branch_name="tidy")
    error = refused(rest.post("/work-chains/resume", chainId=chain), 409, "CONFLICT", "chainId")
    assert other in error["message"]
    worked(rest, other)
    assert do(rest, "resume", chain)["status"] == "running"


def test_of_pause_and_cancel_at_once_what_is_left_is_whole(rest: Rest) -> None:
    for _ in range(3):
        chain, [issue] = chain_of(rest, 1)
        requests = [("POST", f"/work-chains/{action}", {"chainId": chain}) for action in ("pause", "cancel")]
        assert {answer.status_code for answer in rest.at_once(*requests)} <= {200, 409}
        assert now(rest, chain)["status"] == "cancelled" and stands(rest, chain) == ["pending"]
        assert of(rest.get("/issues/get", id=issue))["status"] == "open"


def test_of_many_resumes_at_once_one_wins(rest: Rest) -> None:
    for _ in range(3):
        chain, _ = chain_of(rest, 1)
        do(rest, "pause", chain)
        answers = rest.at_once(*[("POST", "/work-chains/resume", {"chainId": chain})] * 4)
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
        assert len(of(rest.get("/runs/list", chainId=chain, status="queued"))) == 1


# retry and skip


def test_what_failed_is_tried_again_and_the_chain_goes_on(rest: Rest) -> None:
    chain, [_, second, _] = chain_of(rest, 3)
    worked(rest, chain)
    worked(rest, chain, "failed")
    again = do(rest, "retry", chain, issueId=second)
    assert (again["status"], again["error"], again["currentIssueId"]) == ("running", None, second)
    assert stands(rest, chain) == ["done", "running", "pending"]
    item = of(rest.get("/work-chains/issues", id=chain))[1]
    assert item["error"] is None and item["failureReason"] is None


def test_a_retry_is_of_this_issue_alone(rest: Rest) -> None:
    chain, [first, second, _] = chain_of(rest, 3, on_failure="continue")
    for how in ("failed", "failed", "pushed"):
        worked(rest, chain, how)
    assert do(rest, "retry", chain, issueId=second)["currentIssueId"] == second
    worked(rest, chain)
    assert stands(rest, chain) == ["failed", "done", "done"] and now(rest, chain)["status"] == "failed"
    assert do(rest, "skip", chain, issueId=first)["status"] == "completed"
    assert of(rest.get("/work-chains/issues", id=chain))[0]["error"] == "somebody skipped it"


def test_what_needed_no_change_can_be_worked_again_while_the_chain_runs(rest: Rest) -> None:
    chain, [first, second] = chain_of(rest, 2)
    worked(rest, chain, "no change")
    assert do(rest, "retry", chain, issueId=first)["currentIssueId"] == second
    assert stands(rest, chain) == ["pending", "running"]
    worked(rest, chain)
    assert stands(rest, chain) == ["running", "done"]


def test_what_failed_can_be_left_out(rest: Rest) -> None:
    chain, [first, second] = chain_of(rest, 2)
    worked(rest, chain, "failed")
    assert do(rest, "skip", chain, issueId=first, reason=" ")["currentIssueId"] == second
    assert of(rest.get("/issues/get", id=first))["status"] == "failed"
    worked(rest, chain)
    done = now(rest, chain)
    assert (done["status"], done["completedCount"]) == ("completed", 2)


def test_what_is_to_come_can_be_left_out_before_and_after_the_start(rest: Rest) -> None:
    issues = [rest.issue().id for _ in range(3)]
    chain = rest.chain(*issues).id
    assert do(rest, "skip", chain, issueId=issues[0])["status"] == "pending"
    assert do(rest, "start", chain)["currentIssueId"] == issues[1]
    do(rest, "skip", chain, issueId=issues[2])
    assert do(rest, "retry", chain, issueId=issues[0])["currentIssueId"] == issues[1]
    assert stands(rest, chain) == ["pending", "running", "skipped"]


def test_an_issue_that_is_not_open_is_not_tried_again(rest: Rest) -> None:
    chain, [first, _] = chain_of(rest, 2)
    worked(rest, chain, "failed")
    with rest.db.write() as tx:
        states.move(tx.get_one(Issue, first), "dismissed")
    error = refused(rest.post("/work-chains/retry", chainId=chain, issueId=first), 409, "CONFLICT", "issueId")
    assert "dismissed" in error["message"] and stands(rest, chain) == ["failed", "pending"]


def test_an_open_question_about_it_stops_a_retry(rest: Rest) -> None:
    session, [question] = rest.asked({"blocking": True})
    chain = rest.chain(session.asked[0]).id
    rest.put(f"/session-questions/{question.id}/review", status="approved")
    do(rest, "start", chain)
    worked(rest, chain, "failed")
    rest.post(f"/session-questions/{question.id}/withdraw")
    error = refused(
        rest.post("/work-chains/retry", chainId=chain, issueId=session.asked[0]), 409, "CONFLICT", "issueId"
    )
    assert question.id in error["message"] and now(rest, chain)["status"] == "failed"


def test_an_issue_must_be_one_of_the_chain(rest: Rest) -> None:
    chain, [issue] = chain_of(rest, 1)
    worked(rest, chain, "failed")
    for action in ("retry", "skip"):
        refused(rest.post(f"/work-chains/{action}", chainId=chain), 400, "VALIDATION", "issueId")
        for other in (rest.issue().id, rest.issue(rest.theirs).id, "nonsense"):
            answer = rest.post(f"/work-chains/{action}", chainId=chain, issueId=other)
            refused(answer, 404, "NOT_FOUND", "issueId")
        long = {"reason": "x" * 20_001} if action == "skip" else {"reason": "x"}
        answer = rest.post(f"/work-chains/{action}", chainId=chain, issueId=issue, **long)
        refused(answer, 400, "VALIDATION", "reason")
    rest.post("/issues/delete", issueId=issue)
    refused(rest.post("/work-chains/skip", chainId=chain, issueId=issue), 404, "NOT_FOUND", "issueId")


# what each request makes of an item in each state, in a chain that runs with another item; a number is the refusal
DOOR = """
           retry    skip
pending    409      skipped
running    409      409
waiting    409      skipped
done       409      409
no_change  pending  409
skipped    pending  409
failed     pending  skipped
"""


def test_every_request_for_every_state_of_an_item(rest: Rest) -> None:
    head, *rows = DOOR.strip().splitlines()
    assert tuple(row.split()[0] for row in rows) == states.ITEM_STATUSES
    for row in rows:
        state, *outcomes = row.split()
        for action, outcome in zip(head.split(), outcomes, strict=True):
            chain, [_, issue] = chain_of(rest, 2)
            with rest.db.write() as tx:
                tx.get_one(ChainItem, (chain, issue)).status = state
            answer = rest.post(f"/work-chains/{action}", chainId=chain, issueId=issue)
            if outcome == "409":
                error = refused(answer, 409, "CONFLICT", "issueId")
                assert state in error["message"] and stands(rest, chain) == ["running", state]
            else:
                assert of(answer)["status"] == "running"
                assert stands(rest, chain) == ["running", outcome], (state, action)


@pytest.mark.parametrize("state", ["completed", "cancelled"])
def test_a_chain_that_has_ended_takes_no_more(rest: Rest, state: str) -> None:
    chain = in_state(rest, state)
    [(issue, _)] = items(rest, chain)
    for action in ("retry", "skip"):
        answer = rest.post(f"/work-chains/{action}", chainId=chain, issueId=issue)
        assert state in refused(answer, 409, "CONFLICT", "chainId")["message"]


# the whole project


def paused_project(rest: Rest, yes: bool) -> None:
    with rest.db.write() as tx:
        project = projects.find(tx, "mine")
        projects.pause(tx, project, "we move house.") if yes else projects.resume(tx, project)


def test_running_chains_wait_while_the_project_is_paused(rest: Rest) -> None:
    (running, [issue, _]), (paused, _) = chain_of(rest, 2), chain_of(rest, 1)
    do(rest, "pause", paused)
    paused_project(rest, True)
    told = now(rest, running)
    assert (told["status"], told["pausedReason"]) == ("paused", "project")
    assert of(rest.get("/issues/get", id=issue))["status"] == "open"
    assert of(rest.get("/runs/list", status="queued")) == []
    for chain in (running, paused):
        error = refused(rest.post("/work-chains/resume", chainId=chain), 409, "CONFLICT")
        assert "we move house. Resume" in error["message"]
    paused_project(rest, False)
    assert (now(rest, running)["status"], now(rest, running)["currentIssueId"]) == ("running", issue)
    assert now(rest, paused)["pausedReason"] == "person", "a person's pause stays"


def test_nothing_is_tried_again_in_a_paused_project(rest: Rest) -> None:
    chain, [first, second] = chain_of(rest, 2)
    worked(rest, chain, "failed")
    paused_project(rest, True)
    for action in ("retry", "skip"):
        answer = rest.post(f"/work-chains/{action}", chainId=chain, issueId=first)
        assert "we move house" in refused(answer, 409, "CONFLICT")["message"]
    assert do(rest, "skip", chain, issueId=second)["status"] == "failed", "that starts nothing"
    assert stands(rest, chain) == ["failed", "skipped"]


def test_answers_that_come_meanwhile_are_acted_on_afterwards(rest: Rest) -> None:
    chain, issues, question = waits(rest)
    session = of(rest.get(f"/session-questions/{question}"))["answeringSessionId"]
    paused_project(rest, True)
    rest.put(f"/session-questions/{question}/review", status="approved")
    for status in ("reviewed", "completed"):
        of(rest.put(f"/answering-sessions/{session}/status", status=status))
    assert (now(rest, chain)["status"], now(rest, chain)["pausedReason"]) == ("paused", "project")
    paused_project(rest, False)
    assert now(rest, chain)["currentIssueId"] == issues[1]


def test_of_a_start_and_a_pause_of_the_project_at_once_nothing_runs(rest: Rest) -> None:
    for _ in range(3):
        chain = rest.chain().id
        starts = ("POST", "/work-chains/start", {"chainId": chain})
        answers = rest.at_once(starts, ("POST", "/project/pause", {}))
        assert {answer.status_code for answer in answers} <= {200, 201, 409}
        assert now(rest, chain)["status"] in ("pending", "paused")
        assert of(rest.get("/runs/list", status="queued")) == []
        rest.post("/project/resume")
        rest.post("/work-chains/cancel", chainId=chain)
