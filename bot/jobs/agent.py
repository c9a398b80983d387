"""What every run does around its agent: a clean checkout, a sandbox, and a reason when it comes to nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from bot import counters
from bot.agents.base import AgentFailed, TaskLimits
from bot.domain import repo_config, runs, schedules
from bot.github.errors import Forbidden, NotFound, Unprocessable
from bot.jobs import standstill
from bot.jobs.errors import Waits
from bot.jobs.live import Live
from bot.jobs.work import Work
from bot.sandbox import open_sandbox, repo
from bot.sandbox.base import Sandbox, SandboxError
from bot.sandbox.changes import Refused
from bot.sandbox.git import RepoError
from bot.sandbox.remotes import Head, remote_head
from bot.sandbox.scratch import scratch
from bot.sandbox.template import Template
from bot.store.models import Project, Run

LOG_TAIL = 2_000
AUTHOR = ("Askfirst", "askfirst@users.noreply.github.com")


class RunFailed(Exception):
    """The run came to nothing; the text says why, and shows the end of its log."""


def must_be_allowed(project: Project) -> None:
    """Raises Waits while the project is paused: what was queued before begins after it."""
    if project.paused_reason:
        raise Waits(project.id, project.paused_reason)


@dataclass(frozen=True)
class Mirror:
    """The project's bare mirror, up to date, with the configuration in force now; `head` is its default branch's."""

    folder: Path
    head: Head
    config: repo_config.RepoConfig


@dataclass(frozen=True)
class Checkout:
    """The files of a commit, the bare mirror they come from, and the configuration in force now."""

    folder: Path
    mirror: Path
    commit: str
    default_branch: str
    on_wanted_branch: bool
    config: repo_config.RepoConfig


@contextmanager
def checkout(
    work: Work,
    project: Project,
    ref: str | None = None,
    *,
    branch: str | None = None,
    pull: int | None = None,
) -> Iterator[Checkout]:
    """The project at `branch` where there is one, else at `ref`, else at its default branch's head.

    `pull`: the number of a pull request whose commits `ref` may name, also from a fork. Its configuration is read
    anew. Raises RunFailed, also for a `ref` that is not there.
    """
    with scratch("checkout") as folder, reasons(project), standstill.told(work, project):
        source, remote = mirror(work, project, pull=pull), work.tools.remote(project)
        there = repo.branch(source.folder, branch) if branch else None
        commit = repo.resolve(source.folder, there or ref or source.head.branch)
        repo.complete(source.folder, remote, commit)
        repo.checkout(source.folder, commit, folder)
        yield Checkout(folder, source.folder, commit, source.head.branch, there is not None, source.config)


def mirror(work: Work, project: Project, *, pull: int | None = None) -> Mirror:
    """Bring the project's mirror up to date, and read its configuration anew. Raises RepoError."""
    home, remote = work.tools.config.askfirst_home, work.tools.remote(project)
    head = remote_head(home, remote)
    folder = repo.fetch(home, project.id, remote, pull=pull)
    repo.complete(folder, remote, head.commit)
    text = repo.file_at(folder, head.commit, repo_config.PATH)
    with work.note() as tx:
        kept = tx.get_one(Project, project.id)
        kept.default_branch = head.branch
        schedules.read_config(kept, text)
        return Mirror(folder, head, repo_config.of(kept))


@contextmanager
def sandbox(work: Work, live: Live, template: Template, **limits: int | None) -> Iterator[Sandbox]:
    """An empty sandbox of this template, with these limits where given; closed at once when the run is cancelled."""
    asked = {name: value for name, value in limits.items() if value is not None}
    began = time.monotonic()
    wanted = work.tools.config.sandbox
    with open_sandbox(template, template.limits.model_copy(update=asked), wanted) as opened:
        live.stop = opened.close
        try:
            yield opened
        except OSError as error:
            # its files were taken away while they were put in
            if live.stopped:
                raise RunFailed("the run was stopped") from error
            raise
        finally:
            seconds = time.monotonic() - began
            counters.add("askfirst_sandbox_seconds_total", seconds, template=template.name)


def time_of(template: Template, source: Checkout, wanted: int | None = None) -> TaskLimits:
    """What was wanted (milliseconds), else the template's; never more than the repository's `limits.minutes`."""
    most = source.config.limits.minutes * 60_000
    return TaskLimits(timeout_ms=min(wanted or template.limits.timeout_ms, most))


@contextmanager
def reasons(project: Project) -> Iterator[None]:
    """What a person can mend becomes a RunFailed; the rest is the engine's to try again."""
    try:
        yield
    except AgentFailed as failed:
        # PostgreSQL stores no NUL in a text
        tail = failed.log_tail[-LOG_TAIL:].replace("\0", "\ufffd")
        raise RunFailed(f"{failed.reason}\n\n{tail}".strip()) from failed
    except (RepoError, SandboxError, Refused) as failed:
        raise RunFailed(str(failed)) from failed
    except (Forbidden, NotFound, Unprocessable) as refused:
        raise RunFailed(f"GitHub gives no access to {project.name}: {refused}") from refused


def live(work: Work, run_id: str, keep: Callable[[Session, str, int, str], None] | None = None) -> Live:
    """The run's log and progress as it happens; it is wanted as long as nobody ended it."""

    def wanted(tx: Session) -> bool:
        run = tx.get(Run, run_id)
        return run is not None and run.status in runs.LIVE

    return Live(work, run_id, keep or (lambda tx, stage, percent, message: None), wanted)
