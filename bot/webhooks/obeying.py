"""Commands carried out: each calls the same noun as its endpoint, and leaves the same line in the audit trail."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from bot.domain import commands, effects, events, issues, threads
from bot.domain.errors import DomainError, Invalid
from bot.store.db import attempt
from bot.store.models import GivenCommand, Project
from bot.webhooks.commands import Command, parse
from bot.webhooks.context import Context
from bot.webhooks.events import Issue
from bot.webhooks.handlers.issues import as_seen
from bot.webhooks.verbs import DOES
from bot.webhooks.verbs.base import Asked, Done


def read(given: GivenCommand) -> Command:
    """The command as it was given."""
    return parse(given.text, "")[0]


def numbers(given: GivenCommand) -> tuple[int, ...]:
    """The GitHub issues that it is about: those it names, else the one that it stands on."""
    command = read(given)
    stands_on_one = command.form is not None and command.form.on_issue and not given.on_pull_request
    return command.issues or ((given.number,) if stands_on_one else ())


def obey(
    tx: Session, project: Project, given: GivenCommand, context: Context, there: Sequence[Issue]
) -> None:
    """Do what was asked, all or nothing. `context.level` is the person's now; `there`: named issues of people's."""
    command = read(given)
    form = command.form
    assert form is not None  # no other is queued
    if refusal := commands.why_not(tx, project, given, form, context.level):
        commands.refuse(tx, project, given, **refusal)
        return
    asked = Asked(tx, project, given, command, numbers(given), context.level, context.slug)
    try:
        with attempt(tx, keep=not command.dry_run) as rows:
            for issue in there:
                _adopt(tx, project, issue, context)
            done = DOES[command.verb](asked)
            tx.flush()
            would = effects.of(tx, rows) if command.dry_run else []
    except DomainError as error:
        commands.refuse(tx, project, given, "noun", reason=error.message)
        return
    if command.dry_run:
        commands.done(given, None)
        values = {"line": given.written, "would": would, "plan": done.values if done.says == "plan" else None}
        done = Done(says="dry_run", values=values)
    else:
        commands.done(given, done.made)
        _record(tx, project, given, done.action or form.rest, done.object_ids)
    _answer(tx, project, given, done)


def _adopt(tx: Session, project: Project, issue: Issue, context: Context) -> None:
    if issue.pull_request is not None:
        raise Invalid(f"#{issue.number} is a pull request, and no issue.")
    login = issue.user.login if issue.user else "ghost"
    now = as_seen(
        issue, title=context.read_title(issue.title, ""), description=context.read_body(issue.body, "")
    )
    issues.adopt(tx, project, issue.number, issue.html_url, now, opened_by=f"github:{login}")


def _record(tx: Session, project: Project, given: GivenCommand, action: str, ids: Sequence[str]) -> None:
    for object_id in ids:
        events.record(
            tx, project.id, by=f"github:{given.login}", door="github", action=action, object_id=object_id,
            source=given.url,
        )  # fmt: skip


def _answer(tx: Session, project: Project, given: GivenCommand, done: Done) -> None:
    if done.signs:
        threads.react(tx, project, given.number, commands.source(given), "+1")
    if done.says:
        once = f"{project.repository_id}.{given.number}.{given.user_id}.{done.once}"
        key = once if done.once else given.id.replace(":", ".").replace("#", ".")
        threads.say(tx, project, given.number, f"{done.says}.{key}", done.says, **done.values)
