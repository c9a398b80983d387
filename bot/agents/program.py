"""The agent that is any command in the sandbox: task.json in, result.json out, its output is the log."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.agents.archive import everything, pack, read
from bot.agents.base import (
    MAX_BYTES,
    AgentFailed,
    AskResult,
    FixResult,
    Log,
    OnProgress,
    ScanResult,
    Task,
    Wire,
)
from bot.agents.handed_in import HandedIn, taken_over
from bot.agents.handed_in_questions import HandedInFix, HandedInQuestions, asked, fixed
from bot.agents.needs import AgentTemplate, Workplace
from bot.agents.tree import Tree

TAIL_LINES = 200
TAIL_LENGTH = 20_000

Given = TypeVar("Given", bound=Wire)


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
    """The issues of its result.json; AgentFailed for a bad exit, too much time or a malformed result."""
    given = _play(HandedIn, template, task, tree, sandbox, on_progress, log)
    return taken_over(given, template.name, task, tree)


def ask(
    template: AgentTemplate, task: Task, tree: Tree, sandbox: Workplace, on_progress: OnProgress, log: Log
) -> AskResult:
    """The questions of its result.json; fails as a scan does."""
    given = _play(HandedInQuestions, template, task, tree, sandbox, on_progress, log)
    return asked(given, task, tree)


def fix(
    template: AgentTemplate, task: Task, tree: Tree, sandbox: Workplace, on_progress: OnProgress, log: Log
) -> FixResult:
    """What its result.json says of the change that it made in `repo`; fails as a scan does."""
    return fixed(_play(HandedInFix, template, task, tree, sandbox, on_progress, log), task, tree)


def _play(
    shape: type[Given],
    template: AgentTemplate,
    task: Task,
    tree: Tree,
    sandbox: Workplace,
    on_progress: OnProgress,
    log: Log,
) -> Given:
    tail: deque[str] = deque(maxlen=TAIL_LINES)

    def on_line(line: str) -> None:
        if step := _progress(line):
            on_progress(step.stage, step.percent, step.message)
            return
        tail.append(line)
        log(line)

    try:
        sandbox.put(pack(tree, everything(tree), _files(template, task)))
        return _run(shape, template, task, sandbox, on_line)
    except AgentFailed as failed:
        raise AgentFailed(failed.reason, "\n".join(tail)[-TAIL_LENGTH:]) from failed


def _run(shape: type[Given], template: AgentTemplate, task: Task, sandbox: Workplace, on_line: Log) -> Given:
    try:
        ended = sandbox.run(list(template.command), task.limits.timeout_ms / 1000, on_line)
    except TimeoutError as error:
        raise AgentFailed(f"the agent ran out of time: {error}") from error
    if ended.exit_code:
        raise AgentFailed(f"the agent ended with exit code {ended.exit_code}")
    try:
        return shape.model_validate_json(read(sandbox, "result.json", MAX_BYTES))
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
