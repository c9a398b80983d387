"""Requests that are answered once: claimed before the work, kept with its result, replayed for a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, update
from sqlalchemy.orm import Session

from bot.store import clock
from bot.store.db import lock
from bot.store.models import IdempotentRequest

KEPT = timedelta(hours=24)
LEASE = timedelta(seconds=60)  # after which a request that was never answered counts as lost


class OtherBody(Exception):
    """The key was used for another request body."""


class InFlight(Exception):
    """The same request is being answered right now."""


@dataclass(frozen=True)
class Which:
    """A request: who made it, its method and path, and its Idempotency-Key."""

    caller: str
    request: str
    key: str


@dataclass(frozen=True)
class Answer:
    """What was answered, or is to be."""

    status: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Claim:
    """The right to answer a request; `number` is its fence."""

    which: Which
    number: int


def claim(tx: Session, which: Which, digest: str) -> Claim | Answer:
    """The right to answer the request, or the answer it had. Raises OtherBody, InFlight."""
    lock(tx, f"idempotency:{which}")
    row = tx.get(IdempotentRequest, (which.caller, which.request, which.key))
    now = clock.now()
    if row is not None and row.claimed_at > now - KEPT:
        if row.digest != digest:
            raise OtherBody
        if row.status is not None:
            return Answer(row.status, row.headers or {}, row.body or "")
        if row.claimed_at > now - LEASE:
            raise InFlight
    if row is None:
        row = IdempotentRequest(caller=which.caller, request=which.request, key=which.key, claims=0)
        tx.add(row)
    row.digest, row.claimed_at, row.claims = digest, now, row.claims + 1
    row.status = row.headers = row.body = None
    return Claim(which, row.claims)


def keep(tx: Session, claim: Claim, answer: Answer) -> None:
    """Keep the answer, in the transaction that made it true. Raises InFlight when the claim was lost."""
    values = {"status": answer.status, "headers": answer.headers, "body": answer.body}
    if not tx.execute(update(IdempotentRequest).where(_held(claim)).values(values)).rowcount:  # type: ignore[attr-defined]
        raise InFlight


def give_up(tx: Session, claim: Claim) -> None:
    """Forget the request: the next one like it is answered anew."""
    tx.execute(delete(IdempotentRequest).where(_held(claim)))


def forget(tx: Session, before: datetime) -> None:
    """Remove what was claimed before then."""
    tx.execute(delete(IdempotentRequest).where(IdempotentRequest.claimed_at < before))


def _held(claim: Claim) -> ColumnElement[bool]:
    table, which = IdempotentRequest, claim.which
    return and_(
        table.caller == which.caller,
        table.request == which.request,
        table.key == which.key,
        table.claims == claim.number,
        table.status.is_(None),
    )
