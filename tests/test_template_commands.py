"""`askfirst template …`, and what the doctor says of images, with a real engine and an agent of the operator's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from importlib.metadata import version

import docker as sdk
import pytest
from click.testing import CliRunner, Result

import app
from bot.config import Config
from bot.sandbox import engine
from bot.sandbox.template import Template
from tests.test_cli import refused, said

pytestmark = pytest.mark.one_database

NAME = f"tried-{os.getpid()}"


@pytest.fixture
def run(config: Config) -> Callable[..., Result]:
    """A command, where containers are used."""

    def invoke(*arguments: str) -> Result:
        home = {"ASKFIRST_HOME": str(config.askfirst_home), "DATABASE_URL": config.database_url}
        return CliRunner().invoke(app.main, list(arguments), env={**home, "REDIS_URL": "", "SANDBOX": "auto"})

    return invoke


@pytest.fixture
def own(config: Config, client: sdk.DockerClient) -> Iterator[Callable[[str], None]]:
    """A template of the operator that is this shell script; its image is gone afterwards."""
    folder = config.askfirst_home / "templates"
    folder.mkdir()

    def make(script: str) -> None:
        (folder / "run.sh").write_text(script)
        (folder / f"{NAME}.toml").write_text(
            f'name = "{NAME}"\nagent = "program"\ncommand = ["sh", "run.sh"]\nkinds = ["scan", "fix"]\n'
            'programs = ["no-such-analyzer"]\n[files]\n"run.sh" = "run.sh"\n'
        )

    yield make
    if client.images.list(f"askfirst-{NAME}"):
        client.images.remove(f"askfirst-{NAME}", force=True)


WORKS = """
echo working
case $(cat task.json) in
*'"scan"'*) echo '{"issues": []}' > result.json ;;
*) echo 'x = 1' > repo/shop/cart.py; echo '{"outcome": "done", "summary": "Mended."}' > result.json ;;
esac
"""
WRONG = {
    "echo oops; exit 3": ["scan: the agent ended with exit code 3", "oops"],
    "true": ["scan: the agent wrote no result.json"],
    """echo '{"issues": [{"title": 1}]}' > result.json""": [
        "scan: result.json is malformed: issues.0.title: Input should be a valid string"
    ],
}


def of(listed: Result, name: str = NAME) -> str:
    """The line about one template."""
    [line] = [line for line in said(listed).splitlines() if line.startswith(f"{name} ")]
    return line


def test_a_template_is_made_tried_and_found_old(
    run: Callable[..., Result],
    own: Callable[[str], None],
    client: sdk.DockerClient,
    container_template: Template,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own(WORKS)
    assert "needs its image" in of(run("template", "list"))
    advice = f"`askfirst template build {NAME}`"
    assert f"Template {NAME} cannot run until its image is made: {advice}." in run("doctor").stdout
    assert refused(run("template", "check", NAME)).endswith(f"its image is not there: {advice} makes it")

    made = said(run("template", "build", NAME, "--base", container_template.image)).splitlines()
    assert made == [
        f"askfirst-{NAME}",
        "without no-such-analyzer, which is not installed on this machine",
    ]
    assert f"in askfirst-{NAME}" in of(run("template", "list")) and NAME not in run("doctor").stdout
    assert said(run("template", "check", NAME)).splitlines() == [
        "scan: 0 issues",
        "  | working",
        "fix: done: Mended.",
        "  changed shop/cart.py",
        "  | working",
    ]

    monkeypatch.setattr("bot.jobs.checkup.version", lambda _: "99")
    assert f"made by Askfirst {version('askfirst')}: {advice} makes it anew." in run("doctor").stdout
    monkeypatch.undo()
    said(run("template", "build", NAME, "--base", container_template.image))
    label = {"label": f"{engine.TEMPLATE}=askfirst-{NAME}"}
    assert len(client.images.list(filters=label)) == 1, "the one before it is gone"


def test_what_is_wrong_with_an_agent_is_said(
    run: Callable[..., Result],
    own: Callable[[str], None],
    client: sdk.DockerClient,
    container_template: Template,
) -> None:
    client.images.get(container_template.image).tag(f"askfirst-{NAME}")
    for script, words in WRONG.items():
        own(script)
        told = run("template", "check", NAME).stderr
        assert all(word in told for word in words), told


def test_only_what_there_is_can_be_built(run: Callable[..., Result], client: sdk.DockerClient) -> None:
    assert "there is no template nowhere; there are base" in refused(run("template", "build", "nowhere"))
    assert "uses the image askfirst-base" in refused(run("template", "build", "scripted"))
