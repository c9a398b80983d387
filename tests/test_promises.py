"""What the layout promises: each thing that has a place is in it, and each list of things is whole."""

from __future__ import annotations

import ast
import fnmatch
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from api import ROUTES
from bot.config import Config
from bot.domain.verbs import VERBS
from bot.jobs import JOBS
from bot.store.doorbell import AGENT_JOBS
from bot.webhooks.handlers import HANDLERS

ROOT = Path(__file__).parent.parent
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS = {contract["id"]: contract for contract in PYPROJECT["tool"]["importlinter"]["contracts"]}
ALWAYS_SENT = {"installation", "installation_repositories", "ping"}
NOT_TO_BE_LISTED = {"installation_target"}  # ticked by hand; without it renamed accounts are noticed later
PLANTED = [
    ("layers", "bot.store.planted_up", "bot.domain.runs"),
    ("layers", "bot.webhooks.planted_up", "api"),
    ("doors", "api.planted_job", "bot.jobs"),
    ("hands", "api.planted_hand", "bot.github.client"),
    ("hands", "bot.agents.planted_hand", "bot.sandbox.base"),
    ("tables", "bot.github.planted_table", "bot.store.models"),
    ("nouns", "bot.domain.planted_framework", "redis"),
    ("wiring", "bot.store.planted_app", "app"),
]


def sources() -> Iterator[Path]:
    """Every file but those that git ignores."""
    ignored = [".git", *(line.strip("/") for line in (ROOT / ".gitignore").read_text().split())]
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if not any(fnmatch.fnmatch(name, each) for each in ignored)]
        yield from (Path(folder, name) for name in files if name not in ignored)


def lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)


