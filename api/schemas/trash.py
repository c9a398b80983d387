"""The shapes of the trash."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from api.schemas.base import AnyCase, AnyId, Body, Paged, View
from api.schemas.shown import an_id, id_of, like

Kind = Literal["issue", "issue-session", "answering-session", "work-chain"]


class EntryOut(View):
    """`name`: its title or name, where it has one; `expiresAt`: when it is removed for good."""

    type: Kind
    id: Annotated[str, id_of("iss", "is", "as", "wc")]
    name: str | None
    deleted_at: datetime
    expires_at: datetime


class TrashFilters(Paged):
    type: Annotated[Kind | None, AnyCase] = None


class Trashed(Body):
    type: Annotated[Kind, AnyCase, like("issue")]
    id: Annotated[AnyId, like(an_id("iss"))]
