"""The keyless agent with the real analyzers in the real process sandbox: what is filed, and what stays the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.agents import FoundIssue, ScanResult, Task, run_scan
from bot.agents.keyless import analyzers
from bot.agents.keyless.rules import rules_of
from bot.sandbox.process import ProcessSandbox
from bot.sandbox.template import load_templates

BAD = '''"""A module."""
import requests


def add(item, to=[]):
    to.append(item)
    return to


def ask(url):
    return requests.get(url, verify=False, timeout=5)
'''


class Repo:
    """A folder of files, and scans of it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def scan(self, prompt: str = "", **task: object) -> ScanResult:
        template = load_templates(self.root / "home")["base"]
        self.progress: list[tuple[str, int, str]] = []
        self.log: list[str] = []
        with ProcessSandbox(template) as sandbox:
            asked = Task.model_validate({"kind": "scan", "prompt": prompt, **task})
            return run_scan(
                template, asked, self.root, sandbox, lambda *step: self.progress.append(step), self.log.append
            )

    def rules(self, prompt: str = "", **task: object) -> list[str | None]:
        return [issue.rule for issue in self.scan(prompt, **task).issues]


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "checkout")
    made.write("shop/__init__.py", "")
    made.write("shop/cart.py", BAD)
    return made


def only(result: ScanResult, rule: str) -> FoundIssue:
    (issue,) = [issue for issue in result.issues if issue.rule == rule]
    return issue


def test_an_issue_says_what_where_why_and_what_to_do(repo: Repo) -> None:
    issue = only(repo.scan(), "B006")
    assert issue.title == "Mutable default arguments in shop"
    assert (issue.priority, issue.confidence, issue.labels, issue.area) == (
        "high",
        "medium",
        ["bugs"],
        "shop",
    )
    assert [(place.path, place.start_line) for place in issue.locations] == [("shop/cart.py", 5)]
    for part in (
        "made once and shared",
        "Take `None`",
        "# shop/cart.py:5\ndef add(item, to=[]):",
        "/mutable-argument-default/",
    ):
        assert part in issue.description
    assert "shop/cart.py" in issue.suggested_prompt


def test_the_worst_comes_first(repo: Repo) -> None:
    repo.write("shop/low.py", "import os\n")
    assert [(issue.rule, issue.priority) for issue in repo.scan().issues] == [
        ("S501", "high"),
        ("B006", "high"),
        ("F401", "low"),
    ]


def test_progress_rises_to_the_end(repo: Repo) -> None:
    repo.scan()
    percents = [percent for _, percent, _ in repo.progress]
    assert percents == sorted(percents)
    assert percents[-1] == 100


def test_the_same_commit_gives_the_same_result(repo: Repo, tmp_path: Path) -> None:
    """Byte for byte, also from another folder: no path of this machine is in it."""
    repo.write("run.sh", "#!/bin/sh\ncd $1\nrm -rf $2/*\n")
    again = Repo(tmp_path / "elsewhere" / "repo" / "deeper")
    for file in sorted(repo.root.rglob("*"), reverse=True):
        if file.is_file():
            again.write(str(file.relative_to(repo.root)), file.read_text())
    first = repo.scan().model_dump_json()
    assert first == again.scan().model_dump_json()
    assert str(tmp_path) not in first
    assert "askfirst-" not in first


def test_one_issue_for_a_rule_and_area_with_all_places(repo: Repo) -> None:
    repo.write("shop/sub/__init__.py", "")
    repo.write("shop/sub/more.py", BAD)
    repo.write("other/__init__.py", "")
    repo.write("other/cart.py", BAD)
    found = [(issue.area, len(issue.locations)) for issue in repo.scan().issues if issue.rule == "B006"]
    assert found == [("shop", 2), ("other", 1)]


def test_fingerprints_survive_moved_lines_and_new_indentation(repo: Repo) -> None:
    before = only(repo.scan(), "B006")
    repo.write("shop/cart.py", '"""Longer."""\n\nX = 1\n\n' + BAD.replace("(item, to=[])", "(item,  to=[])"))
    after = only(repo.scan(), "B006")
    assert after.locations[0].start_line == before.locations[0].start_line + 4
    assert after.fingerprints == before.fingerprints


def test_equal_findings_in_a_file_have_different_fingerprints(repo: Repo) -> None:
    twice = "\n\ndef f(to=[]):\n    to.sort()\n"
    repo.write("shop/cart.py", twice)
    (one,) = only(repo.scan(), "B006").fingerprints
    repo.write("shop/cart.py", twice + twice)
    both = only(repo.scan(), "B006").fingerprints
    assert one in both
    assert len(both) == 2


