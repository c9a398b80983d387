"""Webhook deliveries of the App: https://docs.github.com/en/rest/apps/webhooks"""

from __future__ import annotations

from typing import Any

from ..delivery import Delivery
from ..errors import Reply, invalid, not_found
from ..registry import Call, route
from ..shapes.accounts import stamp
from .lookup import MOST_PER_PAGE, link

DELIVERIES = "/app/hook/deliveries"


@route("GET", DELIVERIES, auth="app")
def list_deliveries(call: Call) -> Any:
    """Newest first; the cursor is the id of the last one seen."""
    cursor = call.query.get("cursor", "")
    if cursor and not cursor.isdecimal():
        raise invalid("Hook", "cursor", "invalid")
    status = call.query.get("status")
    found = [
        d
        for d in reversed(_sent(call))
        if (not cursor or d.id < int(cursor)) and status in (None, "success" if _succeeded(d) else "failure")
    ]
    size = min(max(call.query.get("per_page", 30), 1), MOST_PER_PAGE)
    if len(found) > size:
        call.headers["Link"] = link(call, "next", {"cursor": found[size - 1].id})
    return [_summary(delivery) for delivery in found[:size]]


@route("GET", DELIVERIES + "/{delivery_id}", auth="app")
def get(call: Call) -> Any:
    delivery = _delivery_of(call)
    return _summary(delivery) | {
        "request": {"headers": delivery.headers, "payload": delivery.payload},
        "response": {"headers": {}, "payload": ""},
    }


@route("POST", DELIVERIES + "/{delivery_id}/attempts", auth="app")
def redeliver(call: Call) -> Reply:
    call.fake.webhooks.redeliver(_delivery_of(call))
    return Reply(202, {})


def _sent(call: Call) -> list[Delivery]:
    return [d for d in call.fake.deliveries if d.app is call.actor.app and d.status is not None]


def _delivery_of(call: Call) -> Delivery:
    found = next((d for d in _sent(call) if d.id == call.params["delivery_id"]), None)
    if found is None:
        raise not_found()
    return found


def _succeeded(delivery: Delivery) -> bool:
    return delivery.status is not None and 200 <= delivery.status < 300


def _summary(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "guid": delivery.guid,
        "delivered_at": stamp(delivery.delivered_at),
        "redelivery": delivery.redelivery,
        "duration": round(delivery.seconds, 2),
        "status": "OK" if _succeeded(delivery) else f"Invalid HTTP Response: {delivery.status}",
        "status_code": delivery.status,
        "event": delivery.event,
        "action": delivery.action,
        "installation_id": delivery.installation_id,
        "repository_id": delivery.repository_id,
        "throttled_at": None,
    }
