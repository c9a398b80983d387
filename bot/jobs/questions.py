"""Brings a round of questions onto GitHub, keeps it current there, and follows what happens to that place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from bot.domain import rounds
from bot.github import replytext
from bot.github.errors import Gone, NotFound
from bot.github.mirror import ensure_comment
from bot.github.questiontext import Question
from bot.github.recovery import Made
from bot.github.reviews import ensure_reply
from bot.jobs import applying, asking, pictures, roundfile
from bot.jobs.making import ensure
from bot.jobs.rounds import Round
from bot.jobs.work import Work
from bot.store.models import AnsweringSession, GithubObject, Project, SessionQuestion

# what is only said while it is so
HOLDS: dict[str, Callable[[Question], bool]] = {
    "conflict": lambda question: bool(question.conflict),
    "decided": lambda question: question.status != "pending",
    "open": lambda question: question.status == "pending",
}


def show(work: Work) -> None:
    """Ask what is not asked yet; bring index, check run and texts to how the questions stand."""
    round = _load(work)
    if round is None or round.project.paused_reason or not _is_there(round):
        return
    status = round.session.status
    if status == "archived" or not round.asked:
        return round.keep_index_and_check()
    asking.ask(round)
    asking.keep(round)
    if status == "completed":
        roundfile.complete(work, round.project, round.session)
        round.reload()
    round.keep_index_and_check()
    round.say_what_happened()
    if status == "completed":
        round.keep_body()
        applying.apply(round)


def not_shown(tx: Session, args: dict[str, str], error: str) -> None:
    """The last try failed: the session says why."""
    if session := tx.get(AnsweringSession, args["session_id"]):
        rounds.not_shown(session, error)


def look(work: Work) -> None:
    """See what has become of the place where questions are asked, and of the lines that they are about."""
    round = _load(work)
    if round is None or round.project.paused_reason or round.session.pull_request_number is None:
        return
    there = round.look()
    outdated = asking.outdated(round) if round.session.status == "active" else None
    with work.finish() as tx:
        session = tx.get_one(AnsweringSession, round.session.id)
        rounds.seen(tx, round.project, session, there, outdated)


def reply(work: Work) -> None:
    """Say something in a question's thread, or below them all where it has none; once."""
    local_id, about, values = work.args["local_id"], work.args["text"], work.args["values"]
    with work.note() as tx:
        row = tx.get(SessionQuestion, work.args["question_id"])
        if row is None:
            return
        session = tx.get_one(AnsweringSession, row.answering_session_id)
        project = tx.get_one(Project, session.project_id)
        question = next(one for one in pictures.questions_of(tx, session) if one.number == row.number)
    if about in HOLDS and not HOLDS[about](question):
        return
    body = replytext.REPLIES[about](question, **values)
    number, comment_id = session.pull_request_number or 0, row.comment_id

    def make(_row: GithubObject, since: datetime | None) -> Made:
        repo = work.tools.repo(project, pull_requests="write", issues="write")
        told = {"secret": work.tools.secret, "local_id": local_id, "recover_since": since}
        if comment_id is None:
            named = f"**{question.name}** · {body}"
            return ensure_comment(repo, **told, issue_number=number, comment_id=None, body=named)
        return ensure_reply(repo, **told, pull_number=number, comment_id=comment_id, body=body)

    try:
        ensure(work, project, "reply", local_id, "", make)
    except (NotFound, Gone):
        return


def _load(work: Work) -> Round | None:
    """The round of a job, unless its session was deleted for good."""
    with work.note() as tx:
        session = tx.get(AnsweringSession, work.args["session_id"])
        if session is None:
            return None
        project = tx.get_one(Project, session.project_id)
        return Round(work, project, session, pictures.questions_of(tx, session))


def _is_there(round: Round) -> bool:
    """Whether the round is on GitHub, or can be: what people named as the place is looked at once."""
    session = round.session
    if session.asked_at or round.is_ours:
        return bool(session.asked_at or (round.asked and session.status != "archived"))
    return session.status != "archived" and round.find()