def test_a_moved_file_is_known_by_its_content(repo: Repo) -> None:
    before = only(repo.scan(), "B006").locations[0]
    (repo.root / "shop/cart.py").rename(repo.root / "shop/basket.py")
    after = only(repo.scan(), "B006").locations[0]
    assert after.fingerprint != before.fingerprint
    assert after.moved_fingerprint == before.moved_fingerprint


def test_gone_is_told_from_not_looked_at(repo: Repo) -> None:
    known = only(repo.scan(), "B006").locations[0]
    repo.write("shop/cart.py", "")
    after = repo.scan()
    assert known.fingerprint not in after.seen()
    assert after.covers("B006", "shop/cart.py")
    assert after.covers("B006", "shop/deleted.py")
    assert not repo.scan("security").covers("B006", "shop/cart.py"), "the rule was off"
    assert not repo.scan(paths=["docs"]).covers("B006", "shop/cart.py"), "the file was out of scope"
    assert not repo.scan("only shell").covers("B006", "shop/cart.py"), "the analyzer did not run"
    repo.write("shop/cart.py", "def broken(:\n")
    assert not repo.scan().covers("B006", "shop/cart.py"), "the file could not be parsed"
    repo.write("shop/cart.py", "# @generated\n" + BAD)
    assert not repo.scan().covers("B006", "shop/cart.py"), "the file was left out"


def test_what_a_limit_cuts_off_is_still_seen(repo: Repo) -> None:
    everything = repo.scan()
    cut = repo.scan(limits={"issues": 1})
    assert [issue.rule for issue in cut.issues] == ["S501"]
    assert cut.dropped.issues == 1
    assert cut.seen() == everything.seen()
    assert "1 less important one" in cut.summary


@pytest.mark.parametrize(
    ("prompt", "rules", "understood"),
    [
        ("", ["S501", "B006"], ""),
        ("Find security problems", ["S501"], "look for security"),
        ("any bugs?", ["B006"], "look for bugs"),
        ("no security please", ["B006"], "leave out security"),
        ("look at shop/cart.py", ["S501", "B006"], "only in shop/cart.py"),
        ("bugs in tools/", ["B006"], "only in tools"),
        ("only shell scripts", [], "only shell"),
        ("modernize it", ["UP009"], "look for style"),
        ("do your thing", ["S501", "B006"], "names no kind of problem"),
        ("Find bugs, security and performance problems.", ["S501", "B006"], "look for security"),
    ],
)
def test_the_prompt_chooses_and_the_summary_says_how(
    repo: Repo, prompt: str, rules: list[str], understood: str
) -> None:
    repo.write("tools/run.py", "# -*- coding: utf-8 -*-\n\n\ndef f(x=[]):\n    x.pop()\n")
    result = repo.scan(prompt)
    assert list(dict.fromkeys(issue.rule for issue in result.issues)) == rules
    assert understood in result.summary
    if "tools/" in prompt:
        assert {place.path for issue in result.issues for place in issue.locations} == {"tools/run.py"}


def test_small_gains_in_speed_are_filed_only_for_who_asks_for_nothing_else(repo: Repo) -> None:
    repo.write(
        "shop/cart.py", "def f(a):\n    b = []\n    for x in a:\n        b.append(x + 1)\n    return b\n"
    )
    assert repo.rules("performance") == ["PERF401"]
    assert repo.rules("bugs and performance") == repo.rules() == []


def test_paths_narrow_the_scan(repo: Repo) -> None:
    repo.write("other/x.py", BAD)
    result = repo.scan(paths=["other"])
    assert {place.path for issue in result.issues for place in issue.locations} == {"other/x.py"}
    assert result.paths == ["other"]
    assert repo.scan(paths=["**/*.sh"]).issues == []


