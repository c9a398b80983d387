"""The way in: one call for each kind of task, whatever agent a template names.

Each runs in an open and empty sandbox. `on_progress(stage, percent, message)` and `log(line)` are called
as it goes; if they raise, it stops. `brain`: what an agent with a model thinks with. AgentFailed says why it failed.
"""

from __future__ import annotations

from pathlib import Path

from bot.agents import keyless, model, program
from bot.agents.base import AgentFailed, AskResult, FixResult, Kind, Log, OnProgress, ScanResult, Task
from bot.agents.needs import AgentTemplate, Brain, Workplace
from bot.agents.tree import Tree


def run_scan(
    template: AgentTemplate,
    task: Task,
    checkout: Path,
    sandbox: Workplace,
    on_progress: OnProgress,
    log: Log,
    brain: Brain | None = None,
) -> ScanResult:
    """The issues that the template's agent finds in a checkout."""
    _require("scan", template, task)
    if template.agent == "keyless":
        return keyless.scan(task, Tree(checkout), sandbox, on_progress, log)
    if template.agent == "model":
        return model.scan(
            _must_be_there(brain), template.name, task, Tree(checkout), sandbox, on_progress, log
        )
    return program.scan(template, task, Tree(checkout), sandbox, on_progress, log)


def run_ask(
    template: AgentTemplate,
    task: Task,
    checkout: Path,
    sandbox: Workplace,
    on_progress: OnProgress,
    log: Log,
    brain: Brain | None = None,
) -> AskResult:
    """The questions that the template's agent has about the task's issues."""
    _require("ask", template, task)
    if template.agent == "keyless":
        return keyless.ask(task, Tree(checkout), sandbox, on_progress, log)
    if template.agent == "model":
        return model.ask(_must_be_there(brain), task, Tree(checkout), sandbox, on_progress, log)
    return program.ask(template, task, Tree(checkout), sandbox, on_progress, log)


def run_fix(
    template: AgentTemplate,
    task: Task,
    checkout: Path,
    sandbox: Workplace,
    on_progress: OnProgress,
    log: Log,
    brain: Brain | None = None,
) -> FixResult:
    """Lets the template's agent work on the task's issue; the change is then what `repo` in the sandbox holds.

    The whole checkout is there, but for links that leave it.
    """
    _require("fix", template, task)
    if template.agent == "keyless":
        return keyless.fix(task, Tree(checkout), sandbox, on_progress, log)
    if template.agent == "model":
        return model.fix(_must_be_there(brain), task, Tree(checkout), sandbox, on_progress, log)
    return program.fix(template, task, Tree(checkout), sandbox, on_progress, log)


def _must_be_there(brain: Brain | None) -> Brain:
    if brain is None:
        raise AgentFailed("there is no model on this server: set ASKFIRST_MODEL")
    return brain


def _require(kind: Kind, template: AgentTemplate, task: Task) -> None:
    if task.kind != kind:
        raise ValueError(f"a {task.kind} task is not to be run as {kind}")
    if kind not in template.kinds:
        raise AgentFailed(f"template {template.name} does no {kind}, only {', '.join(template.kinds)}")
