"""Answering sessions by REST."""

from __future__ import annotations

from collections.abc import Sequence

from api.routes import Call, Routes
from api.schemas.answering_sessions import (
    Answered,
    AnsweringById,
    AnsweringFilters,
    AnsweringNamed,
    AnsweringOut,
    NewAnswering,
    NewAnsweringOut,
    NewQuestions,
    NewStatus,
    Receipt,
)
from api.schemas.base import PullRequest
from bot.domain import answering, callbacks, handover
from bot.domain.pages import Page
from bot.store.models import AnsweringSession

routes = Routes()


@routes.get("/answering-sessions", scope="answering-sessions:read")
def list_(call: Call, query: AnsweringFilters) -> Page[AnsweringOut]:
    """The project's answering sessions, newest first; archived ones only by `status=archived`."""
    filters = {"issue_session_id": query.issue_session_id, "status": query.status}
    page = answering.listed(call.tx, call.project_id, **filters, limit=query.limit, after=call.after)
    return Page(answering_out(call, page.rows), page.after)


@routes.get("/answering-sessions/:id", scope="answering-sessions:read")
def get(call: Call, query: AnsweringById) -> AnsweringOut:
    """One answering session, also an archived one."""
    return _one(call, answering.get(call.tx, call.project_id, query.id, lock=call.locks))


@routes.post("/answering-sessions", scope="answering-sessions:write", status=201, starts=True)
def create(call: Call, body: NewAnswering) -> NewAnsweringOut:
    """Have an agent ask about what an issue session saw, or about the issues that are named."""
    session = answering.create(call.tx, call.project, created_by=call.actor, **body.given())
    token = None if session.agent else callbacks.grant(session)
    return NewAnsweringOut(**vars(_one(call, session)), callback_token=token)


@routes.put("/answering-sessions/:id/status", scope="answering-sessions:write")
def set_status(call: Call, body: NewStatus) -> AnsweringOut:
    """Say that a session is reviewed, open it again, complete it, or archive it."""
    session = _named(call, body.id)
    handover.set_status(call.tx, call.project, session, body.status)
    return _one(call, session)


@routes.delete("/answering-sessions/:id", scope="answering-sessions:write")
def delete(call: Call, body: AnsweringNamed) -> AnsweringOut:
    """Archive an answering session; asking that is under way is cancelled."""
    session = _named(call, body.id)
    answering.archive(call.tx, call.project, session)
    return _one(call, session)


@routes.post("/answering-sessions/:id/restore", scope="answering-sessions:write")
def restore(call: Call, body: AnsweringNamed) -> AnsweringOut:
    """Take an archived answering session back, in the state it had."""
    session = _named(call, body.id)
    answering.restore(call.tx, call.project, session)
    return _one(call, session)


@routes.post("/answering-sessions/:id/retry", scope="answering-sessions:write", starts=True)
def retry(call: Call, body: AnsweringNamed) -> AnsweringOut:
    """Ask again, where asking failed."""
    session = _named(call, body.id)
    answering.retry(call.tx, call.project, session)
    return _one(call, session)


@routes.post("/answering-sessions/:id/questions", scope="answering-sessions:write", callback=True)
def ask(call: Call, body: NewQuestions) -> AnsweringOut:
    """Add the questions of an outside agent; the same ones once more change nothing."""
    session = _named(call, body.id)
    callbacks.ask(call.tx, call.project, session, [one.model_dump() for one in body.questions])
    return _one(call, session)


@routes.get("/answering-sessions/:id/receipt", scope="answering-sessions:read")
def receipt(call: Call, query: AnsweringById) -> Receipt:
    """The answers as they were fixed: what was decided, by whom, how and when, about which commit."""
    session = answering.get(call.tx, call.project_id, query.id)
    handover.must_be_fixed(session)
    return Receipt(
        answering_session_id=session.id, answers_digest=session.answers_digest or "", commit=session.commit,
        answers=[Answered.model_validate(answer) for answer in session.answers],
    )  # fmt: skip


def _named(call: Call, session_id: str) -> AnsweringSession:
    return answering.get(call.tx, call.project_id, session_id, lock=True)


def _one(call: Call, session: AnsweringSession) -> AnsweringOut:
    return answering_out(call, [session])[0]


def answering_out(call: Call, sessions: Sequence[AnsweringSession]) -> list[AnsweringOut]:
    """The sessions as callers see them."""
    counts = answering.counts(call.tx, [session.id for session in sessions])
    found = []
    for session in sessions:
        out = AnsweringOut.model_validate(session)
        out.question_count, out.reviewed_count = counts.get(session.id, (0, 0))
        if number := session.pull_request_number:
            url = session.pull_request_url or f"{call.project.url}/pull/{number}"
            out.pull_request = PullRequest(number=number, url=url)
        found.append(out)
    return found
