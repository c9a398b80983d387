"""What a webhook means: read, ask GitHub who may, hand over to the event's handler."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select

from bot.domain import projects
from bot.github import hooks, people
from bot.jobs import actors
from bot.jobs.errors import GiveUp
from bot.jobs.work import Work
from bot.store import clock, outbox
from bot.store.models import Delivery
from bot.webhooks import accepting, events
from bot.webhooks.context import Context
from bot.webhooks.handlers import ASKS, HANDLERS, hears

ATTEMPTS = 5  # what failed so often fails for a reason that one more does not change


def handle(work: Work) -> None:
    """Handle a delivery once; what our own App did comes back as an event too, and is passed over."""
    with work.db.read() as tx:
        delivery = tx.get_one(Delivery, work.args["delivery_id"])
    event = _read(delivery)
    ours = (
        event is not None and event.sender is not None and event.sender.login == f"{work.tools.app.slug}[bot]"
    )
    heard = event is not None and not ours and hears(delivery.event, event.action)
    context = _context(work, delivery.event, event) if heard else None
    with work.finish() as tx:
        outbox.answers_a_person(tx)
        if context is not None:
            accepting.accept(tx, event, context)
            HANDLERS[delivery.event](tx, event, context)
        tx.get_one(Delivery, delivery.id).done_at = clock.now()


def ask_again(work: Work) -> None:
    """Have GitHub send what it could not deliver: it keeps that for three days, and does nothing by itself."""
    if not work.tools.config.has_app:
        return
    failed = hooks.failed(work.tools.app, datetime.fromisoformat(work.args["since"]))
    with work.db.read() as tx:
        here = set(tx.scalars(select(Delivery.id).where(Delivery.id.in_(list(failed)))))
    for delivery_id, attempts in reversed(failed.items()):
        if delivery_id not in here and len(attempts) < ATTEMPTS:
            hooks.send_again(work.tools.app, attempts[0])


def _read(delivery: Delivery) -> events.Event | None:
    """The event, None for one that we do not read; no further try makes a malformed one readable."""
    try:
        return events.parse(delivery.event, json.loads(delivery.payload))
    except ValidationError as error:
        # the places alone: what stands there may be anything
        wrong = [".".join(map(str, one["loc"])) for one in error.errors(include_input=False)]
        raise GiveUp(f"this {delivery.event} event cannot be read: {', '.join(wrong)}") from None


def _context(work: Work, name: str, event: Any) -> Context:
    with work.db.read() as tx:
        replies = name in ASKS and ASKS[name](tx, event, work.tools.app.slug)
        asked = replies or accepting.asks(event, work.tools.app.slug)
        project = projects.on(tx, event.repository.id) if asked else None
    if project is None:
        return actors.context(work)
    # a reply counts at once; of a command's author GitHub is asked again when it is carried out
    ask = people.permission if replies else work.tools.levels.permission
    level = actors.level(work, project, event.sender.login, event.sender.id, ask)
    return actors.context(work, level)
