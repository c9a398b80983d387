"""The trash by REST."""

from __future__ import annotations

from typing import Any

from api.answering_sessions import answering_out
from api.routes import Call, Routes, shown
from api.schemas.answering_sessions import AnsweringOut
from api.schemas.issue_sessions import SessionOut
from api.schemas.issues import IssueOut, issue_out
from api.schemas.trash import EntryOut, Trashed, TrashFilters
from api.schemas.work_chains import ChainOut
from api.work_chains import chains_out
from bot.domain import trash
from bot.domain.pages import Page

routes = Routes()
Whole = IssueOut | SessionOut | AnsweringOut | ChainOut


@routes.get("/trash/list", scope="trash:write")
def list_(call: Call, query: TrashFilters) -> Page[EntryOut]:
    """What is in the project's trash, the last deleted first."""
    page = trash.listed(call.tx, call.project_id, query.type, query.limit, call.after)
    return shown(page, EntryOut.model_validate)


@routes.post("/trash/restore", scope="trash:write")
def restore(call: Call, body: Trashed) -> Whole:
    """Take something out of the trash, as it was."""
    row = trash.get(call.tx, call.project, body.type, body.id)
    trash.restore(call.tx, call.project, body.type, row)
    return _whole(call, body.type, row)


@routes.post("/trash/permanent-delete", scope="trash:write")
def permanent_delete(call: Call, body: Trashed) -> Whole:
    """Remove something in the trash for good. Answers what it was."""
    row = trash.get(call.tx, call.project, body.type, body.id)
    was = _whole(call, body.type, row)
    trash.permanent_delete(call.tx, body.type, row)
    return was


def _whole(call: Call, kind: str, row: Any) -> Whole:
    match kind:
        case "issue":
            return issue_out(row)
        case "issue-session":
            return SessionOut.model_validate(row)
        case "answering-session":
            return answering_out(call, [row])[0]
        case _:
            return chains_out(call, [row])[0]
