"""The agent that is any command in the sandbox: task.json in, result.json out, its output is the log."""

from __future__ import annotations

from collections import deque
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.agents.archive import links, pack, read
from bot.agents.base import (
    MAX_BYTES,
    AgentFailed,
    AgentTemplate,
    Log,
    OnProgress,
    ScanResult,
    Task,
    Workplace,
)
from bot.agents.handed_in import HandedIn, taken_over
from bot.agents.tree import Tree

TAIL_LINES = 200
TAIL_LENGTH = 20_000


class _Step(BaseModel):
    model_config = ConfigDict(extra="ignore")

    stage: str = Field("working", max_length=100)
    percent: int = Field(0, ge=0, le=100)
    message: str = Field("", max_length=1000)


class _ProgressLine(BaseModel):
    progress: _Step


def scan(
    template: AgentTemplate, task: Task, tree: Tree, sandbox: Workplace, on_progress: OnProgress, log: Log
) -> ScanResult:
    """Runs the template's command; AgentFailed for a bad exit, too much time or a malformed result."""
    tail: deque[str] = deque(maxlen=TAIL_LINES)

    def on_line(line: str) -> None:
        if step := _progress(line):
            on_progress(step.stage, step.percent, step.message)
            return
        tail.append(line)
        log(line)

    try:
        sandbox.put(pack(tree, [*tree.sizes, *links(tree)], _files(template, task)))
        return taken_over(_run(template, task, sandbox, on_line), template.name, task, tree)
    except AgentFailed as failed:
        raise AgentFailed(failed.reason, "\n".join(tail)[-TAIL_LENGTH:]) from failed


def _run(template: AgentTemplate, task: Task, sandbox: Workplace, on_line: Log) -> HandedIn:
    try:
        ended = sandbox.run(list(template.command), task.limits.timeout_ms / 1000, on_line)
    except TimeoutError as error:
        raise AgentFailed(f"the agent ran out of time: {error}") from error
    if ended.exit_code:
        raise AgentFailed(f"the agent ended with exit code {ended.exit_code}")
    try:
        return HandedIn.model_validate_json(read(sandbox, "result.json", MAX_BYTES))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise AgentFailed(f"result.json is malformed: {where}: {first['msg']}") from error


def _files(template: AgentTemplate, task: Task) -> dict[str, bytes]:
    """The task, the template's own files, and its script where there is one for this kind."""
    files = {name: Path(source).read_bytes() for name, source in template.files.items()}
    files["task.json"] = task.model_dump_json(by_alias=True).encode()
    if template.script:
        script = Path(template.script.replace("{kind}", task.kind))
        if script.is_file():
            files["script.json"] = script.read_bytes()
    return files


def _progress(line: str) -> _Step | None:
    if not line.startswith('{"progress"'):
        return None
    try:
        return _ProgressLine.model_validate_json(line).progress
    except ValidationError:
        return None
