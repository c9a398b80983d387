"""The doorbell of the doors: it is rung for all rows, soon, and by nobody who waits for an answer."""

from __future__ import annotations

import threading

from bot.store.db import Bells
from bot.store.doorbell import Soon


def test_all_rows_are_rung_for_by_another_thread() -> None:
    rung: Bells = []
    threads: set[str] = set()
    all_rung = threading.Event()

    def ring(bells: Bells) -> None:
        rung.extend(bells)
        threads.add(threading.current_thread().name)
        if len(rung) == 3:
            all_rung.set()

    soon = Soon(ring)
    soon.ring([(1, "delivery")])
    soon.ring([(2, "delivery"), (3, "scan")])

    assert all_rung.wait(10)
    assert rung == [(1, "delivery"), (2, "delivery"), (3, "scan")]
    assert threads == {"doorbell"}


def test_it_goes_on_ringing() -> None:
    rung: list[threading.Event] = [threading.Event(), threading.Event()]
    soon = Soon(lambda bells: rung[bells[0][0]].set())
    for row_id, each in enumerate(rung):
        soon.ring([(row_id, "delivery")])
        assert each.wait(10)
