"""One try at an issue: the agent works in a sandbox, its change is taken out and checked, and verified there."""

from __future__ import annotations

from dataclasses import dataclass

from bot.agents.base import FixResult, Task
from bot.agents.needs import Brain
from bot.agents.run import run_fix
from bot.jobs import agent
from bot.jobs.agent import Checkout
from bot.jobs.live import Live
from bot.jobs.work import Work
from bot.sandbox.base import Sandbox, TimedOut
from bot.sandbox.changes import Changes, take
from bot.sandbox.checks import check
from bot.sandbox.template import Template

IN_REPO = 'cd repo && exec sh -c "$1"'
OUTPUT = 20_000  # characters of a verify command's output, the last ones, that the agent gets to see
SHOWN = 1_500  # of them in the reason of a failure


@dataclass(frozen=True)
class Fixed:
    """A change to commit. `verified`: the command that went well on it, None where none was run."""

    changes: Changes
    summary: str
    verified: str | None = None


@dataclass(frozen=True)
class _Red:
    """The verify command did not go well."""

    why: str
    output: str


def fix(
    work: Work,
    live: Live,
    template: Template,
    task: Task,
    source: Checkout,
    verify: str | None,
    mind: Brain | None = None,
) -> FixResult | Fixed:
    """What the agent made of the issue. Where `verify` goes wrong it may try once more, and sees the output.

    Raises what `agent.reasons` explains.
    """
    made = _try(work, live, template, task, source, verify, mind)
    if isinstance(made, _Red) and template.agent != "keyless":
        live.log(f"{verify} {made.why}; the agent tries once more.")
        made = _try(
            work, live, template, task.model_copy(update={"verify_output": made.output}), source, verify, mind
        )
    if isinstance(made, _Red):
        failed = f"After the change `{verify}` {made.why}:\n\n{made.output[-SHOWN:]}"
        return FixResult(outcome="failed", summary=failed.strip())
    return made


def _try(
    work: Work,
    live: Live,
    template: Template,
    task: Task,
    source: Checkout,
    verify: str | None,
    mind: Brain | None = None,
) -> FixResult | Fixed | _Red:
    with agent.sandbox(work, live, template, timeout_ms=task.limits.timeout_ms) as box:
        result = run_fix(template, task, source.folder, box, live.progress, live.log, mind)
        if result.outcome != "done":
            return result
        # before anything is run on it: what is committed is what the agent made
        changes = take(box.get("repo"), source.folder)
        if not changes:
            return FixResult(outcome="no_change", summary=_changed_nothing(result.summary))
        check(changes, task.protected_paths)
        if verify is None or not box.contained:
            return Fixed(changes, result.summary)
        return _verified(box, live, verify) or Fixed(changes, result.summary, verify)


def _verified(box: Sandbox, live: Live, verify: str) -> _Red | None:
    live.progress("verifying", 90, verify)
    live.log(f"$ {verify}")
    try:
        ended = box.run(["sh", "-c", IN_REPO, "sh", verify], on_line=live.log)
    except TimedOut as late:
        return _Red("ran out of time", late.log[-OUTPUT:])
    if ended.exit_code:
        return _Red(f"ended with exit code {ended.exit_code}", ended.log[-OUTPUT:])
    return None


def _changed_nothing(summary: str) -> str:
    return f"The agent changed nothing; it said: {summary}" if summary else "The agent changed nothing."
