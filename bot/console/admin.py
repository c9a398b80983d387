"""For operators: what waits and what died, what came in, who works, and what is left of GitHub's limits."""

from __future__ import annotations

import json
from datetime import datetime

from flask import Response, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from bot.console import who
from bot.console.door import console as console
from bot.console.door import shown
from bot.console.extensions import ledger
from bot.domain import backlog, projects, runs
from bot.domain.errors import Invalid
from bot.store.counted import Counted
from bot.store.doorbell import Doorbell
from bot.webhooks.receive import Place

ROWS = 50
PAYLOAD = 30_000  # characters
LEFT = "askfirst_github_requests_remaining"


@console.get("/admin")
def admin() -> Response:
    """The outbox: how much waits, and each row that was given up."""
    who.operator()
    with ledger().read() as tx:
        return shown(
            "outbox.html",
            depths=backlog.depths(tx),
            dead=backlog.dead(tx, ROWS),
            waiting=backlog.waiting(tx, ROWS),
        )


@console.post("/admin/outbox/<int:row_id>/wake")
def wake(row_id: int) -> AnyResponse:
    """Has a row tried now."""
    visitor = who.operator()
    with ledger().write() as tx:
        backlog.wake(tx, backlog.find(tx, row_id))
    current_app.logger.warning("outbox row %d was woken by %s", row_id, visitor.login)
    return redirect(url_for("console.admin"))


@console.post("/admin/outbox/<int:row_id>/drop")
def drop(row_id: int) -> AnyResponse:
    """Forgets a dead row."""
    visitor = who.operator()
    with ledger().write() as tx:
        backlog.drop(tx, backlog.find(tx, row_id))
    current_app.logger.warning("outbox row %d was dropped by %s", row_id, visitor.login)
    return redirect(url_for("console.admin"))


@console.get("/admin/deliveries")
def deliveries() -> Response:
    """Webhooks as they came."""
    who.operator()
    with ledger().read() as tx:
        found = backlog.deliveries(tx, ROWS + 1, _before())
        return shown("deliveries.html", deliveries=found[:ROWS], more=len(found) > ROWS)


@console.get("/admin/deliveries/<delivery_id>")
def delivery(delivery_id: str) -> Response:
    """One, with its payload."""
    who.operator()
    with ledger().read() as tx:
        found, row = backlog.delivery(tx, delivery_id)
        text = json.dumps(json.loads(found.payload), indent=2, ensure_ascii=False)
        return shown(
            "delivery.html", delivery=found, row=row, payload=text[:PAYLOAD], cut=len(text) > PAYLOAD
        )


@console.post("/admin/deliveries/<delivery_id>/handle")
def handle_again(delivery_id: str) -> AnyResponse:
    """Has it handled once more."""
    visitor = who.operator()
    with ledger().write() as tx:
        found, row = backlog.delivery(tx, delivery_id)
        backlog.handle_again(tx, found, row, Place.model_validate_json(found.payload).lane)
    current_app.logger.warning("delivery %s is handled again for %s", delivery_id, visitor.login)
    return redirect(url_for("console.delivery", delivery_id=delivery_id))


@console.get("/admin/machines")
def machines() -> Response:
    """Workers, what they have in hand, and what GitHub still allows."""
    who.operator()
    doorbell: Doorbell = current_app.extensions["doorbell"]
    counted: Counted = current_app.extensions["counted"]
    left = {
        dict(labels).get("installation", ""): value
        for (name, labels), value in counted.read().items()
        if name == LEFT
    }
    with ledger().read() as tx:
        in_hand = [(run, projects.get(tx, run.project_id)) for run in runs.in_hand(tx, ROWS)]
        return shown("machines.html", workers=doorbell.processes(), runs=in_hand, left=left)


def _before() -> datetime | None:
    given = request.args.get("before")
    try:
        return datetime.fromisoformat(given) if given else None
    except ValueError:
        raise Invalid("`before` is a time like 2026-01-31T12:00:00+00:00.", "before") from None
