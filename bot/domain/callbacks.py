"""Callbacks: an outside agent asks in an answering session, with an API key or with the session's own token."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain import answering, issues, keys, states
from bot.domain.errors import Conflict, NotFound
from bot.store import clock
from bot.store.models import AnsweringSession, IssueSession, Project

PREFIX = "cb_"
FORM = re.compile(PREFIX + "[0-9A-Za-z]{43}")
GOOD_FOR = timedelta(days=7)
MOST = 100
LETTERS = "ABCDE"


@dataclass(frozen=True, slots=True)
class Callback:
    """Who asks with a session's token: the outside agent of that session, whose id is its name."""

    id: str
    project_id: str

    @property
    def actor(self) -> str:
        return f"callback:{self.id}"


def grant(session: AnsweringSession) -> str:
    """The session's token, which is not kept: good until the session leaves `active`, at most 7 days."""
    text = keys.fresh(PREFIX)
    session.callback_digest, session.callback_until = keys.digest(text), clock.now() + GOOD_FOR
    return text


def find(tx: Session, text: str) -> Callback | None:
    """Whose token this is, while it is good."""
    if not FORM.fullmatch(text):
        return None
    # looked up by its SHA-256, as keys are
    query = select(AnsweringSession.id, AnsweringSession.project_id).where(
        AnsweringSession.callback_digest == keys.digest(text), AnsweringSession.callback_until > clock.now()
    )
    found = tx.execute(query).first()
    return Callback(*found) if found else None


def ask(tx: Session, project: Project, session: AnsweringSession, given: Sequence[dict[str, Any]]) -> None:
    """Add these questions; one that was added before, word for word, is no news.

    Raises Conflict where the session takes none or no more, and for another question of a known name;
    NotFound for an issue that the session is not about.
    """
    _must_ask(tx, session)
    known = {row.external_id: row.given for row in answering.questions(tx, session.id)}
    fresh = []
    for place, one in enumerate(given):
        question = _question(tx, session, one, f"questions.{place}")
        name = question["external_id"]
        if name not in known:
            known[name] = question["given"]
            fresh.append(question)
        elif known[name] != question["given"]:
            raise Conflict(
                "It was asked before, in other words: give another question another externalId.",
                f"questions.{place}.externalId",
            )
    if len(known) > MOST:
        raise Conflict(f"A session has at most {MOST} questions; these would make {len(known)}.", "questions")
    if fresh:
        answering.asked(tx, project, session, fresh)


def _must_ask(tx: Session, session: AnsweringSession) -> None:
    if session.agent:
        raise Conflict(
            f"In session {session.id} our own agent asks; start one with agent: false to ask yourself.", "id"
        )
    if session.status not in states.ASKING:
        raise Conflict(f"Session {session.id} is {session.status}; it takes no more questions.", "id")
    scan = tx.get(IssueSession, session.issue_session_id) if session.issue_session_id else None
    if scan and scan.status != "completed":
        wait = "wait for its end" if scan.status == "active" else "there is nothing to ask about"
        raise Conflict(f"Issue session {scan.id} is {scan.status}: {wait}.", "id")


def _question(tx: Session, session: AnsweringSession, one: dict[str, Any], field: str) -> dict[str, Any]:
    """The question as the session keeps it; unless told otherwise it is about all that the session is about."""
    for issue_id in one["issue_ids"] or ():
        if issue_id not in session.asked:
            raise NotFound(f"Session {session.id} is not about an issue {issue_id}.", f"{field}.issueIds")
        issues.get(tx, session.project_id, issue_id, field=f"{field}.issueIds")
    question = {
        **one,
        "issue_ids": one["issue_ids"] or session.asked,
        "options": _lettered(one["options"]),
        "why": "",
        "places": [],
        "needs_own_answer": False,
    }
    return {**question, "given": keys.digest(json.dumps(question, sort_keys=True))}


def _lettered(options: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The options by their own letters, or else the recommended one first."""
    ordered = options
    if not any(option["letter"] for option in options):
        ordered = sorted(options, key=lambda option: not option["recommended"])
    return [{**option, "letter": letter} for letter, option in zip(LETTERS, ordered, strict=False)]