def test_shell_scripts_by_name_and_by_first_line(repo: Repo) -> None:
    repo.write("bin/deploy", "#!/usr/bin/env bash\ncd $1\nrm x\n")
    repo.write("bin/data", "cd $1\nrm x\n")
    repo.write("lib.sh", "#!/bin/sh\ncd /x\nrm x\n")
    places = [
        place.path for issue in repo.scan().issues if issue.rule == "SC2164" for place in issue.locations
    ]
    assert sorted(places) == ["bin/deploy", "lib.sh"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("shop/a.py", "def f(x=[]):  # noqa: B006\n    x.pop()\n"),
        ("shop/a.py", "def f(x=[]):  # pylint: disable=dangerous-default-value\n    x.pop()\n"),
        ("shop/a.py", "def f(x=[], *, y={}):\n    return [*x, *y]\n"),
        ("shop/a.py", "class A:\n    def f(self, x=[]):\n        self.x = x\n"),
        (
            "shop/a.py",
            "def f(all):\n    for x in all:\n        def g(y):\n            return x\n\n        g(1)\n",
        ),
        ("tests/test_x.py", "import pytest\n\nwith pytest.raises(ValueError):\n    len == 1\n"),
        ("tests/data/x.py", BAD),
        ("run.sh", "#!/bin/sh\n# shellcheck disable=SC2164\ncd /x\necho\n"),
        ("vendor/x.py", BAD),
        ("web/node_modules/x.py", BAD),
        ("shop/x_pb2.py", BAD),
        ("shop/x.py", "# Code generated by a tool. DO NOT EDIT.\n" + BAD),
        ("shop/__init__.py", "from shop.cart import add\n"),
        ("shop/compat.py", "from json import dumps\n"),
        ("shop/a.py", "try:\n    import yaml\nexcept ImportError:\n    yaml = None\n"),
        ("tests/test_x.py", "import requests\n\n\ndef test_x():\n    requests.get('x')\n"),
        ("shop/a.py", "def f(o):\n    o.content  # read it all\n"),
        ("docs/x.py", "import os\n"),
        ("setup.py", "import os\n"),
        ("shop/a.py", "# for backward compatibility\nfrom json import dumps\n"),
        ("shop/a.py", "def fails():\n    1 / 0\n"),
        ("shop/a.py", "try:\n    print()\nexcept ValueError as error:\n    print()\n"),
        (
            "shop/a.py",
            "import logging\n\nlog = logging.getLogger()\n\n\ndef handle_exception(\n    job,\n    *exc_info,\n):\n"
            "    if job:\n        log.error('no', exc_info=True)\n",
        ),
    ],
)
def test_what_is_meant_is_not_filed(repo: Repo, path: str, text: str) -> None:
    repo.write("shop/cart.py", "")
    repo.write(path, text)
    assert repo.rules() == []


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("style", "try:\n    print()\nexcept OSError as error:\n    raise ValueError(error)\n"),
        (
            "style",
            "try:\n    print()\nexcept (\n    OSError,\n) as e:\n    raise ValueError(f'no: {e}')\n",
        ),
        (
            "style",
            "import click\n\ntry:\n    print()\nexcept OSError:\n    raise click.BadParameter('no')\n",
        ),
        (
            "security",
            "import hashlib\n\n\n# may be missing in FIPS builds\ndef f(x):\n    return hashlib.sha1(x)\n",
        ),
    ],
)
def test_what_is_meant_is_not_filed_for_who_asks_for_it_either(repo: Repo, prompt: str, text: str) -> None:
    repo.write("shop/cart.py", text)
    assert repo.rules(prompt) == []


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("F401", "# standard library\nfrom json import dumps\n"),
        ("B018", "def f():\n    1 / 2\n"),
        ("F841", "def f():\n    error = 1\n"),
        ("B904", "try:\n    print()\nexcept OSError as error:\n    raise ValueError('an error')\n"),
        ("B904", "try:\n    print()\nexcept OSError:\n    error = 1\n    raise ValueError(error)\n"),
        (
            "B904",
            "def f(error):\n    try:\n        print()\n    except OSError:\n        raise ValueError(error)\n",
        ),
        ("S324", "import hashlib\n\n\ndef f(x):\n    return hashlib.sha1(x)\n"),
        ("B023", "def f(all, on):\n    for x in all:\n        on.append(lambda: x)\n"),
        (
            "LOG014",
            "import logging\n\n\ndef greet():\n    logging.getLogger().info('hello', exc_info=True)\n",
        ),
    ],
)
def test_what_only_looks_like_it_is_filed(repo: Repo, rule: str, text: str) -> None:
    repo.write("shop/cart.py", text)
    assert repo.rules({"B904": "style", "S324": "security"}.get(rule, "")) == [rule]


def test_a_package_that_moves_below_src_keeps_its_area(repo: Repo) -> None:
    """So a finding whose lines changed as well joins the issue that is open, and no second one is filed."""
    before = only(repo.scan(), "B006")
    (repo.root / "src").mkdir()
    (repo.root / "shop").rename(repo.root / "src/shop")
    after = only(repo.scan(), "B006")
    assert (after.area, after.title) == (before.area, before.title)
    assert after.locations[0].path == "src/shop/cart.py"


