"""Commands that people give in comments: who may, how often, and what became of each."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.domain import here, projects, repo_config, threads
from bot.domain.verbs import Verb
from bot.store import clock, outbox
from bot.store.models import GivenCommand, Project

AN_HOUR = timedelta(hours=1)
MOST_COMMANDS, MOST_STARTS = 20, 5  # an hour for each person
BOT_LEVEL = "write"  # of a bot whose App the repository lists


def needed(project: Project, verb: Verb) -> str:
    """The level that the verb needs in this repository; "" for anyone."""
    wanted = repo_config.of(project).commands.level(verb.word)
    if wanted is None:
        return verb.level
    return wanted if projects.at_least(wanted, verb.lowest) else verb.lowest


def why_not(
    tx: Session, project: Project, given: GivenCommand, verb: Verb, level: str
) -> dict[str, Any] | None:
    """Why somebody of this level may not give it; None where they may. `unknown`: GitHub did not say the level."""
    if verb.by_people and given.app_id is not None:
        return {"kind": "people"}
    wanted = needed(project, verb)
    if not wanted or projects.at_least(level, wanted):
        return None
    if verb.name == "cancel" and here.is_starter(tx, project, given.number, given.user_id):
        return None
    return (
        {"kind": "undecided"} if level == "unknown" else {"kind": "level", "needed": wanted, "level": level}
    )


def take(tx: Session, project: Project, command_id: str, **fields: Any) -> GivenCommand | None:
    """Keep a command that was given; None for one that is known already."""
    if tx.get(GivenCommand, command_id) is not None:
        return None
    given = GivenCommand(
        id=command_id, project_id=project.id, status="waiting", given_at=clock.now(), **fields
    )
    tx.add(given)
    tx.flush()
    return given


def queue(tx: Session, project: Project, given: GivenCommand) -> None:
    """Have it carried out, after those that were given there before."""
    lane = f"command:{project.repository_id}#{given.number}"
    outbox.add(tx, "command", lane=lane, key=f"command:{given.id}", command_id=given.id)


def spent(tx: Session, given: GivenCommand) -> dict[str, Any] | None:
    """What the person has had enough of in this hour, `commands` or `starts`, and until when; None for nothing."""
    rows = select(GivenCommand.given_at).where(
        GivenCommand.user_id == given.user_id,
        GivenCommand.id != given.id,
        GivenCommand.given_at > clock.now() - AN_HOUR,
    )
    started = rows.where(GivenCommand.starts, GivenCommand.status.in_(("waiting", "done")))
    for what, query, most in (
        ("commands", rows.where(GivenCommand.status != "limited"), MOST_COMMANDS),
        ("starts", started, MOST_STARTS if given.starts else None),
    ):
        if most is not None:
            times = list(tx.scalars(query.order_by(GivenCommand.given_at.desc()).limit(most)))
            if len(times) == most:
                return {"kind": what, "until": (times[-1] + AN_HOUR).isoformat()}
    return None


def bot_was_heard(tx: Session, project: Project, number: int, source: str) -> bool:
    """Whether a bot gave commands there in this hour by another text: two bots do not keep each other talking."""
    query = select(GivenCommand.id).where(
        GivenCommand.project_id == project.id,
        GivenCommand.number == number,
        GivenCommand.app_id.is_not(None),
        GivenCommand.given_at > clock.now() - AN_HOUR,
        ~GivenCommand.id.startswith(f"{source}#"),
    )
    return tx.scalars(query.limit(1)).first() is not None


def done(given: GivenCommand, object_id: str | None) -> None:
    """It was carried out; `object_id` is what it made or was about."""
    given.status, given.object_id = "done", object_id


def refuse(tx: Session, project: Project, given: GivenCommand, kind: str, **values: Any) -> None:
    """It is not done, and why: in words the first time, later and to a bot by the reaction alone."""
    given.status, given.refusal = (
        "limited" if kind in ("commands", "starts") else "refused",
        {"kind": kind} | values,
    )
    threads.react(tx, project, given.number, source(given), "confused")
    if given.app_id is None:
        why = json.dumps({"kind": kind} | {name: value for name, value in values.items() if name != "until"})
        digest = hashlib.sha256(why.encode()).hexdigest()[:12]
        key = f"refused.{project.repository_id}.{given.number}.{given.user_id}.{digest}"
        threads.say(tx, project, given.number, key, "refused", line=given.written, refusal=given.refusal)


def source(given: GivenCommand) -> str:
    """The text that the command stands in."""
    return given.id.rpartition("#")[0]


def drop(tx: Session, source: str) -> None:
    """The text was deleted: what of it still waits is not done."""
    waiting = (GivenCommand.id.startswith(f"{source}#"), GivenCommand.status == "waiting")
    tx.execute(update(GivenCommand).where(*waiting).values(status="dropped"))


def last_refused(tx: Session, project: Project, user_id: int) -> GivenCommand | None:
    """The person's newest command, if it was refused; `status` itself does not count."""
    query = select(GivenCommand).where(
        GivenCommand.project_id == project.id,
        GivenCommand.user_id == user_id,
        GivenCommand.verb.not_in(("status", "help")),
        GivenCommand.status.in_(("done", "refused", "limited")),
    )
    newest = tx.scalars(query.order_by(GivenCommand.given_at.desc(), GivenCommand.id.desc()).limit(1)).first()
    return newest if newest is not None and newest.status != "done" else None
