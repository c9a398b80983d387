"""Every job × every step × every way to fail: in the end GitHub holds exactly one of everything.

The jobs are those of the engine's own table: one that the story in `tests.faulty` does not lead to fails here. The
first row of each job goes through all faults of a list, one try after another; then it is left in peace.

`make test` kills each job around its claim, its first request and its commit, on one kind of database; `make faults`
plays all of it, on both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.github.client import App
from bot.jobs import JOBS
from bot.jobs.runner import Runner
from bot.jobs.tools import Tools
from bot.store import outbox
from tests.conftest import KINDS
from tests.faulty import FaultyHouse, die, play, snapshot
from tests.house import plain

Death = Callable[[], None]
Answer = Callable[[httpx.BaseTransport, httpx.Request], httpx.Response]


def before_claim() -> None:
    Runner.work = lambda self, row_id: die()  # type: ignore[method-assign]


def after_claim() -> None:
    Runner._attempt = lambda self, work: die()  # type: ignore[method-assign]


def at_call(which: int, *, acted: bool, writes: bool) -> None:
    """Before GitHub hears of the n-th request, or of the n-th that writes; or when it has acted on it."""
    send, seen = App.send, 0

    def send_or_die(app: App, method: str, *rest: Any, **more: Any) -> Any:
        nonlocal seen
        seen += method != "GET" or not writes
        if seen == which and not acted:
            die()
        answer = send(app, method, *rest, **more)
        if seen == which:
            die()
        return answer

    App.send = send_or_die  # type: ignore[method-assign]


def before_commit() -> None:
    finish = outbox.finish

    def finish_and_die(*args: Any) -> None:
        finish(*args)
        die()

    outbox.finish = finish_and_die


def after_commit() -> None:
    Runner._follow_names = lambda self, errand: die()  # type: ignore[method-assign]


def call(which: int, acted: bool, writes: bool) -> Death:
    return partial(at_call, which, acted=acted, writes=writes)


# of the writes the first is often the token's; a run's row is lost for good when it took its worker with it too often
DEATHS: dict[str, list[Death]] = {
    "around the job": [
        before_claim, after_claim, call(1, False, False), call(1, True, False), before_commit, after_commit,
    ],
    "around what it writes": [
        call(2, False, True), call(2, True, True), call(3, False, True), call(3, True, True), call(4, True, True),
    ],
}  # fmt: skip


class Faulty(httpx.BaseTransport):
    """Answers one request instead of GitHub: the first, or the first that writes."""

    def __init__(self, answer: Answer, writes: bool) -> None:
        self._inner, self._answer, self._writes = plain(), answer, writes
        self._done = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        writes = request.method != "GET" and not request.url.path.endswith("/access_tokens")
        if self._done or (self._writes and not writes):
            return self._inner.handle_request(request)
        self._done = True
        return self._answer(self._inner, request)


def acted(error: type[httpx.TransportError] | int) -> Answer:
    """GitHub acts, and we hear something else."""

    def answer(inner: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
        inner.handle_request(request).read()
        if isinstance(error, int):
            return httpx.Response(error, text="<html>Bad gateway</html>")
        raise error("it was acted on")

    return answer


def says(status: int, message: str = "No", **headers: str) -> Answer:
    """GitHub does not act, and says so."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda inner, request: httpx.Response(status, json={"message": message}, headers=named)


SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
PASSING: list[Answer] = [
    acted(httpx.ReadTimeout), acted(httpx.ReadError), says(500), acted(502), says(401, "Bad credentials"),
    says(403, SECONDARY, retry_after="30"), says(403, SECONDARY), says(429, retry_after="30"), says(429),
]  # fmt: skip
LASTING = {404: "Not Found", 410: "This was deleted", 422: "Validation Failed"}


def dying(deaths: list[Death], house: FaultyHouse, row_id: int) -> None:
    """A worker for each death, and another one afterwards."""
    for death in deaths:
        house.in_a_process_that(row_id, death)
        house.time_passes()
    house.runner.work(row_id)


def troubled(answers: list[Answer], writes: bool, house: FaultyHouse, row_id: int) -> None:
    """A try for each answer, and another one afterwards."""
    for answer in answers:
        Runner(house.db, Tools(house.config, Faulty(answer, writes))).work(row_id)
        house.time_passes()
    house.runner.work(row_id)


@pytest.fixture(scope="module")
def peace(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, redis_started: str
) -> Counter[tuple[Any, ...]]:
    """What GitHub holds when nothing fails."""
    home = tmp_path_factory.mktemp("peace")
    copy = home / "askfirst.db"
    copy.write_bytes(request.getfixturevalue("sqlite_template").read_bytes())
    house = FaultyHouse(f"sqlite:///{copy}", home, redis_started, None)
    play(house)
    house.close()
    return snapshot(house)


def ends_as(peace: Counter[tuple[Any, ...]], house: FaultyHouse) -> None:
    play(house)
    house.close()
    there = snapshot(house)
    assert set(JOBS) <= house.struck, "the story leads to every job"
    assert house.unfinished() == [] and house.dead() == []
    assert there - peace == Counter(), "nothing doubled"
    assert peace - there == Counter(), "nothing lost"


THOROUGH = pytest.mark.thorough  # `make faults` runs these too
HERE, THERE = KINDS


@pytest.mark.parametrize(
    ("database_url", "deaths"),
    [
        pytest.param(HERE, "around the job"),
        pytest.param(THERE, "around what it writes", marks=THOROUGH),
        pytest.param(THERE, "around the job", marks=THOROUGH),
        pytest.param(HERE, "around what it writes", marks=THOROUGH),
    ],
    indirect=["database_url"],
)
def test_killed(
    database_url: str, tmp_path: Path, redis_url: str, peace: Counter[tuple[Any, ...]], deaths: str
) -> None:
    ends_as(peace, FaultyHouse(database_url, tmp_path, redis_url, partial(dying, DEATHS[deaths])))


@pytest.mark.parametrize(
    ("database_url", "writes"),
    [
        pytest.param(HERE, True, id="the first write", marks=THOROUGH),
        pytest.param(THERE, True, id="the first write, too", marks=THOROUGH),
        pytest.param(HERE, False, id="the first request", marks=THOROUGH),
        pytest.param(THERE, False, id="the first request, too", marks=THOROUGH),
    ],
    indirect=["database_url"],
)
def test_github_is_in_trouble_for_a_while(
    database_url: str, tmp_path: Path, redis_url: str, peace: Counter[tuple[Any, ...]], writes: bool
) -> None:
    ends_as(peace, FaultyHouse(database_url, tmp_path, redis_url, partial(troubled, PASSING, writes)))


@pytest.mark.thorough
@pytest.mark.parametrize("status", LASTING)
def test_github_refuses_for_good(
    database_url: str, tmp_path: Path, redis_url: str, peace: Counter[tuple[Any, ...]], status: int
) -> None:
    """What is refused may be missing; what is there is there once, and nothing waits for ever."""
    strike = partial(troubled, [says(status, LASTING[status])], True)
    house = FaultyHouse(database_url, tmp_path, redis_url, strike)
    with suppress(IndexError, KeyError, TypeError, ValueError):  # the story needs what is missing
        play(house)
    house.settle()
    house.close()
    assert len(house.struck) >= 8
    assert house.unfinished() == house.dead()
    assert all(error for _, error in house.dead())
    named = ("issue", "pull", "thread", "branch")
    doubled = Counter((kind, what) for kind, what, *_ in snapshot(house).elements() if kind in named)
    assert all(count == 1 for (kind, _), count in doubled.items() if kind in ("issue", "pull", "branch")), (
        doubled
    )
