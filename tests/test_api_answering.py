"""Answering sessions by REST."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from bot.config import Config
from bot.domain import answering, findings, handover, issues, projects, questions, sessions, states
from bot.store import clock
from bot.store.db import Database
from bot.store.models import AnsweringSession, IssueSession, Outbox, Project
from tests.conftest import Clock
from tests.rest import OPTIONS, Rest, refused

FIELDS = (
    "id issueSessionId projectId status questionCount reviewedCount createdAt completedAt pullRequest answersDigest "
    "error runId tokens"
)
APPROVED = {"status": "approved"}

# what the database has no part in is tried on one of them
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def rest(config: Config, db: Database) -> Rest:
    return Rest(config, db)


def end(rest: Rest, scan: IssueSession, how: str) -> None:
    """Let the issue session come to its end."""
    with rest.db.write() as tx:
        project, session = projects.find(tx, "mine"), sessions.get(tx, rest.mine.id, scan.id, lock=True)
        if how == "completed":
            scope = findings.Scope("c" * 40, "Done.", frozenset(), covers=lambda rule, path: True)
            sessions.complete(tx, project, session, [], scope)
        elif how == "cancelled":
            sessions.cancel(tx, session)
        elif how == "deleted":
            sessions.delete(tx, session)
        else:
            sessions.fail(tx, project, session, "no disk")


def of(answer: Any) -> dict[str, Any]:
    """The object of an answer that must be a success."""
    assert answer.status_code in (200, 201), answer.text
    data: dict[str, Any] = answer.json["data"]
    return data


def jobs(rest: Rest) -> list[str]:
    with rest.db.read() as tx:
        return [row.job for row in tx.scalars(select(Outbox).order_by(Outbox.id))]


def test_a_session_about_issues_is_asked_at_once(rest: Rest, frozen: Clock) -> None:
    answer = rest.post("/answering-sessions", issueIds=[rest.issue().id])
    assert answer.status_code == 201
    session = answer.json["data"]
    assert " ".join(session) == f"{FIELDS} callbackToken" and session.pop("callbackToken") is None
    told = {
        "status": "pending",
        "issueSessionId": None,
        "questionCount": 0,
        "reviewedCount": 0,
        "pullRequest": None,
    }
    assert told.items() <= session.items() and session["createdAt"] == "2026-03-01T12:00:00Z"
    run = of(rest.get("/runs/get", id=session["runId"]))
    assert (run["kind"], run["status"], run["sessionId"]) == ("ask", "queued", session["id"])
    assert jobs(rest) == ["ask"]
    assert of(rest.get(f"/answering-sessions/{session['id']}")) == session
    assert of(rest.get("/answering-sessions")) == [session]


def test_exactly_one_of_a_session_and_issues(rest: Rest) -> None:
    both = {"issueSessionId": rest.session().id, "issueIds": [rest.issue().id]}
    for body in ({}, both, dict.fromkeys(both)):
        refused(rest.post("/answering-sessions", **body), 400, "VALIDATION", "issueSessionId")
    assert of(rest.post("/answering-sessions", **both | {"issueIds": None}))["issueSessionId"]


def test_limits_of_a_session(rest: Rest) -> None:
    issue = [rest.issue().id]
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("maxQuestions", {"maxQuestions": 0}), ("maxQuestions", {"maxQuestions": 51}),
        ("maxQuestions", {"maxQuestions": "5"}), ("pullRequestNumber", {"pullRequestNumber": 0}),
        ("pullRequestNumber", {"pullRequestNumber": 2**31}), ("issueIds", {"issueIds": []}),
        ("issueIds", {"issueIds": "iss"}), ("agent", {"agent": "no"}),
        ("agent", {"agent": None}), ("status", {"status": "active"}),
    ]  # fmt: skip
    for field, body in wrong:
        refused(rest.post("/answering-sessions", **{"issueIds": issue} | body), 400, "VALIDATION", field)
    refused(rest.post("/answering-sessions", issueIds=[*issue, "nonsense"]), 404, "NOT_FOUND", "issueIds")
    assert of(rest.post("/answering-sessions", issueIds=issue * 3, maxQuestions=50))
    with rest.db.read() as tx:
        row = tx.scalars(select(AnsweringSession)).one()
        assert (row.max_questions, row.asked, row.created_by) == (50, issue, "key:ci")


def test_a_pull_request_is_only_where_there_are_some(rest: Rest) -> None:
    body = {"issueIds": [rest.issue().id], "pullRequestNumber": 7}
    refused(rest.post("/answering-sessions", **body), 400, "VALIDATION", "pullRequestNumber")
    with rest.db.write() as tx:
        mine = tx.get_one(Project, rest.mine.id)
        mine.repository_id, mine.url = 5, "https://github.test/o/r"
    twin = {"number": 7, "url": "https://github.test/o/r/pull/7"}
    assert of(rest.post("/answering-sessions", **body))["pullRequest"] == twin


def test_what_an_issue_session_saw_is_asked_about_when_it_has_ended(rest: Rest) -> None:
    scan, other = rest.session(), rest.issue()
    found = rest.issue(session_id=scan.id)
    session = of(rest.post("/answering-sessions", issueSessionId=scan.id))
    assert (session["status"], session["runId"], session["issueSessionId"]) == ("pending", None, scan.id)
    end(rest, scan, "completed")
    assert of(rest.get(f"/answering-sessions/{session['id']}"))["runId"]
    with rest.db.read() as tx:
        asked = answering.get(tx, rest.mine.id, session["id"]).asked
    assert found.id in asked and other.id not in asked
    assert of(rest.post("/answering-sessions", issueSessionId=scan.id))["runId"]


@pytest.mark.parametrize("how", ["failed", "cancelled", "deleted"])
def test_an_issue_session_that_came_to_nothing(rest: Rest, how: str) -> None:
    scan = rest.session()
    waiting = of(rest.post("/answering-sessions", issueSessionId=scan.id))["id"]
    end(rest, scan, how)
    error = refused(
        rest.post("/answering-sessions", issueSessionId=scan.id), 409, "CONFLICT", "issueSessionId"
    )
    assert f"{scan.id} is {how}: " in error["message"]
    session = of(rest.get(f"/answering-sessions/{waiting}"))
    assert session["status"] == "pending" and "nothing to ask about" in session["error"]
    refused(rest.post(f"/answering-sessions/{waiting}/retry"), 409, "CONFLICT", "issueSessionId")


def test_nothing_is_asked_in_a_paused_project(rest: Rest) -> None:
    session = of(rest.post("/answering-sessions", issueIds=[rest.issue().id]))["id"]
    with rest.db.write() as tx:
        answering.failed(tx, answering.get(tx, rest.mine.id, session), "no disk")
        projects.pause(tx, projects.find(tx, "mine"), "we move house")
    for answer in (
        rest.post("/answering-sessions", issueIds=[rest.issue().id]),
        rest.post(f"/answering-sessions/{session}/retry"),
    ):
        assert "we move house" in refused(answer, 409, "CONFLICT")["message"]


def test_a_failed_asking_can_be_tried_again_once(rest: Rest) -> None:
    session = of(rest.post("/answering-sessions", issueIds=[rest.issue().id]))
    path = f"/answering-sessions/{session['id']}"
    refused(rest.post(f"{path}/retry"), 409, "CONFLICT", "id")
    with rest.db.write() as tx:
        answering.failed(tx, answering.get(tx, rest.mine.id, session["id"]), "no disk")
    failed = of(rest.get(path))
    assert (failed["status"], failed["error"]) == ("pending", "no disk")
    run = of(rest.get("/runs/get", id=session["runId"]))
    assert (run["status"], run["error"]) == ("failed", "no disk")
    again = of(rest.post(f"{path}/retry"))
    assert (again["status"], again["error"]) == ("pending", None) and again["runId"] != session["runId"]
    refused(rest.post(f"{path}/retry"), 409, "CONFLICT", "id")


def test_filters(rest: Rest) -> None:
    scan = rest.session()
    waiting = of(rest.post("/answering-sessions", issueSessionId=scan.id))["id"]
    active, archived = rest.asked({})[0].id, rest.asked({})[0].id
    rest.delete(f"/answering-sessions/{archived}")

    def ids(**query: str) -> list[str]:
        return [each["id"] for each in of(rest.get("/answering-sessions", **query))]

    assert ids() == [active, waiting]
    assert ids(status="Archived") == [archived]
    assert ids(status="active") == [active]
    assert ids(issueSessionId=scan.id) == [waiting]
    assert ids(issueSessionId=scan.id, status="active") == []
    refused(rest.get("/answering-sessions", status="open"), 400, "VALIDATION", "status")
    assert of(rest.get(f"/answering-sessions/{archived}"))["status"] == "archived"


def test_it_is_reviewed_when_every_question_is(rest: Rest) -> None:
    session, [first, second] = rest.asked({}, {})
    path = f"/answering-sessions/{session.id}"
    rest.put(f"/session-questions/{first.id}/review", **APPROVED)
    counted = of(rest.get(path))
    assert (counted["status"], counted["questionCount"], counted["reviewedCount"]) == ("active", 2, 1)
    error = refused(rest.put(f"{path}/status", status="reviewed"), 409, "CONFLICT", "status")
    assert "Q2" in error["message"] and "Q1" not in error["message"]
    rest.put(f"/session-questions/{second.id}/review", **APPROVED)
    reviewed = of(rest.put(f"{path}/status", status="Reviewed"))
    assert (reviewed["status"], reviewed["reviewedCount"], reviewed["completedAt"]) == ("reviewed", 2, None)


def test_completing_hands_the_answers_over(rest: Rest, frozen: Clock) -> None:
    session, [question, leaves, free] = rest.asked({}, {"options": OPTIONS}, {"question": "Why?"})
    review = "/session-questions/{}/review"
    rest.put(review.format(question.id), **APPROVED)
    rest.put(review.format(free.id), status="declined", correction="Only in tests.")
    rest.put(review.format(leaves.id), status="declined", correction="b")
    path = f"/answering-sessions/{session.id}/status"
    rest.put(path, status="reviewed")
    frozen.forward(minutes=1)
    done = of(rest.put(path, status="completed"))
    assert (done["status"], done["completedAt"]) == ("completed", "2026-03-01T12:01:00Z")
    assert len(done["answersDigest"]) == 64
    issue = of(rest.get("/issues/get", id=session.asked[0]))
    assert [each["answer"] for each in issue["answers"]] == [
        "Yes, it may.",
        "Leave it alone.",
        "Only in tests.",
    ]
    assert (issue["status"], issue["resolution"], issue["autofix"]) == ("dismissed", "not_planned", False)
    assert issue["updatedAt"] == "2026-03-01T12:01:00Z"
    assert rest.put(path, status="completed").json == {"data": done}
    for status in ("active", "reviewed", "pending"):
        refused(rest.put(path, status=status), 409, "CONFLICT", "status")


def test_who_answered_on_github_is_looked_at_before_anything_is_completed(rest: Rest) -> None:
    session, [question] = rest.asked({})
    with rest.db.write() as tx:
        row, ours = (
            questions.get(tx, rest.mine.id, question.id)[0],
            answering.get(tx, rest.mine.id, session.id),
        )
        ours.agent = True
        source = questions.Source("comment:1", "https://github.test/1", clock.now())
        questions.vote(tx, rest.mine, ours, row, questions.Voter("mona", 1), source, "approved")
    path = f"/answering-sessions/{session.id}/status"
    assert of(rest.put(path, status="reviewed"))["status"] == "reviewed"
    refused(rest.put(path, status="completed"), 409, "CONFLICT", "status")
    assert "freeze" in jobs(rest)


def test_a_deleted_session_is_archived_and_comes_back_as_it_was(rest: Rest) -> None:
    session, _ = rest.asked({})
    path = f"/answering-sessions/{session.id}"
    archived = of(rest.delete(path))
    assert archived["status"] == "archived" and rest.delete(path).json == {"data": archived}
    assert of(rest.put(f"{path}/status", status="archived")) == archived
    assert of(rest.get("/answering-sessions")) == []
    restored = of(rest.post(f"{path}/restore"))
    assert restored == archived | {"status": "active"}
    refused(rest.post(f"{path}/restore"), 409, "CONFLICT", "id")


def test_asking_that_was_cancelled_by_archiving_can_be_tried_again(rest: Rest) -> None:
    session = of(rest.post("/answering-sessions", issueIds=[rest.issue().id]))
    path = f"/answering-sessions/{session['id']}"
    rest.delete(path)
    assert of(rest.get("/runs/get", id=session["runId"]))["status"] == "cancelled"
    assert of(rest.post(f"{path}/restore"))["error"]
    assert of(rest.post(f"{path}/retry"))["error"] is None


@pytest.mark.parametrize(("how", "goes_on"), [("completed", True), ("failed", False)])
def test_what_ended_while_it_was_archived_is_caught_up_with(rest: Rest, how: str, goes_on: bool) -> None:
    scan = rest.session()
    path = f"/answering-sessions/{of(rest.post('/answering-sessions', issueSessionId=scan.id))['id']}"
    rest.delete(path)
    end(rest, scan, how)
    assert of(rest.get(path))["runId"] is None
    restored = of(rest.post(f"{path}/restore"))
    assert (restored["runId"] is not None, restored["error"] is None) == (goes_on, goes_on)


def test_a_reviewed_session_that_comes_back_is_frozen_after_all(rest: Rest) -> None:
    session = of(rest.post("/answering-sessions", issueIds=[rest.issue().id]))
    path = f"/answering-sessions/{session['id']}"
    assert of(rest.put(f"{path}/status", status="reviewed"))["status"] == "reviewed"
    rest.delete(path)
    with rest.db.write() as tx:
        tx.query(Outbox).delete()
    assert of(rest.post(f"{path}/restore"))["status"] == "reviewed"
    assert jobs(rest) == ["freeze"]


# what each request makes of a session in each state; a number is the refusal. `own`: our own agent asks in it
DOOR = """
                   pending  active  reviewed  completed  archived  DELETE    restore    retry    questions  review     assumption  withdraw
