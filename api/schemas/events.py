"""The shapes of the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from api.schemas.base import Paged, View, Words


class EventOut(View):
    id: str
    project_id: str
    at: datetime
    by: str
    door: Literal["rest", "github", "cli"]
    action: str
    object_id: str
    source: str | None


class EventFilters(Paged):
    object_id: Words | None = None
