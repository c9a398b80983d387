"""Runs in containers, end to end: an agent of the operator's own, what verifies its fixes, and a cancel."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker as sdk
import pytest

from bot.agents import IssueBrief, Span, Task, run_fix, run_scan
from bot.jobs.runner import Runner
from bot.jobs.tools import Tools
from bot.sandbox import engine, push
from bot.sandbox.changes import take
from bot.sandbox.docker import DockerSandbox
from bot.sandbox.template import Template, load_templates
from tests.house import House
from tests.paths.test_resolve import Chain
from tests.test_sandbox_docker import ours

pytestmark = pytest.mark.one_database

# the first time it leaves a syntax error; when it sees what came of that, it mends it
WORKS = """
if grep -q '"verifyOutput":"' task.json; then text='x = 2'; else text='x = '; fi
echo "$text" > repo/one.py
echo '{"outcome": "done", "summary": "Done."}' > result.json
"""
VERIFY = "python3 -m py_compile one.py"


@pytest.fixture
def own(house: House, container_template: Template) -> Callable[[str, str], None]:
    """A template `mine` of the operator, which runs this script, and a workflow that verifies with this command."""

    def make(script: str, verify: str) -> None:
        templates = house.config.askfirst_home / "templates"
        templates.mkdir()
        command = json.dumps(["sh", "-c", script])
        text = (
            f'name = "mine"\nagent = "program"\nimage = "{container_template.image}"\ncommand = {command}\n'
        )
        (templates / "mine.toml").write_text(f'{text}kinds = ["fix"]\n[limits]\nmemory_mb = 128\n')
        house.runner = Runner(house.db, Tools(house.config.model_copy(update={"sandbox": "auto"})))
        settings = f"workflows:\n  default:\n    template: mine\n    verify: {verify}\n"
        house.mona.pushes(house.repository, {".github/askfirst.yml": settings}, "Settings")
        house.settle()

    return make


@pytest.fixture(autouse=True)
def leaves_nothing(client: sdk.DockerClient) -> Iterator[None]:
    before = ours(client)
    yield
    assert ours(client) == before


def test_what_goes_wrong_at_first_is_tried_once_more_and_verified(house: House, own: Any) -> None:
    own(WORKS, VERIFY)
    chain = Chain(house, "One")
    chain.start()
    assert (chain.now["status"], chain.states) == ("completed", ["done"])
    assert f"Verified with `{VERIFY}`." in (chain.pull.body or "")
    assert chain.file("one.py") == "x = 2\n"
    changed = house.repository.git.run("diff", "--name-only", "main", chain.now["branchName"])
    assert changed.decode().split() == ["one.py"]
    log = house.web.get(f"/api/v1/runs/log?id={chain.items[0]['runId']}", headers=house.headers()).text
    assert "SyntaxError" in log and "the agent tries once more" in log


def test_what_goes_wrong_twice_fails_with_what_it_said_and_pushes_nothing(house: House, own: Any) -> None:
    own(WORKS.replace("x = 2", "x ="), VERIFY)
    chain = Chain(house, "One")
    chain.start()
    assert (chain.now["status"], chain.states) == ("failed", ["failed"])
    assert f"After the change `{VERIFY}` ended with exit code 1" in chain.now["error"]
    assert "SyntaxError" in chain.now["error"]
    assert sorted(house.repository.git.refs()) == ["refs/heads/main"] and house.pulls() == []


def test_what_lands_on_somebody_elses_commit_is_not_verified(
    house: House, own: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    own("echo 'x = 2' > repo/one.py; echo '{\"outcome\": \"done\"}' > result.json", VERIFY)
    real = push.push

    def late(*arguments: Any) -> None:
        monkeypatch.setattr(push, "push", real)
        house.mona.pushes(house.repository, {"notes.md": "x\n"}, "Notes", "work")
        real(*arguments)

    monkeypatch.setattr(push, "push", late)
    chain = Chain(house, "One", branchName="work")
    chain.start()
    assert (chain.now["status"], chain.file("notes.md")) == ("completed", "x\n")
    assert f"*Not verified*: `{VERIFY}`" in (chain.pull.body or "")


def test_what_kills_its_container_fails_with_the_reason(house: House, own: Any) -> None:
    own("python3 -c \"x = b'x' * 2**29\"", VERIFY)
    chain = Chain(house, "One")
    chain.start()
    assert "needed more than the 128 MiB of memory" in chain.now["error"]


def test_a_cancel_ends_the_container(house: House, own: Any, client: sdk.DockerClient) -> None:
    own("echo begun; sleep 60", VERIFY)
    chain = Chain(house, "One")
    log = house.runner.tools.template

    def template(name: str) -> Template:
        # the run has begun by now
        house.post("/work-chains/cancel", chainId=chain.id)
        return log(name)

    house.runner.tools.template = template  # type: ignore[method-assign]
    chain.start()
    assert (chain.now["status"], chain.states) == ("cancelled", ["pending"])
    assert engine.connect() is not None and house.pulls() == []


def test_a_scan_in_a_container_finds_what_one_outside_finds(
    house: House, container_template: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = Tools(house.config.model_copy(update={"sandbox": "docker"}))
    monkeypatch.setattr(inside, "template", lambda _name: container_template)
    outside, house.runner = house.runner, Runner(house.db, inside)
    first = house.scan()
    found = len(house.issues())
    assert first["counts"]["new"] == found > 0
    house.runner = outside
    assert house.scan()["counts"]["new"] == 0 and len(house.issues()) == found


def test_the_agent_in_the_docs_is_one(
    client: sdk.DockerClient, container_template: Template, tmp_path: Path
) -> None:
    written = (Path(__file__).parents[2] / "docs" / "how-to" / "bring-your-own-agent.md").read_text()
    [toml] = re.findall(r"```toml\n(.*?)```", written, re.DOTALL)
    [script] = re.findall(r"```sh\n(#!.*?)```", written, re.DOTALL)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "mine.toml").write_text(toml)
    (tmp_path / "templates" / "run.sh").write_text(script)
    mine = load_templates(tmp_path)["mine"].model_copy(update={"image": container_template.image})
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "a.py").write_text("x = 1\n# TODO: say what it is\ny = 2\n")
    with DockerSandbox(client, mine) as box:
        [found] = run_scan(mine, Task(kind="scan"), checkout, box, lambda *_: None, print).issues
    assert found.title == "A note in a.py is left to do" and found.locations[0].start_line == 2
    issue = IssueBrief(id="iss_1", title=found.title, locations=[Span(path="a.py", start_line=2, end_line=2)])
    with DockerSandbox(client, mine) as box:
        done = run_fix(mine, Task(kind="fix", issues=[issue]), checkout, box, lambda *_: None, print)
        [change] = take(box.get("repo"), checkout).changes
    assert done.outcome == "done" and change.after and change.after.content == b"x = 1\ny = 2\n"
