"""What the outbox promises, on both databases."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.store import outbox
from bot.store.db import Database
from bot.store.models import Outbox
from tests.conftest import Clock


def add(db: Database, lane: str = "a", **more: Any) -> None:
    with db.write() as tx:
        outbox.add(tx, "job", lane=lane, **more)


def due(db: Database) -> list[int]:
    with db.read() as tx:
        return [row_id for row_id, _ in outbox.due(tx, 100)]


def take(db: Database, row_id: int) -> outbox.Claim | None:
    with db.write() as tx:
        return outbox.claim(tx, row_id)


def taken(db: Database, row_id: int) -> outbox.Claim:
    claim = take(db, row_id)
    assert claim is not None
    return claim


def finish(db: Database, claim: outbox.Claim) -> None:
    with db.write() as tx:
        outbox.finish(tx, claim)


def test_a_row_is_claimed_once_and_done_once(db: Database, frozen: Clock) -> None:
    add(db)
    [row] = due(db)
    claim = taken(db, row)
    assert take(db, row) is None
    assert due(db) == []
    finish(db, claim)
    assert due(db) == [] and take(db, row) is None


def test_one_that_is_put_off_is_due_when_the_first_who_asked_wants_it(db: Database, frozen: Clock) -> None:
    rung: list[object] = []
    db.ring = rung.append
    soon, later = frozen.time + timedelta(seconds=20), frozen.time + timedelta(seconds=30)
    add(db, key="k", due_at=soon)
    add(db, key="k", due_at=later)
    assert due(db) == [] and rung == []
    add(db, key="k")
    [row] = due(db)
    assert rung == [[(row, "job")]]
    claim = taken(db, row)
    with db.write() as tx:
        outbox.put_off(tx, claim, 60, "the limit is reached")
    add(db, key="k")
    assert due(db) == [], "what waits for a reason goes on waiting"


def test_what_is_rolled_back_was_never_promised(db: Database) -> None:
    rung: list[object] = []
    db.ring = rung.append
    with pytest.raises(RuntimeError), db.write() as tx:
        outbox.add(tx, "job", lane="a")
        raise RuntimeError
    assert due(db) == [] and rung == []


def test_the_bell_rings_after_the_commit_and_not_for_what_is_due_later(db: Database, frozen: Clock) -> None:
    rung: list[object] = []
    db.ring = lambda bells: rung.extend(bells) if due(db) else None
    with db.write() as tx:
        outbox.add(tx, "now", lane="a")
        outbox.add(tx, "later", lane="b", due_at=frozen.time + timedelta(hours=1))
    assert [job for _, job in rung] == ["now"]


def test_a_lane_goes_in_order_and_one_at_a_time_while_lanes_go_side_by_side(
    db: Database, frozen: Clock
) -> None:
    for key in "123":
        add(db, "a", key=key)
    add(db, "b", key="4")
    first, second, third, other = ids(db)
    assert due(db) == [first, other]
    claim = taken(db, first)
    assert take(db, second) is None and take(db, other) is not None
    finish(db, claim)
    assert due(db) == [second]
    with db.write() as tx:
        assert outbox.fail(tx, taken_in(tx, second), "no") is False
    assert due(db) == [], "a row that waits for its next try keeps its place in the lane"
    with db.write() as tx:
        tx.get_one(Outbox, second).due_at = frozen.time
    with db.write() as tx:
        outbox.fail(tx, taken_in(tx, second), "never", for_good=True)
    assert due(db) == [third], "a dead row does not hold up its lane"


def test_a_key_coalesces_while_it_waits_and_not_while_it_is_worked(db: Database, frozen: Clock) -> None:
    for _ in range(10):
        add(db, key="k")
    [row] = due(db)
    claim = taken(db, row)
    add(db, key="k")
    add(db, key="k")
    finish(db, claim)
    assert len(due(db)) == 1, "what changed after the claim needs one more turn"


def test_a_lease_that_runs_out_is_taken_over_and_the_late_worker_is_thrown_out(
    db: Database, frozen: Clock
) -> None:
    add(db)
    [row] = due(db)
    late = taken(db, row)
    frozen.forward(seconds=19)
    with db.write() as tx:
        outbox.hold(tx, late)
    frozen.forward(seconds=19)
    assert due(db) == [], "the heartbeat kept it"
    frozen.forward(seconds=1)
    assert due(db) == [row]
    fresh = taken(db, row)
    for end in (finish, lambda db, claim: hold(db, claim)):
        with pytest.raises(outbox.Superseded):
            end(db, late)
    finish(db, fresh)


def test_putting_off_costs_no_try_and_still_fences(db: Database, frozen: Clock) -> None:
    add(db)
    [row] = due(db)
    first = taken(db, row)
    frozen.forward(seconds=60)
    second = taken(db, row)
    with db.write() as tx:
        outbox.put_off(tx, second, 30, "limit")
    assert due(db) == []
    frozen.forward(seconds=31)
    third = taken(db, row)
    assert third.attempt == second.attempt
    with pytest.raises(outbox.Superseded):
        finish(db, first)


def test_eight_tries_with_growing_waits_then_dead(db: Database, frozen: Clock) -> None:
    add(db)
    [row] = due(db)
    waits = []
    for attempt in range(1, 9):
        with db.write() as tx:
            dead = outbox.fail(tx, taken_in(tx, row), f"boom {attempt}")
        assert dead == (attempt == 8)
        with db.read() as tx:
            left = tx.get_one(Outbox, row)
            waits.append((left.due_at - frozen.time).total_seconds())
        frozen.forward(hours=1)
    most = [2, 8, 32, 128, 512, 2_048, 3_600]
    assert [wait for wait, upto in zip(waits, most, strict=False) if not upto / 2 <= wait <= upto] == []
    assert left.dead_at is not None and left.error == "boom 8"
    assert due(db) == []


def test_of_what_is_done_no_error_stays_and_in_the_end_nothing(db: Database, frozen: Clock) -> None:
    for key in "12":
        add(db, key=key)
    first, second = ids(db)
    with db.write() as tx:
        outbox.fail(tx, taken_in(tx, first), "boom")
    frozen.forward(seconds=2)
    finish(db, taken(db, first))
    with db.read() as tx:
        assert tx.get_one(Outbox, first).error is None
    frozen.forward(days=1)
    finish(db, taken(db, second))
    with db.write() as tx:
        outbox.forget_done(tx, frozen.time)
    assert ids(db) == [second]


def test_what_waits_for_something_is_due_once_it_is_there(db: Database, frozen: Clock) -> None:
    rung: list[tuple[int, str]] = []
    db.ring = rung.extend
    add(db)
    [row] = due(db)
    claim = taken(db, row)
    with db.write() as tx:
        outbox.put_off(tx, claim, 500, "waits for the clone", waits_for="clone:1")
    rung.clear()
    for name, woken in (("clone:2", []), ("clone:1", [row])):
        with db.write() as tx:
            outbox.wake(tx, name)
        assert due(db) == woken
        assert rung == [(one, "job") for one in woken]


def test_of_many_workers_exactly_one_gets_each_row(db: Database) -> None:
    for number in range(40):
        add(db, lane=f"lane {number % 10}", key=str(number))
    done: list[int] = []
    order: dict[str, list[int]] = {}

    def work() -> None:
        while len(done) < 40:
            for row in due(db):
                if claim := take(db, row):
                    order.setdefault(claim.lane, []).append(claim.id)
                    done.append(claim.id)
                    finish(db, claim)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(done) == sorted(ids(db)) and len(set(done)) == 40
    assert all(rows == sorted(rows) for rows in order.values())


def test_a_change_while_the_row_is_claimed_is_never_lost(db: Database) -> None:
    """Adding and claiming at the same time: whoever comes second sees the first."""
    last_seen, changes = [0], 30
    counter = [0]

    def change() -> None:
        for _ in range(changes):
            with db.write() as tx:
                outbox.add(tx, "job", lane="a", key="k")
                counter[0] += 1

    def work() -> None:
        while last_seen[0] < changes:
            for row in due(db):
                if claim := take(db, row):
                    last_seen[0] = counter[0]
                    finish(db, claim)

    threads = [threading.Thread(target=change), threading.Thread(target=work)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert last_seen[0] == changes


def ids(db: Database) -> list[int]:
    with db.read() as tx:
        return list(tx.scalars(select(Outbox.id).order_by(Outbox.id)))


def taken_in(tx: object, row_id: int) -> outbox.Claim:
    claim = outbox.claim(tx, row_id)  # type: ignore[arg-type]
    assert claim is not None
    return claim


def hold(db: Database, claim: outbox.Claim) -> None:
    with db.write() as tx:
        outbox.hold(tx, claim)


def test_bulk_comes_last_however_early_it_was_promised(db: Database, frozen: Clock) -> None:
    with db.write() as tx:
        outbox.add(tx, "job", lane="a", bulk=True)
    frozen.forward(seconds=5)
    add(db, "b")
    with db.read() as tx:
        rows = [tx.get_one(Outbox, row_id).lane for row_id, _ in outbox.due(tx, 100)]
    assert rows == ["b", "a"]


def test_bulk_that_somebody_waits_for_now_is_due_at_once(db: Database, frozen: Clock) -> None:
    rung: list[tuple[int, str]] = []
    db.ring = rung.extend
    with db.write() as tx:
        outbox.add(tx, "job", lane="a", bulk=True)
    [row] = due(db)
    claim = taken(db, row)
    with db.write() as tx:
        outbox.put_off(tx, claim, 500, "others go first")
    with db.write() as tx:
        outbox.add(tx, "job", lane="a", bulk=True)
    assert claim.bulk and due(db) == []
    rung.clear()
    with db.write() as tx:
        outbox.answers_a_person(tx)
        outbox.add(tx, "job", lane="a", bulk=True)
    assert due(db) == [row] and rung == [(row, "job")]
    assert not taken(db, row).bulk


def test_what_waits_for_another_reason_is_not_hurried(db: Database, frozen: Clock) -> None:
    add(db)
    [row] = due(db)
    claim = taken(db, row)
    with db.write() as tx:
        outbox.put_off(tx, claim, 500, "it may be a slip")
    add(db)
    assert due(db) == []
