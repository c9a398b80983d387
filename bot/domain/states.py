"""The state machines, each as a table: action -> (the states it starts from, the state it leads to)."""

from __future__ import annotations

from bot.domain.errors import Conflict
from bot.store import clock
from bot.store.models import AnsweringSession, ChainItem, Issue, IssueSession, SessionQuestion, WorkChain

Moves = dict[str, tuple[tuple[str, ...], str]]

ISSUE_STATUSES = ("open", "running", "completed", "failed", "dismissed")
ISSUE_OPEN = ("open", "running", "failed")  # what GitHub calls open
ISSUE: Moves = {
    "run_started": (("open", "failed", "running"), "running"),
    "fix_pushed": (("running",), "running"),
    "merged": (("running",), "completed"),
    "returned": (("running",), "open"),
    "proposed_again": (("open",), "running"),
    "run_failed": (("running",), "failed"),
    "closed": (("open", "running", "failed", "dismissed"), "completed"),
    "gone": (("open", "running", "failed", "dismissed"), "completed"),
    "dismissed": (("open", "running", "failed", "dismissed"), "dismissed"),
    "lost": (ISSUE_STATUSES, "dismissed"),
    "reopened": (("completed", "dismissed", "failed"), "open"),
    "found_again": (("completed",), "open"),
}
RESOLUTIONS = {
    "fix_pushed": "proposed", "proposed_again": "proposed", "merged": "merged", "closed": "closed", "gone": "gone",
    "dismissed": "not_planned", "lost": "not_planned",
}  # fmt: skip

SESSION_STATUSES = ("active", "completed", "failed", "cancelled")
SESSION: Moves = {
    "complete": (("active",), "completed"),
    "fail": (("active",), "failed"),
    "cancel": (("active",), "cancelled"),
}

ANSWERING_STATUSES = ("pending", "active", "reviewed", "completed", "archived")
ANSWERING: Moves = {
    "active": (("pending", "reviewed"), "active"),
    "reviewed": (("pending", "active"), "reviewed"),
    "completed": (("reviewed",), "completed"),
    "archived": (("pending", "active", "reviewed", "completed"), "archived"),
}

ASKING = ("pending", "active")  # questions may still come, and reviews
QUESTION_STATES = (
    "pending",
    "approved",
    "declined",
    "conflict",
)  # a conflict is kept as pending, with its flag
# how a question stands is what all voices that count come to, heard one after the other
QUESTION: Moves = {
    "approved": (("pending", "approved"), "approved"),
    "declined": (("pending", "declined"), "declined"),
    "contradicted": (("approved", "declined", "conflict"), "conflict"),
}
# what may be done to a question: in which states of its session, and in which of its own
QUESTION_ACTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "review": (ASKING, QUESTION_STATES),
    "withdraw": (ASKING, QUESTION_STATES),
    "assume": (ASKING, ("pending", "declined", "conflict")),
    "vote": (("active",), QUESTION_STATES),
}

CHAIN_STATUSES = ("pending", "running", "paused", "completed", "failed", "cancelled")
CHAIN: Moves = {
    "start": (("pending", "failed"), "running"),
    "pause": (("running",), "paused"),
    "resume": (("paused",), "running"),
    "complete": (("running",), "completed"),
    "fail": (("running",), "failed"),
    "cancel": (("pending", "running", "paused", "failed"), "cancelled"),
}

ITEM_STATUSES = ("pending", "running", "waiting", "done", "no_change", "skipped", "failed")
ITEM_WORKED = ("done", "no_change", "skipped")
ITEM: Moves = {
    "work": (("pending",), "running"),
    "wait": (("pending", "running"), "waiting"),
    "return": (("running", "waiting"), "pending"),
    "push": (("running",), "done"),
    "change_nothing": (("running",), "no_change"),
    "fail": (("running",), "failed"),
    "skip": (("pending", "waiting", "failed"), "skipped"),
    "retry": (("no_change", "skipped", "failed"), "pending"),
}


def allows(issue: Issue, action: str) -> bool:
    """Whether the issue's state lets this action happen."""
    return issue.status in ISSUE[action][0]


def move(issue: Issue, action: str, *, resolution: str | None = None, reason: str | None = None) -> None:
    """Take one step of ISSUE. Raises Conflict when the issue's state does not allow it."""
    issue.status = _step(ISSUE, f"Issue {issue.id}", issue.status, action, "issueId")
    issue.resolution = resolution or RESOLUTIONS.get(action)
    issue.failure_reason = reason
    issue.updated_at = clock.now()
    issue.completed_at = issue.updated_at if issue.status == "completed" else None


def move_session(session: IssueSession, action: str) -> None:
    """Take one step of SESSION. Raises Conflict when the session has ended."""
    session.status = _step(SESSION, f"Session {session.id}", session.status, action, "sessionId")
    session.completed_at = clock.now()


def move_answering(session: AnsweringSession, action: str) -> None:
    """Take one step of ANSWERING; each action is named by the state it leads to. Raises Conflict."""
    session.status = _step(ANSWERING, f"Session {session.id}", session.status, action, "status")
    if session.status not in ASKING:
        session.callback_digest = None  # for good: who reopens it asks with an API key


def stands(question: SessionQuestion) -> str:
    """Which of QUESTION_STATES the question is in."""
    return "conflict" if question.conflict else question.status


def lets(session: AnsweringSession, question: SessionQuestion, act: str) -> bool:
    """Whether the states of both let this be done to the question: see QUESTION_ACTS."""
    in_session, in_state = QUESTION_ACTS[act]
    return session.status in in_session and stands(question) in in_state


def move_question(question: SessionQuestion, action: str) -> None:
    """Take one step of QUESTION. Raises Conflict."""
    state = _step(QUESTION, f"Question {question.id}", stands(question), action, "id")
    question.conflict = state == "conflict"
    question.status = "pending" if question.conflict else state


def must_allow(chain: WorkChain, action: str) -> None:
    """Raises Conflict where the chain's state does not allow this action."""
    _step(CHAIN, f"Chain {chain.id}", chain.status, action, "chainId")


def move_chain(chain: WorkChain, action: str, *, reason: str | None = None) -> None:
    """Take one step of CHAIN; `reason` says why it is paused. Raises Conflict."""
    chain.status = _step(CHAIN, f"Chain {chain.id}", chain.status, action, "chainId")
    chain.paused_reason = reason
    chain.completed_at = clock.now() if chain.status in ("completed", "cancelled") else None


def move_item(item: ChainItem, action: str, *, error: str | None = None) -> None:
    """Take one step of ITEM; `error` says why it was not done. Raises Conflict."""
    item.status = _step(ITEM, f"Item {item.issue_id}", item.status, action, "issueId")
    item.error = error


def _step(moves: Moves, what: str, present: str, action: str, field: str) -> str:
    allowed, status = moves[action]
    if present not in allowed:
        raise Conflict(f"{what} is {present}; this needs it to be {' or '.join(allowed)}.", field)
    return status
