"""What an operator sees of the engine, and does about it: /metrics, /readyz, `doctor`, `outbox`."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

import app
from api.metrics import METRICS
from bot.jobs import checkup
from bot.store import clock, outbox
from bot.store.counted import Counted
from bot.store.doorbell import Doorbell
from bot.store.models import Outbox
from bot.webhooks.handlers import HANDLERS
from tests import warm
from tests.fakes.model import KEY, FakeModel, Refuses, Said, says
from tests.house import House
from tests.test_cli import ASKFIRST

pytestmark = pytest.mark.one_database


@pytest.fixture
def run(house: House, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """A command of the operator, with the server's settings."""

    def invoke(*arguments: str, **settings: str) -> Result:
        return CliRunner().invoke(app.main, list(arguments), env=house.environment() | settings)

    return invoke


@pytest.fixture
def broken(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Somebody opened an issue, and our handler of that has a bug. Call it to have the bug mended."""

    def breaks(*_: object) -> None:
        raise ZeroDivisionError("a bug of ours, with token ghp_abcdefghijklmnopqrstuvwxyz0123456789")

    with monkeypatch.context() as patch:
        patch.setitem(HANDLERS, "issue_comment", breaks)
        there = house.mona.opens_issue(house.repository, "Housekeeping")
        house.mona.comments(there, "/askfirst help")
        house.settle()
        for _ in range(8):
            with house.db.write() as tx:
                tx.execute(update(Outbox).where(Outbox.done_at.is_(None)).values(due_at=clock.now()))
            house.settle()
        yield patch.undo


def metric(house: House, series: str) -> float:
    """The value of a series in /metrics, 0 where it is not there."""
    text = house.web.get("/metrics").text
    found = re.search(rf"^{re.escape(series)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_metrics_tell_what_was_done(house: House) -> None:
    series = {
        'askfirst_requests_total{route="/api/v1/issue-sessions/start",status="201"}': 1,
        'askfirst_deliveries_total{outcome="refused"}': 1,
        'askfirst_jobs_total{job="scan",outcome="done"}': 1,
        'askfirst_runs_total{kind="scan",status="completed"}': 1,
        'askfirst_github_requests_total{method="POST",status="201"}': None,
    }
    before = {name: metric(house, name) for name in series}
    house.fake.limited = True
    house.web.post("/webhooks/github", data=b"{}")
    house.scan()
    for name, more in series.items():
        grown = metric(house, name) - before[name]
        assert grown == more if more is not None else grown > len(house.issues()), name
    assert metric(house, 'askfirst_sandbox_seconds_total{template="base"}') > 0


def test_each_series_has_the_labels_that_are_told_of_its_metric(house: House) -> None:
    house.scan()
    house.post("/issue-sessions/start", prompt="Once more")
    house.post("/project/pause", reason="a break")
    series = re.findall(r"^(\w+)(?:\{(.*)\})? ", house.web.get("/metrics").text, re.MULTILINE)
    assert {name for name, _ in series} >= {
        "askfirst_jobs_total", "askfirst_live_runs", "askfirst_outbox_rows", "askfirst_paused_projects",
    }  # fmt: skip
    for name, labels in series:
        assert tuple(re.findall(r'(\w+)="', labels)) == METRICS[name][1].labels, name
    assert metric(house, 'askfirst_job_seconds_total{job="scan"}') > 0
    left = metric(house, f'askfirst_github_requests_remaining{{installation="{house.installation.id}"}}')
    assert 0 < left < 5000
    house.post("/issue-sessions/start", prompt="Find bugs")
    assert metric(house, 'askfirst_outbox_rows{job="scan"}') == 1
    assert metric(house, 'askfirst_live_runs{kind="scan",status="queued"}') == 1


def test_what_processes_counted_is_added_up_and_survives_them(house: House, redis_url: str) -> None:
    Doorbell(redis_url).redis.flushall()
    house.post("/issues/create", title="Cart forgets items")
    worker = warm.start(house.environment(), redis_url, "bulk")
    try:
        here = Doorbell(redis_url)
        warm.until(lambda: (here.workers() or {}).get("bulk"))
        house.web.application.extensions |= {"doorbell": here, "counted": Counted(redis_url)}
        assert house.web.get("/readyz").get_json()["workers"] == {"jobs": 0, "bulk": 1, "agents": 0}
        assert metric(house, 'askfirst_workers{queue="bulk"}') == 1
        done = 'askfirst_jobs_total{job="show_issue",outcome="done"}'
        before = metric(house, done)
        with house.db.read() as tx:
            here.ring([(row.id, row.job) for row in tx.query(Outbox).filter(Outbox.done_at.is_(None))])
        warm.until(lambda: metric(house, done) != before)
    finally:
        worker.kill()
        worker.join()
    assert metric(house, done) == before + 1


def test_a_disk_that_will_soon_be_full_is_said(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkup, "ROOM", 10**9)
    told = run("doctor")
    assert told.exit_code == 1
    assert re.match(r"The disk of ASKFIRST_HOME has only \d+ MiB left. Make room: .* are in /", told.stdout)


def test_what_died_of_a_bug_is_seen_and_done_once_the_bug_is_mended(
    house: House, run: Callable[..., Result], broken: Callable[[], None]
) -> None:
    assert metric(house, 'askfirst_outbox_dead_rows{job="delivery"}') == 1
    told = run("doctor")
    assert told.exit_code == 1 and "One piece of work (delivery) was given up." in told.stdout
    [line] = run("outbox", "list").stdout.splitlines()
    number = line.split()[0]
    assert re.search(r"dead since .* delivery .* 8 tries  ZeroDivisionError: a bug of ours", line)
    assert "ghp_" not in line
    broken()
    assert run("outbox", "wake", number).exit_code == 0
    house.settle()
    [there] = house.issues()
    assert [comment.user.login for comment in there.comments] == ["mona", "askfirst[bot]"]
    assert run("outbox", "list").stdout == "" and run("doctor").stdout == "All is well.\n"


def test_what_follows_a_dead_one_is_done_and_it_can_be_dropped(
    house: House, run: Callable[..., Result], broken: Callable[[], None]
) -> None:
    [there] = house.issues()
    broken()
    house.mona.comments(there, "/askfirst help")
    house.settle()
    assert len(there.comments) == 3, "the later one was answered"
    number = run("outbox", "list").stdout.split()[0]
    assert run("outbox", "drop", number).exit_code == 0
    assert run("doctor").exit_code == 0
    for command in ("wake", "drop"):
        refused = run("outbox", command, number)
        assert refused.exit_code == 1 and f"There is no row {number}" in refused.stderr


def test_what_still_waits_is_not_dropped(house: House, run: Callable[..., Result]) -> None:
    house.post("/issues/create", title="Cart forgets items")
    number = run("outbox", "list").stdout.split()[0]
    refused = run("outbox", "drop", number)
    assert refused.exit_code == 1 and "is not dead" in refused.stderr
    house.settle()
    assert len(house.issues()) == 1


def test_the_doctor_says_why_work_is_not_done(
    house: House, run: Callable[..., Result], redis_url: str
) -> None:
    house.post("/issues/create", title="Cart forgets items")
    assert run("doctor").exit_code == 0, "it is only just due"
    with house.db.write() as tx:
        late = clock.now() - timedelta(minutes=5)
        tx.execute(update(Outbox).where(Outbox.done_at.is_(None)).values(due_at=late))
    assert "Redis does not answer at REDIS_URL" in run("doctor").stdout
    Doorbell(redis_url).redis.flushall()
    assert "no `askfirst worker` is running" in run("doctor", REDIS_URL=redis_url).stdout


@pytest.mark.parametrize(
    ("said", "key", "told"),
    [
        (says("Yes."), KEY, ""),
        (says("Yes."), "sk-wrong", "ASKFIRST_MODEL some-model does not answer: the model's provider refused"),
        (Refuses(404), KEY, "ASKFIRST_MODEL some-model does not answer: the model cannot be asked"),
    ],
    ids=["it answers", "a wrong key", "no such model"],
)
def test_the_doctor_asks_the_model_once(
    house: House, run: Callable[..., Result], said: Said, key: str, told: str
) -> None:
    model = FakeModel(said)
    settings = {"ASKFIRST_MODEL": "some-model", "ASKFIRST_MODEL_URL": model.url, "ASKFIRST_MODEL_KEY": key}
    answer = run("doctor", **settings).stdout
    model.close()
    assert told in answer and key not in answer and bool(told) == ("does not answer" in answer)
    assert "works in containers only: set SANDBOX to auto." in answer


def test_the_log_is_json_with_the_ids_of_what_is_at_hand_and_no_secret(house: House, redis_url: str) -> None:
    secret = "ghp_abcdefghijklmnopqrstuvwxyz0123456789"
    with house.db.write() as tx:
        outbox.add(tx, f"from a newer version {secret}", lane="x", run_id="run_1")
    worker = subprocess.Popen(
        [ASKFIRST, "worker"],
        env=house.environment() | {"REDIS_URL": redis_url},
        stderr=subprocess.PIPE,
        text=True,
    )
    with house.db.read() as tx:
        [(number, job)] = outbox.due(tx, 10)
    Doorbell(redis_url).ring([(number, job)])
    assert worker.stderr is not None
    line = next(line for line in worker.stderr if "newer version" in line)
    worker.kill()
    worker.communicate()
    told = json.loads(line)
    assert (told["level"], told["row"], told["run"]) == ("error", str(number), "run_1")
    assert told["time"].endswith("+00:00") and "Traceback" in told["message"] and secret not in line
