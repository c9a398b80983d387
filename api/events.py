"""The audit trail by REST."""

from __future__ import annotations

from api.routes import Call, Routes, shown
from api.schemas.events import EventFilters, EventOut
from bot.domain import events
from bot.domain.pages import Page

routes = Routes()


@routes.get("/events/list", scope="project:read")
def list_(call: Call, query: EventFilters) -> Page[EventOut]:
    """Who did what, by which door, when; newest first."""
    page = events.listed(call.tx, call.project_id, query.object_id, query.limit, call.after)
    return shown(page, EventOut.model_validate)
