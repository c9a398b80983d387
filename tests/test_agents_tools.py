"""The keyless agent's tools for workflows, Dockerfiles, JavaScript and spelling: what is filed, and what is fixed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.agents import ScanResult
from tests.test_agents_fix import Fixed, changed
from tests.test_agents_keyless import BAD, Repo, only

needs_biome = pytest.mark.skipif(
    shutil.which("biome") is None, reason="biome is not installed: npm install --global @biomejs/biome@2.6.8"
)
WORKFLOW = """\
name: ci
on: issues
permissions:
  issues: write
jobs:
  greet:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: somebody/else@v1
      - run: echo "${{ github.event.issue.title }}"
"""
ACTION = """\
name: greet
description: Greets
inputs:
  who:
    description: Whom
runs:
  using: composite
  steps:
    # kept as it is
    - run: echo "${{ inputs.who }}"
      shell: bash
"""
DOCKERFILE = "FROM debian:12\nRUN apt-get update && apt-get install curl\nCMD python -m shop\n"
SCRIPT = """\
import { a, b } from "./x.js";

let café = "😀"; if (!!a) { debugger; }
export const odd = typeof b === "strnig";
"""
PROSE = "# Teh shop\n\nBuy teh thing, teh end. Recieve it 5 days later.\n"
FILES = {
    ".github/workflows/ci.yml": WORKFLOW,
    "Dockerfile": DOCKERFILE,
    "web/a.js": SCRIPT,
    "README.md": PROSE,
}


@pytest.fixture
def shop(tmp_path: Path) -> Fixed:
    made = Fixed(tmp_path)
    for path, text in FILES.items():
        made.repo.write(path, text)
    return made


@pytest.fixture
def repo(shop: Fixed) -> Repo:
    return shop.repo


def places(result: ScanResult, rule: str) -> list[tuple[str, int]]:
    return [(place.path, place.start_line) for place in only(result, rule).locations]


def test_workflows_and_dockerfiles_are_read_by_default(repo: Repo) -> None:
    result = repo.scan()
    assert places(result, "template-injection") == [(".github/workflows/ci.yml", 11)]
    assert places(result, "unpinned-uses") == [(".github/workflows/ci.yml", 10)], "GitHub's own are left out"
    assert places(result, "DL3014") == [("Dockerfile", 2)]
    assert places(result, "DL3025") == [("Dockerfile", 3)]
    issue = only(result, "template-injection")
    assert issue.title == "Values pasted into scripts in .github/workflows"
    assert (issue.priority, issue.labels) == ("high", ["security"])
    for part in ("```yaml\n# .github/workflows/ci.yml:11", "audits/#template-injection"):
        assert part in issue.description
    assert "1 workflow file, 1 Docker file" in result.summary
    assert "misspelling" not in {found.rule for found in result.issues}


@needs_biome
def test_scripts_are_read_by_default(repo: Repo) -> None:
    repo.write("web/site.min.js", SCRIPT)
    repo.write("web/bundle.js", f'{SCRIPT}export const all = "{"x" * 2000}";\n')
    result = repo.scan()
    assert places(result, "noDebugger") == [("web/a.js", 3)]
    assert places(result, "useValidTypeof") == [("web/a.js", 4)]
    issue = only(result, "noDebugger")
    assert "```js\n// web/a.js:3\n" in issue.description
    assert "[noDebugger](https://biomejs.dev/linter/rules/no-debugger/)" in issue.description


def test_who_runs_zizmor_is_not_told_what_it_says(repo: Repo) -> None:
    repo.write(
        ".pre-commit-config.yaml", "repos:\n  - repo: https://github.com/zizmorcore/zizmor-pre-commit\n"
    )
    assert repo.rules("only workflows") == []


def test_a_tool_is_said_only_where_it_has_files(repo: Repo) -> None:
    summary = repo.scan("only in web/ and shop").summary
    assert "zizmor" not in summary
    assert "ruff" not in summary


@pytest.mark.parametrize(
    ("prompt", "rules"),
    [
        ("security of the workflows", {"template-injection", "unpinned-uses"}),
        ("only Docker", {"DL3014", "DL3025"}),
        ("fix typos", {"misspelling"}),
    ],
)
def test_the_prompt_names_what_they_read(repo: Repo, prompt: str, rules: set[str]) -> None:
    assert {issue.rule for issue in repo.scan(prompt).issues} == rules


def test_the_same_commit_gives_the_same_result_with_all_tools(repo: Repo) -> None:
    repo.write("shop/cart.py", BAD)
    repo.write("run.sh", "#!/bin/sh\ncd $1\nrm -rf $2/*\n")
    for prompt in ("", "style"):
        assert repo.scan(prompt).model_dump_json() == repo.scan(prompt).model_dump_json()


def test_no_configuration_of_the_repository_is_obeyed(repo: Repo) -> None:
    before = [issue.rule for issue in repo.scan("bugs, security and style").issues]
    repo.write(".github/zizmor.yml", "rules:\n  template-injection:\n    disable: true\n")
    repo.write(".hadolint.yaml", "ignored: [DL3014, DL3025]\n")
    repo.write(".codespellrc", "[codespell]\nignore-words-list = teh,recieve\n")
    repo.write("biome.json", '{"linter": {"enabled": false}}')
    repo.write("web/biome.json", '{"root": false, "linter": {"enabled": false}}')
    assert [issue.rule for issue in repo.scan("bugs, security and style").issues] == before


@pytest.mark.parametrize(
    ("rule", "path", "broken"),
    [
        ("template-injection", ".github/workflows/ci.yml", "name: ci\njobs: [\n"),
        ("template-injection", ".github/workflows/ci.yml", "name: ci\njobs: 3\n"),
        ("DL3014", "Dockerfile", "FROM debian:12\nFETCH it\n"),
        pytest.param("noDebugger", "web/a.js", "let x = {;\n", marks=needs_biome),
    ],
)
def test_what_cannot_be_read_is_not_gone(repo: Repo, rule: str, path: str, broken: str) -> None:
    assert repo.scan().covers(rule, path)
    repo.write(path, broken)
    assert not repo.scan().covers(rule, path)
    (repo.root / path).unlink()
    assert repo.scan().covers(rule, path)


def test_workflows_are_left_to_people_and_the_issue_says_so(shop: Fixed) -> None:
    protected = {"protected_paths": [".github/**"]}
    issue = only(shop.repo.scan("only workflows", **protected), "template-injection")
    assert "A person: these files are protected in this repository" in issue.description
    assert not issue.autofix
    result = shop.fix(shop.one("template-injection"), "A", **protected)
    assert (result.outcome, changed(shop)) == ("no_change", [])
    assert result.summary == (
        ".github/workflows/ci.yml is among the protected paths of this repository, so this is left to a person."
    )


def test_actions_are_fixed_by_zizmor_after_an_answer(shop: Fixed) -> None:
    (shop.repo.root / ".github/workflows/ci.yml").unlink()
    shop.repo.write("greet/action.yml", ACTION)
    issue = shop.one("template-injection")
    result = shop.fix(issue)
    assert result.outcome == "needs_answer"
    assert "environment variable" in result.questions[0].question
    assert shop.fix(issue, "A").outcome == "done"
    assert changed(shop) == ["greet/action.yml"]
    text = shop.text("greet/action.yml")
    assert "    # kept as it is\n" in text
    assert 'run: echo "${INPUTS_WHO}"' in text
    assert "INPUTS_WHO: ${{ inputs.who }}" in text


def test_words_are_corrected_in_prose_and_asked_about_in_code(shop: Fixed) -> None:
    assert shop.fix(shop.one("misspelling", "typos")).outcome == "done"
    assert shop.text("README.md") == "# The shop\n\nBuy the thing, the end. Receive it 5 days later.\n"
    shop.repo.write("shop/cart.py", 'seperator = "teh"  # é teh\n')
    issue = shop.one("misspelling", "typos")
    assert shop.fix(issue).outcome == "needs_answer"
    assert shop.fix(issue, "A").outcome == "done"
    assert shop.text("shop/cart.py") == 'separator = "the"  # é the\n'


@needs_biome
def test_scripts_are_fixed_by_biome_as_far_as_it_goes(shop: Fixed) -> None:
    assert shop.fix(shop.one("noExtraBooleanCast", "style")).outcome == "done"
    assert shop.text("web/a.js") == SCRIPT.replace("!!a", "a")
    debugger = shop.one("noDebugger")
    assert shop.fix(debugger).outcome == "needs_answer"
    assert shop.fix(debugger, "A").outcome == "done"
    assert "debugger" not in shop.text("web/a.js")
    assert shop.fix(shop.one("useValidTypeof")).summary.startswith("biome has no fix for useValidTypeof here")