def test_the_code_is_shown_with_what_the_reader_needs(repo: Repo) -> None:
    """Which of several imports is meant, and more than the first line of a long statement."""
    repo.write(
        "shop/cart.py",
        "from json import dump, dumps, loads\n\nprint(dump)\ntry:\n    print()\nexcept OSError:\n"
        "    raise ValueError(\n        'too'\n        ' much'\n        ' of it'\n    )\n",
    )
    result = repo.scan("bugs and style")
    said = "# shop/cart.py:1: `json.dumps` imported but unused; `json.loads` imported but unused\nfrom json"
    assert said in only(result, "F401").description
    assert "\nraise ValueError(\n    'too'\n    ' much'\n```" in only(result, "B904").description


def test_imports_that_others_import_from_there_are_used(repo: Repo) -> None:
    repo.write("shop/names.py", "from json import dumps, loads\n")
    repo.write("shop/user.py", "from .names import (\n    dumps,\n)\n\nprint(dumps)\n")
    repo.write("shop/cart.py", "")
    (issue,) = repo.scan().issues
    assert "loads" in issue.evidence
    assert len(issue.locations) == 1


def test_names_given_from_outside_are_no_bug(repo: Repo) -> None:
    repo.write("shop/cart.py", "")
    for number in range(5):
        repo.write(f"cases/{number}.py", "request = uri('/')\n")
    assert repo.rules() == []
    repo.write("shop/cart.py", "request = url('/')\n")
    assert repo.rules() == ["F821"]


def test_rules_ask_nothing_that_the_oldest_python_cannot_do(repo: Repo) -> None:
    repo.write("shop/cart.py", "from typing import Optional\n\nx: Optional[int] = 1\n")
    repo.write("pyproject.toml", '[project]\nrequires-python = ">=3.8"\n')
    assert "UP045" not in repo.rules("style")
    repo.write("pyproject.toml", '[project]\nrequires-python = ">=3.11"\n')
    assert "UP045" in repo.rules("style")


def test_autofix_is_for_safe_fixes_outside_protected_paths(repo: Repo) -> None:
    repo.write("shop/low.py", "import os\n")
    result = repo.scan()
    assert only(result, "F401").autofix
    assert not only(result, "B006").autofix
    assert not only(repo.scan(protectedPaths=["shop/**"]), "F401").autofix


def test_the_repositorys_configuration_is_not_obeyed(repo: Repo) -> None:
    repo.write("ruff.toml", 'exclude = ["*"]\nlint.ignore = ["ALL"]\n')
    repo.write(".gitignore", "*\n")
    assert repo.rules() == ["S501", "B006"]


def test_a_link_out_of_the_tree_is_not_read(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text(BAD.replace("add", "password_is_hunter2"))
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "b.py").write_text(BAD.replace("add", "password_is_hunter2"))
    repo.write("shop/cart.py", "")
    (repo.root / "shop" / "link.py").symlink_to(tmp_path / "secret.py")
    (repo.root / "shop" / "folder").symlink_to(tmp_path / "outside")
    result = repo.scan()
    assert result.issues == []
    assert "hunter2" not in result.model_dump_json()


def test_names_of_files_are_no_options(repo: Repo) -> None:
    repo.write("shop/cart.py", "")
    repo.write("--fix.py", BAD)
    repo.write("-e SC2164.sh", "#!/bin/sh\ncd /x\nrm x\n")
    repo.write("@list.py", BAD)
    places = {place.path for issue in repo.scan().issues for place in issue.locations}
    assert places == {"--fix.py", "-e SC2164.sh", "@list.py"}


def test_a_missing_analyzer_is_said(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    ruff, *others = analyzers.ANALYZERS
    monkeypatch.setattr("bot.agents.keyless.agent.ANALYZERS", (replace(ruff, name="no-ruff"), *others))
    result = repo.scan()
    assert "no-ruff is not installed, so its findings are missing." in result.summary
    assert result.issues == []
    assert not result.covers("B006", "shop/cart.py")


def test_a_repository_with_nothing_to_read(tmp_path: Path) -> None:
    result = Repo(tmp_path).scan()
    assert result.issues == []
    assert "Nothing to file." in result.summary


@pytest.mark.parametrize("language", [one.language for one in analyzers.ANALYZERS])
def test_every_rule_says_why_and_what_to_do(language: str) -> None:
    rules = rules_of(language)
    assert rules
    for rule in rules.values():
        assert rule.why.endswith((".", "'"))
        assert rule.do.endswith(".")
        assert rule.title or rule.code.endswith("*")
        rule.meant("a.x", "", ["line"], 1)  # its patterns are sound
