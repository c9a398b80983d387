"""What a webhook means: read, ask GitHub who may, hand over to the event's handler."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from bot.domain import projects
from bot.github import issuetext, people
from bot.jobs.errors import GiveUp, Later
from bot.jobs.work import Work
from bot.store import clock, outbox
from bot.store.models import Delivery, Project
from bot.webhooks import events
from bot.webhooks.context import Context
from bot.webhooks.handlers import ASKS, HANDLERS


def handle(work: Work) -> None:
    """Handle a delivery once; what our own App did comes back as an event too, and is passed over."""
    with work.db.read() as tx:
        delivery = tx.get_one(Delivery, work.args["delivery_id"])
    event = _read(delivery)
    ours = (
        event is not None and event.sender is not None and event.sender.login == f"{work.tools.app.slug}[bot]"
    )
    heard = event is not None and not ours and delivery.event in HANDLERS
    context = _context(work, delivery.event, event) if heard else None
    with work.finish() as tx:
        if context is not None:
            HANDLERS[delivery.event](tx, event, context)
        tx.get_one(Delivery, delivery.id).done_at = clock.now()


def _read(delivery: Delivery) -> events.Event | None:
    """The event, None for one that we do not read; no further try makes a malformed one readable."""
    try:
        return events.parse(delivery.event, json.loads(delivery.payload))
    except ValidationError as error:
        # the places alone: what stands there may be anything
        wrong = [".".join(map(str, one["loc"])) for one in error.errors(include_input=False)]
        raise GiveUp(f"this {delivery.event} event cannot be read: {', '.join(wrong)}") from None


def _context(work: Work, name: str, event: Any) -> Context:
    slug = work.tools.app.slug
    with work.db.read() as tx:
        asked = name in ASKS and ASKS[name](tx, event, slug)
    return Context(
        slug=slug,
        server_url=work.tools.config.github_server_url,
        level=_level(work, event) if asked else "none",
        owners=work.tools.config.askfirst_owners,
        read_title=issuetext.read_back_title,
        read_body=issuetext.read_back,
    )


def _level(work: Work, event: Any) -> str:
    """What the sender may do. No answer decides nothing: the row is tried again, and refused after its last try."""
    with work.db.read() as tx:
        project: Project | None = projects.on(tx, event.repository.id)
    if project is None:
        return "none"
    try:
        level = people.permission(
            work.tools.repo(project, metadata="read"), event.sender.login, event.sender.id
        )
    except people.Undecided as undecided:
        if undecided.retry_after is not None:
            raise Later(undecided.retry_after, str(undecided)) from undecided
        if work.claim.attempt < outbox.TRIES:
            raise
        return "unknown"
    return level.name.lower()
