"""The shapes of issue sessions."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from api.schemas.base import Body, Ids, Part, Query, SessionId, Short, SomeText, View

Status = Literal["active", "completed", "failed", "cancelled"]


class Progress(Part):
    stage: str
    percent: int
    message: str


class Counts(Part):
    found: int
    new: int
    known: int
    reopened: int
    gone: int


class SessionOut(View):
    id: str
    project_id: str
    name: str
    prompt: str
    status: Status
    template_id: str
    memory_mb: int | None
    cpu_count: int | None
    timeout_ms: int | None
    commit: str | None
    progress: Progress
    counts: Counts
    error: str | None
    run_id: str
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    deleted_at: datetime | None


def _inside(path: str) -> str:
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts:
        raise PydanticCustomError("outside", "Must be a path below the top of the repository, without ..")
    return path


class SessionById(Query):
    id: SessionId


class NewSession(Body):
    prompt: SomeText
    template_id: Short = "base"
    memory_mb: Annotated[int, Field(ge=256, le=16_384)] | None = None
    cpu_count: Annotated[int, Field(ge=1, le=8)] | None = None
    timeout_ms: Annotated[int, Field(ge=10_000, le=3_600_000)] | None = None
    ref: Short | None = None
    paths: Annotated[list[Annotated[Short, AfterValidator(_inside)]], Field(max_length=100)] = []


class SessionNamed(Body):
    session_id: SessionId


class NewName(SessionNamed):
    name: Short


class SessionsNamed(Body):
    session_ids: Ids
