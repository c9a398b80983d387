"""What a handler is told of whoever acts, asked of GitHub where it matters."""

from __future__ import annotations

from collections.abc import Callable

from bot.github import issuetext, people
from bot.github.repo import Repo
from bot.jobs.errors import Later
from bot.jobs.work import Work
from bot.store import outbox
from bot.store.models import Project
from bot.webhooks.context import Context


def context(work: Work, level: str = "none") -> Context:
    """`level` is what the person may do in the repository."""
    return Context(
        slug=work.tools.app.slug,
        server_url=work.tools.config.github_server_url,
        level=level,
        read_title=issuetext.read_back_title,
        read_body=issuetext.read_back,
    )


def level(
    work: Work,
    project: Project,
    login: str,
    user_id: int,
    ask: Callable[[Repo, str, int], people.Level] = people.permission,
) -> str:
    """What the person may do. No answer decides nothing: the row is tried again, and after its last try `unknown`."""
    try:
        found = ask(work.tools.repo(project, metadata="read"), login, user_id)
    except people.Undecided as undecided:
        if undecided.retry_after is not None:
            raise Later(undecided.retry_after, str(undecided)) from undecided
        if work.claim.attempt < outbox.TRIES:
            raise
        return "unknown"
    return found.name.lower()
