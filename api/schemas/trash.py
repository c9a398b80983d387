"""The shapes of the trash."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from api.schemas.base import AnyCase, AnyId, Body, Paged, View

Kind = Literal["issue", "issue-session", "answering-session", "work-chain"]


class EntryOut(View):
    """`name`: its title or name, where it has one; `expiresAt`: when it is removed for good."""

    type: Kind
    id: str
    name: str | None
    deleted_at: datetime
    expires_at: datetime


class TrashFilters(Paged):
    type: Annotated[Kind | None, AnyCase] = None


class Trashed(Body):
    type: Annotated[Kind, AnyCase]
    id: AnyId
