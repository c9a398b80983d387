"""What a command means by *its* session, questions and chain: those that belong to the thread it stands in."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.domain import answering, questions, states
from bot.domain.errors import Invalid, NotFound
from bot.store.models import (
    AnsweringSession,
    ChainItem,
    GivenCommand,
    Issue,
    IssueSession,
    Project,
    SessionQuestion,
    WorkChain,
)

# the chains that an action is for, where a thread has several
_MEANT = {
    "start": ("pending", "failed"),
    "pause": ("running",),
    "resume": ("paused",),
    "retry": ("failed", "paused", "running"),
    "skip": ("running", "paused", "failed", "pending"),
    "cancel": ("running", "paused", "pending", "failed"),
}


Question = tuple[SessionQuestion, AnsweringSession]


def questions_of(tx: Session, project: Project, number: int) -> dict[int, Question]:
    """By number: the questions asked on this pull request or issue, else those that were last asked about the issue."""
    there = questions.numbered(tx, project, number)
    if there:
        return there
    session = _about(tx, project, number)
    return {row.number: (row, session) for row in answering.questions(tx, session.id)} if session else {}


def session(tx: Session, project: Project, number: int) -> AnsweringSession:
    """The session of these questions, the newest that is open. Raises NotFound."""
    there = {session.id: session for _, session in questions_of(tx, project, number).values()}
    found = max(there.values(), key=lambda one: (one.status == "active", one.id), default=None)
    found = found or questions.on_pull_request(tx, project, number)
    if found is None:
        raise NotFound("No questions were asked here.")
    return found


def unclear(tx: Session, project: Project, number: int) -> list[str]:
    """The issues to ask about on a pull request that names none: of its last round, else of its chain."""
    asked = questions.on_pull_request(tx, project, number)
    if asked is not None:
        return asked.asked
    items = select(ChainItem.issue_id).join(WorkChain, WorkChain.id == ChainItem.chain_id)
    here = (WorkChain.project_id == project.id, WorkChain.pull_request_number == number)
    left = (WorkChain.deleted_at.is_(None), ChainItem.status.not_in(states.ITEM_WORKED))
    found = list(tx.scalars(items.where(*here, *left).order_by(ChainItem.position)))
    if not found:
        raise Invalid("Name the issues to ask about, as in `/askfirst ask #1`.")
    return found


def chain(tx: Session, project: Project, number: int, action: str) -> WorkChain:
    """The newest chain of this issue or pull request, rather one that the action is for. Raises NotFound."""
    asked_here = select(AnsweringSession.id).where(
        AnsweringSession.project_id == project.id, AnsweringSession.pull_request_number == number
    )
    with_issue = (
        select(ChainItem.chain_id)
        .join(Issue, Issue.id == ChainItem.issue_id)
        .where(Issue.project_id == project.id, Issue.github_number == number)
    )
    query = select(WorkChain).where(
        WorkChain.project_id == project.id,
        WorkChain.deleted_at.is_(None),
        or_(
            WorkChain.pull_request_number == number,
            WorkChain.id.in_(_made(tx, project, number, "wc")),
            WorkChain.id.in_(with_issue),
            WorkChain.answering_session_id.in_(asked_here),
        ),
    )
    found = list(tx.scalars(query.order_by(WorkChain.id.desc())))
    if not found:
        raise NotFound("No work was planned here; `/askfirst work` plans some.")
    return next((one for one in found if one.status in _MEANT[action]), found[0])


def to_cancel(tx: Session, project: Project, number: int) -> IssueSession | WorkChain:
    """The scan that was started here and still runs, else the chain. Raises NotFound."""
    query = select(IssueSession).where(
        IssueSession.id.in_(_made(tx, project, number, "is")), IssueSession.status == "active"
    )
    scan = tx.scalars(query.order_by(IssueSession.id.desc()).with_for_update()).first()
    return scan or chain(tx, project, number, "cancel")


def is_starter(tx: Session, project: Project, number: int, user_id: int) -> bool:
    """Whether what `cancel` would end here was made by a command of this person."""
    try:
        target = to_cancel(tx, project, number)
    except NotFound:
        return False
    query = select(GivenCommand.id).where(
        GivenCommand.project_id == project.id,
        GivenCommand.object_id == target.id,
        GivenCommand.user_id == user_id,
    )
    return tx.scalars(query.limit(1)).first() is not None


def starter(tx: Session, chain: WorkChain) -> tuple[str, int] | None:
    """The login and id of the person whose command started the chain last; None where it was started by REST."""
    query = select(GivenCommand.login, GivenCommand.user_id).where(
        GivenCommand.object_id == chain.id,
        GivenCommand.verb.in_(("start", "fix")),
        GivenCommand.app_id.is_(None),
    )
    found = tx.execute(query.order_by(GivenCommand.given_at.desc()).limit(1)).first()
    return (found[0], found[1]) if found else None


def _made(tx: Session, project: Project, number: int, prefix: str) -> list[str | None]:
    """The ids of what commands in this thread made."""
    query = select(GivenCommand.object_id).where(
        GivenCommand.project_id == project.id,
        GivenCommand.number == number,
        GivenCommand.object_id.startswith(f"{prefix}_"),
    )
    return list(tx.scalars(query))


def _about(tx: Session, project: Project, number: int) -> AnsweringSession | None:
    issue_id = tx.scalars(
        select(Issue.id).where(Issue.project_id == project.id, Issue.github_number == number)
    ).first()
    query = select(AnsweringSession).where(
        AnsweringSession.project_id == project.id,
        AnsweringSession.status.in_(("active", "reviewed", "completed")),
    )
    newest = tx.scalars(query.order_by(AnsweringSession.id.desc()).with_for_update())
    return next((one for one in newest if issue_id in one.asked), None) if issue_id else None
