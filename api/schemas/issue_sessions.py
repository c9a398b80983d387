"""The shapes of issue sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from api.schemas.base import Body, Ids, Part, Query, SessionId, Short, SomeText, View
from api.schemas.shown import an_id, id_of, like
from bot.domain.sessions import is_inside

Status = Literal["active", "completed", "failed", "cancelled"]


class Progress(Part):
    stage: Annotated[str, like("done")]
    percent: Annotated[int, like(100)]
    message: Annotated[str, like("Looked at 12 files and found 3 things.")]


class Counts(Part):
    found: Annotated[int, like(3)]
    new: Annotated[int, like(2)]
    known: Annotated[int, like(1)]
    reopened: Annotated[int, like(0)]
    gone: Annotated[int, like(0)]


class SessionOut(View):
    id: Annotated[str, id_of("is")]
    project_id: Annotated[str, id_of("proj")]
    name: Annotated[str, like("Find bugs in the cart")]
    prompt: Annotated[str, like("Find bugs in the cart")]
    status: Status
    template_id: Annotated[str, like("base")]
    memory_mb: int | None
    cpu_count: int | None
    timeout_ms: int | None
    commit: str | None
    progress: Progress
    counts: Counts
    error: str | None
    run_id: Annotated[str, id_of("run")]
    tokens: Annotated[int, like(0)]
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    deleted_at: datetime | None


def _inside(path: str) -> str:
    if not is_inside(path):
        raise PydanticCustomError("outside", "Must be a path below the top of the repository, without ..")
    return path


class SessionById(Query):
    id: SessionId


class NewSession(Body):
    prompt: Annotated[SomeText, like("Find bugs in the cart")]
    template_id: Annotated[Short | None, Field(description="The server's own where none is named.")] = None
    memory_mb: Annotated[int, Field(ge=256, le=16_384)] | None = None
    cpu_count: Annotated[int, Field(ge=1, le=8)] | None = None
    timeout_ms: Annotated[int, Field(ge=10_000, le=3_600_000)] | None = None
    ref: Annotated[Short | None, Field(description="A branch, tag or commit; the default branch's head.")] = (
        None
    )
    paths: Annotated[list[Annotated[Short, AfterValidator(_inside)]], Field(max_length=100)] = []


class SessionNamed(Body):
    session_id: SessionId


class NewName(SessionNamed):
    name: Annotated[Short, like("The cart, before the release")]


class SessionsNamed(Body):
    session_ids: Annotated[Ids, like([an_id("is")])]
