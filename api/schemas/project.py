"""The shapes of the project, of its workflows and of the templates."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

from api.schemas.base import Body, Short, View


class Github(View):
    repository_id: int
    installation_id: int | None


class SettingOut(View):
    """A value of the repository's configuration; without a file and line it is the default."""

    key: str
    value: JsonValue
    file: str | None
    line: int | None


class ProjectOut(View):
    """`config` is what is in force, by the last file without a mistake; `configError` is what is wrong with it now."""

    id: str
    name: str
    mode: Literal["live", "test"]
    url: str
    github: Github | None
    default_branch: str | None
    paused_reason: str | None
    created_at: datetime
    config: list[SettingOut]
    config_error: str | None


class Pause(Body):
    """`reason` is told to whoever tries to start something."""

    reason: Short | None = None


class WorkflowOut(View):
    id: str
    template_id: str
    verify: str | None
    minutes: int


class LimitsOut(View):
    memory_mb: int
    cpu_count: int
    timeout_ms: int


class TemplateOut(View):
    id: str = Field(validation_alias="name")
    description: str
    agent: str
    kinds: list[Literal["scan", "ask", "fix"]]
    limits: LimitsOut