pending            pending  409     reviewed  409        archived  archived  409        409      active     404        404         404
failed             pending  409     reviewed  409        archived  archived  409        pending  active     404        404         404
active             409      active  409       409        archived  archived  409        409      active     active     active      active
answered           409      active  reviewed  409        archived  archived  409        409      active     active     409         active
reviewed           409      active  reviewed  completed  archived  archived  409        409      409        409        409         409
completed          409      409     409       completed  archived  archived  409        409      409        409        409         409
archived           409      409     409       409        archived  archived  active     409      409        409        409         409
archived-pending   409      409     409       409        archived  archived  pending    409      409        404        404         404
archived-reviewed  409      409     409       409        archived  archived  reviewed   409      409        409        409         409
archived-completed 409      409     409       409        archived  archived  completed  409      409        409        409         409
own-pending        pending  409     reviewed  409        archived  archived  409        409      409        404        404         404
own-failed         pending  409     reviewed  409        archived  archived  409        pending  409        404        404         404
own-active         409      active  409       409        archived  archived  409        409      409        active     active      active
own-answered       409      active  reviewed  409        archived  archived  409        409      409        active     409         active
own-reviewed       409      active  reviewed  completed  archived  archived  409        409      409        409        409         409
"""  # noqa: E501
NO_QUESTION = "sq_" + "0" * 26
BY_POST = ("restore", "retry", "questions")
QUESTIONS = {"questions": [{"externalId": "more", "question": "May it?", "assumption": "Yes."}]}
ON_QUESTION: dict[str, tuple[str, dict[str, Any]]] = {
    "review": ("PUT", APPROVED), "assumption": ("PUT", {"assumption": "Another one."}), "withdraw": ("POST", {}),
}  # fmt: skip


def in_state(rest: Rest, row: str) -> tuple[str, str]:
    """The paths of a new session in this state and of its question."""
    state = row.removeprefix("own-").removeprefix("archived-")
    session, found = rest.asked(*([] if state in ("pending", "failed") else [{}]))
    with rest.db.write() as tx:
        project, session = projects.find(tx, "mine"), answering.get(tx, rest.mine.id, session.id)
        session.agent = row.startswith("own-")
        if state == "failed":
            answering.failed(tx, session, "no disk")
        if state in ("answered", "reviewed", "completed"):
            questions.review(tx, project, found[0].id, "approved", None, "key:ci")
        for status in {"reviewed": ["reviewed"], "completed": ["reviewed", "completed"]}.get(state, []):
            handover.set_status(tx, project, session, status)
        if row.startswith("archived"):
            answering.archive(tx, project, session)
    return f"/answering-sessions/{session.id}", f"/session-questions/{found[0].id if found else NO_QUESTION}"


@on_sqlite
def test_every_request_in_every_state(rest: Rest) -> None:
    head, *rows = DOOR.strip().splitlines()
    assert head.split()[:5] == list(states.ANSWERING_STATUSES)
    for row in rows:
        state, *outcomes = row.split()
        for action, outcome in zip(head.split(), outcomes, strict=True):
            path, question = in_state(rest, "archived-active" if state == "archived" else state)
            before = of(rest.get(path))
            if action in ON_QUESTION:
                method, body = ON_QUESTION[action]
                answer = rest.call(method, f"{question}/{action}", json=body)
            elif action == "DELETE":
                answer = rest.delete(path)
            elif action in BY_POST:
                answer = rest.post(f"{path}/{action}", **(QUESTIONS if action == "questions" else {}))
            else:
                answer = rest.put(f"{path}/status", status=action)
            after = of(rest.get(path))
            told = after["status"] if answer.status_code == 200 else str(answer.status_code)
            assert told == outcome, (state, action, answer.text)
            if told.isdigit():
                assert after == before, (state, action)
            elif action not in ON_QUESTION:
                assert of(answer) == after, (state, action)


def test_an_issue_that_is_deleted_meanwhile_hinders_nobody(rest: Rest) -> None:
    session, [question] = rest.asked({})
    rest.put(f"/session-questions/{question.id}/review", **APPROVED)
    rest.post("/issues/delete", issueId=session.asked[0])
    for status in ("reviewed", "completed"):
        of(rest.put(f"/answering-sessions/{session.id}/status", status=status))
    with rest.db.read() as tx, pytest.raises(issues.NotFound):
        issues.get(tx, rest.mine.id, session.asked[0])


@pytest.mark.parametrize(("deleted", "status"), [(False, "completed"), (True, "open")])
def test_an_answer_dismisses_no_issue_that_is_done_or_deleted(rest: Rest, deleted: bool, status: str) -> None:
    session, [question] = rest.asked({"options": OPTIONS})
    [issue] = session.asked
    rest.put(f"/session-questions/{question.id}/review", status="declined", correction="B")
    if deleted:
        rest.post("/issues/delete", issueId=issue)
    else:
        with rest.db.write() as tx:
            states.move(issues.get(tx, rest.mine.id, issue), "closed")
    for step in ("reviewed", "completed"):
        of(rest.put(f"/answering-sessions/{session.id}/status", status=step))
    if deleted:
        rest.post("/trash/restore", type="issue", id=issue)
    assert of(rest.get("/issues/get", id=issue))["status"] == status


def test_an_issue_says_when_it_was_given_an_answer(rest: Rest, frozen: Clock) -> None:
    session, [question] = rest.asked({})
    rest.put(f"/session-questions/{question.id}/review", **APPROVED)
    frozen.forward(minutes=1)
    for step in ("reviewed", "completed"):
        of(rest.put(f"/answering-sessions/{session.id}/status", status=step))
    issue = of(rest.get("/issues/get", id=session.asked[0]))
    assert (issue["status"], issue["updatedAt"]) == ("open", "2026-03-01T12:01:00Z")


def test_github_follows_each_step(rest: Rest) -> None:
    session, [question] = rest.asked({})
    with rest.db.write() as tx:
        mine = tx.get_one(Project, rest.mine.id)
        mine.repository_id, mine.url = 5, "https://github.test/o/r"
    review = {"reviews": [{"id": question.id, **APPROVED}]}
    path = f"/answering-sessions/{session.id}"
    steps: list[tuple[Any, set[str]]] = [
        (lambda: rest.post("/session-questions/review", **review), {"show_questions"}),
        (lambda: rest.put(f"{path}/status", status="reviewed"), {"show_questions"}),
        (lambda: rest.put(f"{path}/status", status="active"), {"show_questions"}),
        (lambda: rest.delete(path), {"show_questions"}),
        (lambda: rest.post(f"{path}/restore"), {"show_questions"}),
        (lambda: rest.put(f"{path}/status", status="reviewed"), {"show_questions"}),
        (lambda: rest.put(f"{path}/status", status="completed"), {"show_questions", "show_issue"}),
    ]
    for step, (act, follows) in enumerate(steps):
        with rest.db.write() as tx:
            tx.query(Outbox).delete()
        of(act()) if step else act()
        assert set(jobs(rest)) == follows, step


def test_one_without_questions_goes_on_after_its_review(rest: Rest) -> None:
    path = f"/answering-sessions/{rest.asked()[0].id}/status"
    refused(rest.put(path, status="active"), 409, "CONFLICT", "status")
    assert of(rest.put(path, status="reviewed"))["status"] == "reviewed"
    assert of(rest.put(path, status="active"))["status"] == "active"


@pytest.mark.parametrize("answered", [True, False])
def test_answers_of_one_that_comes_back_are_fixed_in_their_time(rest: Rest, answered: bool) -> None:
    session, [question] = rest.asked({})
    with rest.db.write() as tx:
        row, ours = questions.get(tx, rest.mine.id, question.id, lock=True)
        source = questions.Source("comment:1", "https://github.test/1", clock.now())
        if answered:
            questions.vote(tx, rest.mine, ours, row, questions.Voter("mona", 1), source, "approved")
    path = f"/answering-sessions/{session.id}"
    rest.delete(path)
    with rest.db.write() as tx:
        tx.query(Outbox).delete()
    assert of(rest.post(f"{path}/restore"))["status"] == "active"
    assert jobs(rest) == ["settle"] * answered
