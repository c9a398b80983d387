"""The way in: one call runs whatever agent a template names."""

from __future__ import annotations

from pathlib import Path

from bot.agents import keyless, program
from bot.agents.base import AgentFailed, AgentTemplate, Log, OnProgress, ScanResult, Task, Workplace
from bot.agents.tree import Tree


def run_agent(
    template: AgentTemplate, task: Task, checkout: Path, sandbox: Workplace, on_progress: OnProgress, log: Log
) -> ScanResult:
    """Runs the template's agent on a checkout, in an open and empty sandbox; AgentFailed says why it failed.

    `on_progress(stage, percent, message)` and `log(line)` are called as it goes; if they raise, it stops.
    """
    if task.kind not in template.kinds:
        raise AgentFailed(f"template {template.name} does no {task.kind}, only {', '.join(template.kinds)}")
    tree = Tree(checkout)
    if template.agent == "keyless":
        return keyless.scan(task, tree, sandbox, on_progress, log)
    return program.scan(template, task, tree, sandbox, on_progress, log)
