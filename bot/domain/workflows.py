"""Workflows: named ways to run fixes."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain import repo_config, runs
from bot.domain.errors import NotFound
from bot.store.models import Project

DEFAULT = repo_config.DEFAULT_WORKFLOW


@dataclass(frozen=True)
class Workflow:
    """`verify`: the command that must go well before a fix is pushed; `minutes`: how long a run may take."""

    id: str
    template_id: str
    verify: str | None
    minutes: int


def listed(project: Project) -> list[Workflow]:
    """What a chain may name: `default`, and what the repository's configuration adds."""
    config = repo_config.of(project)
    named = {DEFAULT: repo_config.Workflow(), **config.workflows}
    return [
        Workflow(
            name, runs.template(project, one.template), one.verify, min(one.minutes, config.limits.minutes)
        )
        for name, one in named.items()
    ]


def find(project: Project, workflow_id: str) -> Workflow | None:
    """The workflow of this name, None where there is none."""
    return next((one for one in listed(project) if one.id == workflow_id), None)


def get(project: Project, workflow_id: str) -> Workflow:
    """The workflow of this name. Raises NotFound with those there are."""
    found = find(project, workflow_id)
    if found is None:
        names = ", ".join(one.id for one in listed(project))
        raise NotFound(f"There is no workflow {workflow_id!r}; there is {names}.", "workflowId")
    return found
