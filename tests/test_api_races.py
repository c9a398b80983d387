"""What people, programs and jobs do at the same time: one wins, nothing is doubled, and all counts stay true."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from werkzeug.test import TestResponse

from bot.config import Config
from bot.domain import answering, intents, projects, questions
from bot.jobs.runner import Runner
from bot.jobs.tools import Tools
from bot.store import clock
from bot.store.db import Database
from bot.store.models import AnsweringSession, Outbox, SessionQuestion
from tests.rest import Rest, at_once

ROUNDS = range(6)
Request = tuple[str, str, dict[str, Any]]


@pytest.fixture
def rest(config: Config, db: Database) -> Rest:
    return Rest(config, db)


def put(session: AnsweringSession, status: str) -> Request:
    return "PUT", f"/answering-sessions/{session.id}/status", {"status": status}


def approve(question: SessionQuestion) -> Request:
    return "PUT", f"/session-questions/{question.id}/review", {"status": "approved"}


def decline(question: SessionQuestion, correction: str = "No") -> Request:
    body = {"status": "declined", "correction": correction}
    return "PUT", f"/session-questions/{question.id}/review", body


def callback(session: AnsweringSession, *names: str, assumption: str = "Yes.") -> Request:
    asked = [{"externalId": name, "question": "May it?", "assumption": assumption} for name in names]
    return "POST", f"/answering-sessions/{session.id}/questions", {"questions": asked}


def bulk(*reviewed: SessionQuestion, correction: str) -> Request:
    one = {"status": "declined", "correction": correction}
    return "POST", "/session-questions/review", {"reviews": [one | {"id": row.id} for row in reviewed]}


def codes(answers: list[TestResponse]) -> list[int]:
    return [answer.status_code for answer in answers]


def now(rest: Rest, session: AnsweringSession) -> dict[str, Any]:
    """The session, whose counts must be those of its questions."""
    told: dict[str, Any] = rest.get(f"/answering-sessions/{session.id}").json["data"]
    rows = questions_of(rest, session)
    reviewed = sum(row["status"] != "pending" for row in rows)
    assert (told["questionCount"], told["reviewedCount"]) == (len(rows), reviewed)
    assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
    return told


def questions_of(rest: Rest, session: AnsweringSession) -> list[dict[str, Any]]:
    return list(rest.get("/session-questions", answeringSessionId=session.id).json["data"])


def answered(rest: Rest, *statuses: str, agent: bool = False) -> tuple[AnsweringSession, SessionQuestion]:
    """A session whose one question is approved, then brought to these; `agent`: ours asks in it."""
    session, [question] = rest.asked({})
    with rest.db.write() as tx:
        answering.get(tx, rest.mine.id, session.id).agent = agent
    for request in (approve(question), *[put(session, status) for status in statuses]):
        assert rest.caller(*request)().status_code == 200
    return session, question


def jobs(rest: Rest, job: str) -> int:
    with rest.db.read() as tx:
        return tx.query(Outbox).filter(Outbox.job == job).count()


def test_bulk_reviews_of_the_same_questions_in_any_order(rest: Rest) -> None:
    _, first = rest.asked({}, {})
    _, second = rest.asked({}, {})
    both = [first[0], second[0], first[1], second[1]]
    for _ in ROUNDS:
        answers = rest.at_once(
            bulk(*both, correction="One"), bulk(*reversed(both), correction="Two"), bulk(*both[2:], correction="Three"),
        )  # fmt: skip
        assert codes(answers) == [200] * 3
        told = [rest.get(f"/session-questions/{row.id}").json["data"]["answer"] for row in both]
        assert told[0] == told[1] in ("One", "Two")
        assert told[2] == told[3] in (told[0], "Three")


def test_a_review_and_the_end_of_reviewing(rest: Rest) -> None:
    for _ in ROUNDS:
        session, question = answered(rest)
        reviewed, ended = codes(rest.at_once(decline(question), put(session, "reviewed")))
        assert ended == 200 and now(rest, session)["status"] == "reviewed"
        [row] = questions_of(rest, session)
        assert row["answer"] == {200: "No", 409: "Yes, it may."}[reviewed]


def test_two_ends_of_reviewing_are_one(rest: Rest) -> None:
    for before in ROUNDS:
        session, _ = answered(rest, agent=True)
        assert codes(rest.at_once(*[put(session, "reviewed")] * 3)) == [200] * 3
        assert now(rest, session)["status"] == "reviewed" and jobs(rest, "freeze") == before + 1


def test_another_question_and_the_end_of_reviewing(rest: Rest) -> None:
    for _ in ROUNDS:
        session, _ = answered(rest)
        told = codes(rest.at_once(callback(session, "late"), put(session, "reviewed")))
        state = now(rest, session)
        expected = {(200, 409): ("active", 2), (409, 200): ("reviewed", 1)}
        assert (state["status"], state["questionCount"]) == expected[told[0], told[1]]


def test_the_same_callback_again_and_again(rest: Rest) -> None:
    for _ in ROUNDS:
        session, _ = rest.asked()
        same = [callback(session, "a", "b")] * 3
        answers = rest.at_once(*same, callback(session, "b", "c"), callback(session, "d"))
        assert codes(answers) == [200] * 5
        state = now(rest, session)
        assert (state["status"], state["questionCount"]) == ("active", 4)


def test_of_two_questions_of_one_name_there_is_one(rest: Rest) -> None:
    for _ in ROUNDS:
        session, _ = rest.asked()
        answers = rest.at_once(*[callback(session, "a", assumption=f"Yes, {number}.") for number in range(3)])
        assert sorted(codes(answers)) == [200, 409, 409]
        assert now(rest, session)["questionCount"] == 1


def test_answers_are_handed_over_once(rest: Rest) -> None:
    for _ in ROUNDS:
        session, _ = answered(rest, "reviewed")
        answers = rest.at_once(*[put(session, "completed")] * 3)
        assert codes(answers) == [200] * 3
        assert len({answer.json["data"]["completedAt"] for answer in answers}) == 1
        [given] = rest.get("/issues/get", id=session.asked[0]).json["data"]["answers"]
        assert given["answer"] == "Yes, it may."


def test_reopening_and_completing(rest: Rest) -> None:
    for _ in ROUNDS:
        session, _ = answered(rest, "reviewed")
        told = codes(rest.at_once(put(session, "active"), put(session, "completed")))
        state = now(rest, session)
        assert state["status"] == {(200, 409): "active", (409, 200): "completed"}[told[0], told[1]]
        assert (state["answersDigest"] is not None) == (state["status"] == "completed")


def test_sessions_about_the_same_issues_complete_side_by_side(rest: Rest) -> None:
    issues = [rest.issue().id for _ in range(4)]
    for number in ROUNDS:
        made = []
        for order in (issues, issues[::-1]):
            session, rows = rest.asked(*[{"issue_ids": [issue]} for issue in order])
            for request in (bulk(*rows, correction=session.id), put(session, "reviewed")):
                assert rest.caller(*request)().status_code == 200
            made.append(session)
        assert codes(rest.at_once(*[put(session, "completed") for session in made])) == [200, 200]
        for issue in issues:
            given = rest.get("/issues/get", id=issue).json["data"]["answers"]
            assert len(given) == 2 * (number + 1), "each answer once"


def test_the_freeze_and_a_reopening(rest: Rest, config: Config) -> None:
    for _ in ROUNDS:
        session, _ = answered(rest, "reviewed", agent=True)
        drain = Runner(rest.db, Tools(config)).drain
        _, answer = at_once(drain, rest.caller(*put(session, "active")))
        state = now(rest, session)
        assert state["status"] == {200: "active", 409: "completed"}[answer.status_code]
        assert (state["answersDigest"] is not None) == (state["status"] == "completed")


def test_the_settling_of_votes_and_a_review(rest: Rest, config: Config) -> None:
    for _ in ROUNDS:
        session, [question] = rest.asked({})
        voted(rest, question)
        drain = Runner(rest.db, Tools(config)).drain
        _, answer = at_once(drain, rest.caller(*decline(question)))
        assert now(rest, session)["status"] == "reviewed"
        [row] = questions_of(rest, session)
        assert row["answer"] == {200: "No", 409: "Yes, it may."}[answer.status_code]


def voted(rest: Rest, question: SessionQuestion) -> None:
    """Somebody approved it on GitHub a while ago: its session is about to be reviewed."""
    with rest.db.write() as tx:
        row, session = questions.get(tx, rest.mine.id, question.id, lock=True)
        vote(tx, row, session, "approved", at=clock.now() - timedelta(days=1))
        session.voted_at = clock.now() - timedelta(days=1)
        tx.execute(update(Outbox).where(Outbox.job == "settle").values(due_at=clock.now()))


def vote(tx: Any, question: SessionQuestion, session: AnsweringSession, status: str, at: datetime) -> None:
    source, mona = questions.Source("comment:1", "https://github.test/1", at), questions.Voter("mona", 1)
    project = projects.find(tx, "mine")
    questions.vote(
        tx, project, session, question, mona, source, status, "No" if status == "declined" else None
    )


def test_a_reply_in_a_thread_and_a_review(rest: Rest) -> None:
    session, [question] = rest.asked({})
    with rest.db.write() as tx:
        tx.get_one(SessionQuestion, question.id).comment_id = 7
        intents.intend(tx, "thread", question.id, 0)
        tx.flush()
        intents.made(tx, "thread", question.id, 7)

    def reply() -> None:
        with rest.db.write() as tx:
            found = questions.on_comment(tx, rest.mine, 7)
            assert found
            vote(tx, *found, "declined", at=clock.now())

    for _ in ROUNDS:
        review = rest.caller(*approve(question))
        _, _, first, second = at_once(reply, reply, review, review)
        assert codes([first, second]) == [200, 200]
        now(rest, session)
        [row] = questions_of(rest, session)
        assert (row["status"], row["conflict"]) in (("approved", False), ("pending", True))


def test_a_start_and_a_delete(rest: Rest) -> None:
    for _ in ROUNDS:
        chain = rest.chain().id
        body = {"chainId": chain}
        started, deleted = codes(
            rest.at_once(("POST", "/work-chains/start", body), ("POST", "/work-chains/delete", body))
        )
        assert (started, deleted) in ((201, 409), (404, 200))
        assert len(rest.get("/runs/list", chainId=chain).json["data"]) == (started == 201)


def test_a_start_and_the_deletion_of_its_issue(rest: Rest) -> None:
    for _ in ROUNDS:
        issue = rest.issue().id
        chain = rest.chain(issue).id
        started, deleted = codes(
            rest.at_once(
                ("POST", "/work-chains/start", {"chainId": chain}),
                ("POST", "/issues/delete", {"issueId": issue}),
            )
        )
        assert started == 201 and deleted in (200, 409)
        assert len(rest.get("/runs/list", chainId=chain).json["data"]) == (deleted == 409)
