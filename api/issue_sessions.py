"""Issue sessions by REST."""

from __future__ import annotations

from flask import current_app

from api.bulk import delete_each
from api.routes import Call, Routes, shown
from api.schemas.base import BulkDeleted, Paged
from api.schemas.issue_sessions import (
    NewName,
    NewSession,
    SessionById,
    SessionNamed,
    SessionOut,
    SessionsNamed,
)
from bot.domain import sessions
from bot.domain.errors import NotFound
from bot.domain.pages import Page
from bot.store.models import IssueSession

routes = Routes()


@routes.post("/issue-sessions/start", scope="issue-sessions:write", status=201, starts=True)
def start(call: Call, body: NewSession) -> SessionOut:
    """Have an agent look over the repository and file what it finds."""
    if body.template_id and body.template_id not in current_app.extensions["templates"]:
        raise NotFound(f"There is no template {body.template_id}.", "templateId")
    session = sessions.start(call.tx, call.project, created_by=call.actor, **body.given())
    return SessionOut.model_validate(session)


@routes.get("/issue-sessions/list", scope="issue-sessions:read")
def list_(call: Call, query: Paged) -> Page[SessionOut]:
    """The project's issue sessions, newest first, without those in the trash."""
    page = sessions.listed(call.tx, call.project_id, limit=query.limit, after=call.after)
    return shown(page, SessionOut.model_validate)


@routes.get("/issue-sessions/get", scope="issue-sessions:read")
def get(call: Call, query: SessionById) -> SessionOut:
    """One issue session, also from the trash."""
    return SessionOut.model_validate(sessions.get(call.tx, call.project_id, query.id, lock=call.locks))


@routes.post("/issue-sessions/rename", scope="issue-sessions:write")
def rename(call: Call, body: NewName) -> SessionOut:
    """Give an issue session another name."""
    session = _named(call, body.session_id)
    sessions.rename(session, body.name)
    return SessionOut.model_validate(session)


@routes.post("/issue-sessions/cancel", scope="issue-sessions:write")
def cancel(call: Call, body: SessionNamed) -> SessionOut:
    """End an active issue session."""
    session = _named(call, body.session_id)
    sessions.cancel(call.tx, session)
    return SessionOut.model_validate(session)


@routes.post("/issue-sessions/delete", scope="issue-sessions:write")
def delete(call: Call, body: SessionNamed) -> SessionOut:
    """Put an issue session in the trash; an active one is cancelled."""
    session = _named(call, body.session_id)
    sessions.delete(call.tx, session)
    return SessionOut.model_validate(session)


@routes.post("/issue-sessions/restore", scope="issue-sessions:write")
def restore(call: Call, body: SessionNamed) -> SessionOut:
    """Take an issue session out of the trash."""
    session = _named(call, body.session_id)
    sessions.restore(session)
    return SessionOut.model_validate(session)


@routes.post("/issue-sessions/permanent-delete", scope="trash:write")
def permanent_delete(call: Call, body: SessionNamed) -> SessionOut:
    """Remove an issue session in the trash for good; its issues stay. Answers what it was."""
    session = _named(call, body.session_id)
    sessions.permanent_delete(call.tx, session)
    return SessionOut.model_validate(session)


@routes.post("/issue-sessions/bulk-delete", scope="issue-sessions:write")
def bulk_delete(call: Call, body: SessionsNamed) -> BulkDeleted:
    """Put many issue sessions in the trash; those that are not there are skipped."""
    return delete_each(body.session_ids, lambda each: sessions.delete(call.tx, _named(call, each)))


def _named(call: Call, session_id: str) -> IssueSession:
    return sessions.get(call.tx, call.project_id, session_id, field="sessionId", lock=True)
