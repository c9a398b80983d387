"""A round of questions on GitHub: where it is asked, and what becomes of that place meanwhile."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain import answering, intents
from bot.store import clock, outbox
from bot.store.models import AnsweringSession, ChainItem, GithubObject, Project, SessionQuestion, WorkChain

State = Literal["open", "closed", "merged", "locked", "missing"]
OF_QUESTIONS = ("thread", "question")
NOT_SHOWN = "GitHub does not show how the questions stand"


@dataclass(frozen=True)
class Ground:
    """What questions are asked on; `head` is the commit of a pull request, None for an issue."""

    number: int
    url: str
    state: State
    head: str | None = None

    @property
    def trouble(self) -> str | None:
        """Why nothing can be asked or answered there, and what to do, in a sentence."""
        noun = "Pull request" if self.head else "Issue"
        told = {
            "closed": f"{noun} #{self.number} is closed on GitHub: reopen it there, or answer by REST.",
            "merged": f"Pull request #{self.number} is merged already: answer by REST.",
            "locked": f"{noun} #{self.number} is locked on GitHub: unlock it there, or answer by REST.",
            "missing": f"GitHub has no pull request or issue #{self.number}: answer by REST, or ask on another one.",
        }
        return told.get(self.state)


def on(tx: Session, project: Project, number: int) -> list[AnsweringSession]:
    """The sessions that are asked on this pull request or issue, oldest first."""
    query = select(AnsweringSession).where(
        AnsweringSession.project_id == project.id,
        AnsweringSession.pull_request_number == number,
        AnsweringSession.status != "archived",
    )
    return list(tx.scalars(query.order_by(AnsweringSession.id).with_for_update()))


def look(tx: Session, project: Project, number: int) -> None:
    """Something happened to this pull request: see what that means for the questions on it."""
    for session in on(tx, project, number):
        _look(tx, project, session)


def code_moved(tx: Session, project: Project) -> None:
    """The default branch moved: questions on branches of ours may be about lines that are different now."""
    query = select(AnsweringSession).where(
        AnsweringSession.project_id == project.id,
        AnsweringSession.status == "active",
        AnsweringSession.branch.is_not(None),
    )
    for session in tx.scalars(query):
        _look(tx, project, session)


def look_at_all(tx: Session, project: Project) -> None:
    """Nothing was heard of the project for a while: see what became of the places where questions are asked."""
    query = select(AnsweringSession).where(
        AnsweringSession.project_id == project.id, AnsweringSession.status.in_(("active", "reviewed"))
    )
    for session in tx.scalars(query):
        _look(tx, project, session)


def found(session: AnsweringSession, there: Ground) -> None:
    """This is where the questions are asked; while they wait, the session says what is wrong with that."""
    ours = session.error is None or session.error in _troubles(there.number)
    if ours and session.status in ("active", "reviewed") and not session.answers_digest:
        session.error = there.trouble
    session.head, session.pull_request_url = there.head, there.url or session.pull_request_url


def seen(
    tx: Session, project: Project, session: AnsweringSession, there: Ground, outdated: Collection[int] | None
) -> None:
    """As `found`; `outdated` are the questions whose lines are different now, None: not looked at."""
    found(session, there)
    for question in answering.questions(tx, session.id) if outdated is not None else ():
        question.outdated = question.number in (outdated or ())
    if session.status not in ("pending", "archived"):
        answering.show(tx, project, session)


def not_shown(session: AnsweringSession, error: str) -> None:
    """GitHub takes it no more; the next change of its questions tries again."""
    session.error = f"{NOT_SHOWN}: {error}"


def shown(session: AnsweringSession) -> None:
    """GitHub shows the round as it stands."""
    if (session.error or "").startswith(NOT_SHOWN):
        session.error = None


def posted(tx: Session, session: AnsweringSession) -> None:
    """All its questions are on GitHub."""
    session.asked_at = session.asked_at or clock.now()


def comment_gone(tx: Session, project: Project, comment_id: int, *, in_thread: bool) -> None:
    """Somebody deleted a comment of ours: a question or an index is posted again, once."""
    for kind in ("thread",) if in_thread else ("question", "index"):
        local_id = intents.numbered(tx, project.repository_id or 0, comment_id, kind)
        if local_id is None:
            continue
        intents.lost(tx, kind, comment_id)
        question = tx.get(SessionQuestion, local_id)
        if question is not None and question.comment_id in (None, comment_id):
            question.comment_id = question.url = None
        session_id = question.answering_session_id if question else local_id
        answering.show(tx, project, tx.get_one(AnsweringSession, session_id))


def may_be_posted(tx: Session, question: SessionQuestion) -> bool:
    """Whether it is not on GitHub, and was not deleted there twice."""
    lost = select(GithubObject.local_id).where(
        GithubObject.kind.in_(OF_QUESTIONS),
        GithubObject.local_id.in_((question.id, question.id + intents.AGAIN)),
        GithubObject.state == intents.LOST,
    )
    return question.url is None and len(list(tx.scalars(lost))) < 2


def speaker(tx: Session, session: AnsweringSession) -> AnsweringSession:
    """Of the rounds on one pull request the one that its check run tells of: the newest open one, else the newest."""
    query = select(AnsweringSession).where(
        AnsweringSession.project_id == session.project_id,
        AnsweringSession.pull_request_number == session.pull_request_number,
        AnsweringSession.status.in_(("active", "reviewed", "completed")),
    )
    newest_last = (AnsweringSession.status != "completed", AnsweringSession.id)
    return (list(tx.scalars(query.order_by(*newest_last))) or [session])[-1]


def follow(tx: Session, project: Project, chain: WorkChain) -> None:
    """The chain pushed or came to an end: its pull request has another head, and answers were applied."""
    on_its_pull = AnsweringSession.pull_request_number == chain.pull_request_number
    query = select(AnsweringSession).where(
        AnsweringSession.project_id == project.id,
        AnsweringSession.status.in_(("active", "reviewed", "completed")),
        on_its_pull | AnsweringSession.id.in_(_applied_by(tx, project, chain)),
    )
    for session in tx.scalars(query.with_for_update()):
        if session.pull_request_number == chain.pull_request_number and session.head and chain.head:
            session.head = chain.head
        answering.show(tx, project, session)


def chains_on(tx: Session, session: AnsweringSession) -> list[WorkChain]:
    """The chains that work on the branch that the session opened."""
    query = select(WorkChain).where(
        WorkChain.project_id == session.project_id, WorkChain.branch_name == session.branch
    )
    return list(tx.scalars(query.with_for_update()))


def _applied_by(tx: Session, project: Project, chain: WorkChain) -> set[str]:
    """The sessions with threads that wait for one of the chain's issues to be worked."""
    issue_ids = set(tx.scalars(select(ChainItem.issue_id).where(ChainItem.chain_id == chain.id)))
    waiting = (
        select(SessionQuestion.answering_session_id, SessionQuestion.issue_ids)
        .join(AnsweringSession, AnsweringSession.id == SessionQuestion.answering_session_id)
        .where(
            AnsweringSession.project_id == project.id,
            AnsweringSession.status == "completed",
            SessionQuestion.comment_id.is_not(None),
            SessionQuestion.applied_at.is_(None),
        )
    )
    return {session_id for session_id, about in tx.execute(waiting) if issue_ids & set(about)}


def _troubles(number: int) -> set[str | None]:
    states: tuple[State, ...] = ("closed", "merged", "locked", "missing")
    return {Ground(number, "", state, head).trouble for state in states for head in (None, "a commit")}


def _look(tx: Session, project: Project, session: AnsweringSession) -> None:
    if project.repository_id and project.mode == "live":
        outbox.add(tx, "look_at_round", lane=f"answers:{session.id}", session_id=session.id)
