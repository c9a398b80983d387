"""The whole loop with a model, in containers: it finds, it asks, people answer, it fixes; and what it may spend."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bot.jobs.runner import Runner
from bot.jobs.tools import Tools
from bot.sandbox.template import Template
from bot.store import clock, outbox
from bot.store.doorbell import Doorbell
from bot.store.models import Outbox
from tests import warm
from tests.fakes.model import KEY, TOKENS, FakeModel, calls, hands_in, plays
from tests.house import House
from tests.paths.test_resolve import Chain
from tests.rounds import Round

pytestmark = pytest.mark.one_database

FOUND = {
    "title": "The cart is shared between callers",
    "rule": "mutable-default",
    "evidence": "def add(item, cart=[]):",
    "locations": [{"path": "shop/cart.py", "startLine": 4}],
}
WONDERS = {
    "question": "What shall the default be?",
    "options": [{"text": "A new list for each call", "recommended": True}, {"text": "An empty tuple"}],
}
LOOK = "env; cat /proc/self/environ /proc/[0-9]*/cmdline /askfirst/*.json; grep -r sk-model /askfirst /tmp /etc; true"
MENDS = [
    calls("bash", command=LOOK),
    calls("bash", command="sed -i 's/cart=\\[\\]/cart=None/' repo/shop/cart.py"),
    hands_in(outcome="done", summary="Each call gets a list of its own."),
]
SCRIPT = plays(
    scan=[calls("search", pattern="cart="), hands_in(issues=[FOUND])],
    ask=[hands_in(questions=[WONDERS])],
    fix=MENDS,
)


class Thinking(House):
    """A house whose server has a model."""

    model: FakeModel

    def environment(self) -> dict[str, str]:
        with_model = {
            "SANDBOX": "auto",
            "ASKFIRST_MODEL": "some-model",
            "ASKFIRST_MODEL_URL": self.model.url,
            "ASKFIRST_MODEL_KEY": KEY,
        }
        return super().environment() | with_model


@pytest.fixture
def thinking(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Thinking]:
    monkeypatch.setattr(Thinking, "model", FakeModel(SCRIPT), raising=False)
    whole = Thinking(database_url, tmp_path)
    yield whole
    whole.close()
    Thinking.model.close()


@pytest.fixture
def contained(thinking: Thinking, container_template: Template) -> Thinking:
    """Its agents work in containers."""
    own = container_template.model_copy(update={"name": "model", "agent": "model"})

    class Contained(Tools):
        def template(self, name: str) -> Template:
            assert name == "model", "where none is named, it is the model's"
            return own

    config = thinking.config.model_copy(update={"sandbox": "docker"})
    thinking.runner = Runner(thinking.db, Contained(config))
    return thinking


def test_the_whole_loop(contained: Thinking) -> None:
    house = contained
    scan = house.scan()
    [there] = house.issues()
    assert there.title == FOUND["title"] and scan["counts"]["new"] == 1
    assert (scan["templateId"], scan["tokens"]) == ("model", 2 * TOKENS)
    [issue] = house.get("/issues/list")["data"]
    asked = house.post("/answering-sessions", issueSessionId=scan["id"])["data"]
    house.settle()
    round = Round(house, asked["id"], [])
    house.mona.replies(round.threads[0], "approve")
    house.settle_answers()
    assert round.session["status"] == "completed" and round.session["tokens"] == TOKENS
    chain = Chain(house, issues=[issue["id"]], answeringSessionId=asked["id"])
    chain.start()
    assert (chain.now["status"], chain.states) == ("completed", ["done"])
    assert "def add(item, cart=None)" in (chain.file("shop/cart.py") or "")
    assert chain.now["tokens"] == len(MENDS) * TOKENS
    assert "A model took 300 tokens." in (chain.pull.body or "")
    assert "A new list for each call" in house.model.heard, "the answer reached the model"
    run = house.get("/runs/get", id=chain.items[0]["runId"])["data"]
    log = house.web.get(f"/api/v1/runs/log?id={run['id']}", headers=house.headers()).text
    assert run["tokens"] == 3 * TOKENS and "[bash] sed -i" in log
    for text in (house.model.heard, log, str(chain.pull.body), house.web.get("/metrics").text):
        assert KEY not in text, "it was in nothing that the sandbox could show"


def test_what_is_spent_is_refused_with_a_clear_word(contained: Thinking) -> None:
    house = contained
    house.mona.pushes(house.repository, {".github/askfirst.yml": "limits: {tokens: 1000}\n"}, "Settings")
    house.model.script = [calls("list_files")]
    session = house.scan()
    assert session["status"] == "failed" and "used the 1,000 tokens" in session["error"]
    refused = house.post("/issue-sessions/start", prompt="Find bugs")["error"]
    assert refused["code"] == "CONFLICT"
    assert "used its 1,000 tokens of a day (limits.tokens in .github/askfirst.yml)" in refused["message"]


def test_the_second_try_has_what_the_first_one_left(contained: Thinking) -> None:
    house = contained
    settings = "workflows: {default: {verify: 'false'}}\nlimits: {tokens: 1000}\n"
    house.mona.pushes(house.repository, {".github/askfirst.yml": settings}, "Settings")
    house.settle()
    house.model.script = [plays(fix=[calls("list_files")] * 5 + MENDS)]
    chain = Chain(house, "The cart is shared")
    chain.start()
    assert "used the 200 tokens that it had" in chain.items[0]["error"]
    assert chain.now["tokens"] <= 1000 + TOKENS


def test_who_cancels_need_not_wait_for_the_model(contained: Thinking) -> None:
    house = contained
    chain = Chain(house, "The cart is shared")

    def is_cancelled(body: dict[str, Any]) -> dict[str, Any]:
        house.post("/work-chains/cancel", chainId=chain.id)
        return SCRIPT(body)

    house.model.script = [is_cancelled]
    chain.start()
    assert chain.now["status"] == "cancelled" and len(house.model.asked) == 1
    assert chain.now["tokens"] == TOKENS, "and its answer is counted"


def test_a_kill_loses_no_count_and_begins_from_the_checkout(
    thinking: Thinking, container_template: Template, redis_url: str
) -> None:
    house, doorbell = thinking, Doorbell(redis_url)
    templates = house.config.askfirst_home / "templates"
    templates.mkdir()
    own = f'name = "own"\nagent = "model"\nkinds = ["fix"]\nimage = "{container_template.image}"\n'
    (templates / "own.toml").write_text(own)
    settings = {".github/askfirst.yml": "workflows: {default: {template: own}}\n"}
    house.mona.pushes(house.repository, settings, "Settings")
    house.settle()
    chain = Chain(house, "The cart is shared")
    doorbell.redis.flushall()
    house.post("/work-chains/start", chainId=chain.id)
    worker = warm.start(house.environment(), redis_url, "agents")

    def dies(body: dict[str, Any]) -> dict[str, Any]:
        if len(house.model.asked) == 2:
            gone = os.pidfd_open(worker.pid or 0)
            os.kill(worker.pid or 0, signal.SIGKILL)
            # the run's own process dies with it, and is to hear no answer before
            select.select([gone], [], [])
            os.close(gone)
        return SCRIPT(body)

    house.model.script = [dies]
    with house.db.read() as tx:
        doorbell.ring(outbox.due(tx, 100))
    worker.join(60)
    assert worker.exitcode == -signal.SIGKILL
    with house.db.write() as tx:
        past = clock.now() - timedelta(seconds=1)
        tx.execute(update(Outbox).where(Outbox.lease_until.is_not(None)).values(lease_until=past))
    house.settle()
    assert (chain.now["status"], chain.states) == ("completed", ["done"])
    assert chain.now["tokens"] == (1 + len(MENDS)) * TOKENS, "what the lost one spent is counted"
    assert len(chain.commits) == 1
