"""A command is carried out: GitHub is asked once more who gave it, and shows the issues of people's that it names."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from bot.domain import commands, mirror, repo_config
from bot.github.errors import Gone, NotFound, WithoutIssues
from bot.jobs import actors
from bot.jobs.work import Work
from bot.store import outbox
from bot.store.models import GivenCommand, Project
from bot.webhooks import obeying
from bot.webhooks.events import Issue


def obey(work: Work) -> None:
    """Do what the command says, once; one that was withdrawn meanwhile is left."""
    with work.db.read() as tx:
        given, project = _load(tx, work.args)
        numbers = obeying.numbers(given)
        unknown = [number for number in numbers if mirror.on(tx, project, number) is None]
    if given.status != "waiting":
        return
    context = actors.context(work, _level(work, project, given))
    there = [issue for number in unknown if (issue := _read(work, project, number))]
    with work.finish() as tx:
        outbox.answers_a_person(tx)
        given, project = _load(tx, work.args)
        if given.status == "waiting":
            obeying.obey(tx, project, given, context, there)


def died(tx: Session, args: dict[str, Any], error: str) -> None:
    """The last try failed: whoever gave it is told."""
    given, project = _load(tx, args)
    if given.status == "waiting":
        commands.refuse(tx, project, given, "failed", reason=error)


def _load(tx: Session, args: dict[str, Any]) -> tuple[GivenCommand, Project]:
    given = tx.get_one(GivenCommand, args["command_id"], with_for_update=True, populate_existing=True)
    return given, tx.get_one(Project, given.project_id)


def _level(work: Work, project: Project, given: GivenCommand) -> str:
    if given.app_id is None:
        return actors.level(work, project, given.login, given.user_id)
    return commands.BOT_LEVEL if given.app_id in repo_config.of(project).commands.bots else "none"


def _read(work: Work, project: Project, number: int) -> Issue | None:
    """An issue that a person opened; None where there is none of this number."""
    try:
        repo = work.tools.repo(project, issues="read")
        return Issue.model_validate(repo.request("GET", f"/issues/{number}").data)
    except (NotFound, Gone, WithoutIssues):
        return None
