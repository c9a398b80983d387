"""When nothing goes in a whole repository, its project waits, and says why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.domain import troubles
from bot.github.errors import Archived, NoInstallation, Standstill, WithoutIssues
from bot.jobs.work import Work
from bot.sandbox.git import RepoError
from bot.store.models import Project


def reason(stop: Standstill) -> str:
    """Why the project cannot go on, in the words of `bot.domain.troubles`."""
    if isinstance(stop, Archived):
        return troubles.ARCHIVED
    if isinstance(stop, WithoutIssues):
        return troubles.WITHOUT_ISSUES
    if isinstance(stop, NoInstallation) and stop.suspended:
        return troubles.SUSPENDED
    return troubles.NOT_GRANTED if isinstance(stop, NoInstallation) and stop.not_granted else troubles.REMOVED


@contextmanager
def told(work: Work, project: Project) -> Iterator[None]:
    """Git does not say why it gets no further: where GitHub does, that is raised instead."""
    try:
        yield
    except RepoError:
        if project.repository_id is not None:
            work.tools.repo(project, metadata="read").must_be_usable()
        raise
