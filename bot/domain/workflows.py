"""Workflows: named ways to run fixes."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain import runs
from bot.domain.errors import NotFound
from bot.store.models import Project

DEFAULT = "default"


@dataclass(frozen=True)
class Workflow:
    """`verify`: the command that must go well before a fix is pushed; `minutes`: how long a run may take."""

    id: str
    template_id: str
    verify: str | None
    minutes: int


def listed(project: Project) -> list[Workflow]:
    """What a chain may name."""
    return [Workflow(DEFAULT, runs.template(project), verify=None, minutes=30)]


def get(project: Project, workflow_id: str) -> Workflow:
    """The workflow of this name. Raises NotFound with those there are."""
    found = {workflow.id: workflow for workflow in listed(project)}
    if workflow_id not in found:
        raise NotFound(f"There is no workflow {workflow_id!r}; there is {', '.join(found)}.", "workflowId")
    return found[workflow_id]
