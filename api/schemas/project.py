"""The shapes of the project, of its workflows and of the templates."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from api.schemas.base import Body, Short, View
from api.schemas.shown import id_of, like


class Github(View):
    repository_id: Annotated[int, like(1296269)]
    installation_id: int | None


class SettingOut(View):
    """A value of the repository's configuration; without a file and line it is the default."""

    key: Annotated[str, like("questions.max")]
    value: Annotated[JsonValue, like(5)]
    file: Annotated[str | None, like(".github/askfirst.yml")]
    line: Annotated[int | None, like(3)]


class ProjectOut(View):
    """`config` is what is in force, by the last file without a mistake; `configError` is what is wrong with it now."""

    id: Annotated[str, id_of("proj")]
    name: Annotated[str, like("mona/shop")]
    mode: Literal["live", "test"]
    url: Annotated[str, like("https://github.com/mona/shop")]
    github: Github | None
    default_branch: str | None
    paused_reason: str | None
    created_at: datetime
    config: list[SettingOut]
    config_error: str | None


class Pause(Body):
    """`reason` is told to whoever tries to start something."""

    reason: Annotated[Short | None, like("We release today")] = None


class WorkflowOut(View):
    id: Annotated[str, like("default")]
    template_id: Annotated[str, like("base")]
    verify: str | None
    minutes: Annotated[int, like(30)]


class LimitsOut(View):
    memory_mb: Annotated[int, like(2048)]
    cpu_count: Annotated[int, like(2)]
    timeout_ms: Annotated[int, like(600_000)]


class TemplateOut(View):
    id: Annotated[str, like("base")] = Field(validation_alias="name")
    description: Annotated[str, like("Well-kept analyzers; needs no account and no key.")]
    agent: Annotated[str, like("keyless")]
    kinds: list[Literal["scan", "ask", "fix"]]
    limits: LimitsOut
