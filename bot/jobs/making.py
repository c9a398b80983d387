"""Making a thing on GitHub once: the intent first, then the call, then what came of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

from bot.domain import intents
from bot.github.recovery import Made
from bot.jobs.work import Work
from bot.store.models import GithubObject, Project


def ensure(
    work: Work,
    project: Project,
    kind: str,
    local_id: str,
    text: str,
    make: Callable[[GithubObject, datetime | None], Made],
) -> GithubObject:
    """Call `make(row, recover_since)` unless the thing is there and says `text` already. Returns its row.

    What people deleted more than once stays away.
    """
    shown = digest(text)
    with work.db.read() as tx:
        known = intents.find(tx, kind, local_id)
    if known is not None and (intents.is_given_up(known) or (known.state == "made" and known.shown == shown)):
        return known
    # before the intent: who is put off has begun nothing that would have to be searched for
    work.tools.repo(project).take_turn(creates=known is None or known.state != "made")
    with work.note() as tx:
        row, since = intents.intend(tx, kind, local_id, project.repository_id or 0)
    there = make(row, since)
    with work.note() as tx:
        intents.made(tx, kind, local_id, there.number, there.node_id, there.url, shown)
    row.state, row.number, row.node_id, row.url, row.shown = (
        "made",
        there.number,
        there.node_id,
        there.url,
        shown,
    )
    return row


def digest(text: str) -> str:
    """What a thing says, in short, so that it is written only when it says something else."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
