"""Templates: the shipped ones load, the operator's own are read strictly and are never trusted."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.sandbox.base import SandboxError
from bot.sandbox.template import load_templates

MINE = """
name = "mine"
agent = "program"
command = ["./run.sh"]
"""


def write(home: Path, text: str, name: str = "mine.toml") -> Path:
    file = home / "templates" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return file


def test_the_shipped_ones(tmp_path: Path) -> None:
    templates = load_templates(tmp_path)
    assert {name: (one.agent, one.trusted, one.kinds) for name, one in templates.items()} == {
        "base": ("keyless", True, ("scan", "ask", "fix")),
        "model": ("model", False, ("scan", "ask", "fix")),
        "scripted": ("program", True, ("scan", "ask", "fix")),
    }
    assert all(one.description for one in templates.values())


def test_the_operators_own(tmp_path: Path) -> None:
    write(tmp_path, MINE + "[limits]\ntimeout_ms = 5_000\n")
    mine = load_templates(tmp_path)["mine"]
    assert mine.command == ("./run.sh",)
    assert mine.limits.timeout_ms == 5000


def test_only_shipped_ones_are_trusted(tmp_path: Path) -> None:
    write(tmp_path, MINE + "trusted = true\n")
    assert load_templates(tmp_path)["mine"].trusted is False


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name = "mine"\nagent = "keyles"\n', "agent"),
        (MINE + "colour = 1\n", "colour"),
        (MINE + "[limits]\nmemory_mb = -1\n", "limits.memory_mb"),
        (MINE + '[files]\nprogram = "absent.py"\n', "absent.py is not there"),
        ('name = "mine"\nagent = "program"\n', "`command` is needed"),
        ("name = \n", "not valid TOML"),
        (MINE.replace("mine", "base"), "base is taken"),
    ],
)
def test_a_bad_file_is_named_with_its_field(tmp_path: Path, text: str, said: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(SandboxError) as caught:
        load_templates(tmp_path)
    assert str(file) in str(caught.value)
    assert said in str(caught.value)
