"""The shapes of the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from api.schemas.base import Paged, View, Words
from api.schemas.shown import an_id, id_of, like


class EventOut(View):
    id: Annotated[str, id_of("evt")]
    project_id: Annotated[str, id_of("proj")]
    at: datetime
    by: Annotated[str, like("key:ci")]
    door: Literal["rest", "github", "cli", "console"]
    action: Annotated[str, like("issues/create")]
    object_id: Annotated[str, like(an_id("iss"))]
    source: Annotated[
        str | None, like("req_01k8x4c9g0jv2m7q3t5w6y8z1a", "The request, or GitHub's delivery.")
    ]


class EventFilters(Paged):
    object_id: Words | None = None