def test_every_import_goes_down_the_house() -> None:
    checked = lint_imports(ROOT)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """The check of a copy of the sources with a bad import for each contract."""
    tree = tmp_path_factory.mktemp("tree")
    for package in ("api", "bot"):
        shutil.copytree(ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("app.py", "pyproject.toml"):
        shutil.copy(ROOT / file, tree)
    for _, module, target in PLANTED:
        (tree / module.replace(".", "/")).with_suffix(".py").write_text(f"import {target}\n")
    return lint_imports(tree)


@pytest.mark.parametrize(("contract", "module", "target"), PLANTED)
def test_a_planted_import_is_caught(
    planted: subprocess.CompletedProcess[str], contract: str, module: str, target: str
) -> None:
    assert planted.returncode == 1
    name = CONTRACTS[contract]["name"]
    assert f"{name} BROKEN" in planted.stdout
    _, _, broken = planted.stdout.partition("Broken contracts")
    assert f"{module} -> {target} (l.1)" in broken.partition(f"\n{name}\n---")[2], broken


def test_every_contract_has_a_planted_import() -> None:
    assert {contract for contract, _, _ in PLANTED} == set(CONTRACTS)


def test_every_part_of_the_house_has_its_place() -> None:
    placed = CONTRACTS["layers"]["layers"] + CONTRACTS["hands"]["protected_modules"]
    parts = {f"bot.{path.stem}" for path in (ROOT / "bot").iterdir() if not path.stem.startswith("__")}
    assert parts <= set(re.findall(r"[\w.]+", " ".join(placed)))


def promised_jobs() -> Iterator[tuple[str, str]]:
    """Where the doors and the nouns put something in the outbox, and the job they name."""
    for folder in ("api", "bot/webhooks", "bot/domain", "bot/store"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "outbox.add":
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", ast.unparse(node.args[1]).strip("'\"")


def test_every_promised_job_has_a_function() -> None:
    promised = dict(promised_jobs())
    assert promised
    assert {place: job for place, job in promised.items() if job not in JOBS} == {}
    assert set(JOBS) >= AGENT_JOBS


def test_every_setting_is_in_the_example_with_its_default() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    example = [line.split("=", 1) for line in lines if line and not line.startswith("#")]
    assert sorted(name for name, _ in example) == sorted(name.upper() for name in Config.model_fields)
    assert Config.model_validate({name.lower(): value for name, value in example if value}) == Config()


def test_the_app_asks_for_exactly_the_events_that_are_handled() -> None:
    manifest = yaml.safe_load((ROOT / "app.yml").read_text())
    assert set(manifest["default_events"]) == set(HANDLERS) - ALWAYS_SENT - NOT_TO_BE_LISTED
    assert set(HANDLERS) >= ALWAYS_SENT | NOT_TO_BE_LISTED


def in_the_reference() -> Iterator[tuple[Any, ...]]:
    """(method, path, scope, what it takes, what of it must be sent, whether it makes something) of each row."""
    row = r"^\| ([A-Z]+) \| `(/\S+)` \| `?([\w:-]+)`? \|(.*)\|(.*)\|$"
    for method, path, scope, takes, gives in re.findall(
        row, (ROOT / "docs/reference/rest.md").read_text(), re.MULTILINE
    ):
        bare = re.sub(r"\(.*?\)", "", takes)
        names = (re.findall(r"`(\w+)`", bare), re.findall(r"\*\*`(\w+)`\*\*", bare))
        yield method, path, scope, *map(sorted, names), "201" in gives


def test_every_endpoint_is_in_the_reference_with_all_that_it_takes() -> None:
    served = []
    for route in ROUTES:
        fields = route.takes.model_fields
        required = sorted(fields[name].alias or name for name in fields if fields[name].is_required())
        names = (sorted(route.names), required)
        served.append((route.method, route.path, route.scope or "any", *names, route.status == 201))
    assert sorted(in_the_reference()) == sorted(served)


def test_every_command_is_in_its_reference_and_does_what_an_endpoint_does() -> None:
    row = r"^\| `([^`]+)`((?: \(or `\w+`\))*) \| (\w+)(?: \((\w+)\))? \| (.+) \| (?:`(\S+)`)? \|$"
    found = re.findall(row, (ROOT / "docs/reference/commands.md").read_text(), re.MULTILINE)
    told = [(usage, re.findall(r"`(\w+)`", also), *rest) for usage, also, *rest in found]
    assert told == [
        (
            verb.usage, list(verb.aliases), verb.level or "anyone",
            verb.lowest if verb.level and verb.lowest != verb.level else "", verb.does, verb.rest,
        )
        for verb in VERBS.values()
    ]  # fmt: skip
    assert {verb.rest for verb in VERBS.values()} - {""} <= {route.action for route in ROUTES}


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]\w*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_make_help_explains_every_target() -> None:
    shown = subprocess.run(["make", "--silent"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {
        target for target, _ in re.findall(r"^  make (\w+) +(\S.*)$", shown, re.MULTILINE)
    } == make_targets()


def test_every_make_target_that_is_written_about_exists() -> None:
    texts = [
        path for path in sources() if path.suffix == ".md" or path.name in ("Procfile", "run", ".env.example")
    ]
    named = {
        name for path in texts for name in re.findall(r"(?:`|^\s*)make (\w+)", path.read_text(), re.MULTILINE)
    }
    assert "test" in named
    assert named <= make_targets()


def requirements() -> list[Requirement]:
    """What the project asks for, its extras too."""
    lists = [PYPROJECT["project"]["dependencies"], *PYPROJECT["project"]["optional-dependencies"].values()]
    return [Requirement(text) for texts in lists for text in texts]


def test_every_dependency_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    reasoned = re.findall(r'^  "([\w.-]+)[^"]*", *# \S', text, re.MULTILINE)
    assert {requirement.name for requirement in requirements()} <= set(reasoned)


def test_every_dependency_is_locked_as_it_is_asked_for() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    locked = dict(re.findall(r"^([\w.-]+)(?:\[.*\])?==(\S+)", lock, re.MULTILINE))
    asked = [*requirements(), *map(Requirement, PYPROJECT["build-system"]["requires"])]
    wrong = [str(each) for each in asked if not each.specifier.contains(locked.get(each.name.lower(), "0"))]
    assert not wrong, "make lock"


LOCKS = ("requirements.lock", "requirements-run.lock")


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_has_a_hash_for_everything_and_names_no_place(name: str) -> None:
    lock = (ROOT / name).read_text()
    assert all(line.endswith("\\") for line in lock.splitlines() if "==" in line and "--hash" not in line)
    assert set(re.findall(r"--\w[\w-]*", lock)) == {"--hash"}
    assert "/" not in lock


def test_the_image_gets_what_it_needs_in_the_versions_that_are_tested() -> None:
    entry = r"^(\w[^=\n]*==\S+)[^\n]*((?:\n    .*)*)"
    everything, running = (
        {
            name: sorted(hashes.split())
            for name, hashes in re.findall(entry, (ROOT / lock).read_text(), re.MULTILINE)
        }
        for lock in LOCKS
    )
    assert running.items() < everything.items(), "make lock"
    extras = PYPROJECT["project"]["optional-dependencies"]["model"]
    asked = map(Requirement, [*PYPROJECT["project"]["dependencies"], *extras])
    there = {re.split(r"\W*[\[=]", name)[0] for name in running}
    assert {each.name.lower() for each in asked} <= there, "make lock"


def test_no_file_names_a_package_registry() -> None:
    host = re.compile(rb"\b(pypi|pythonhosted|npmjs|rubygems|crates|ghcr|quay)\.(org|com|io)\b")
    assert [path for path in sources() if host.search(path.read_bytes())] == []


def test_a_web_process_is_spared_what_only_jobs_need(tmp_path: Path) -> None:
    program = "import sys, app; app.create_app(); print({'githubkit', 'docker'} & set(sys.modules))"
    settings = {"ASKFIRST_HOME": str(tmp_path), "REDIS_URL": "redis://127.0.0.1:1"}
    said = subprocess.run(
        [sys.executable, "-c", program], check=False, cwd=ROOT, env=settings, capture_output=True, text=True
    )
    assert said.stdout == "set()\n", said.stderr
