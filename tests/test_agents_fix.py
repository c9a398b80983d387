"""Fixes: the finding is gone, the files parse, nothing else moved, and people's answers are obeyed."""

from __future__ import annotations

import ast
import json
import subprocess
from pathlib import Path

import pytest

from bot.agents import AgentFailed, Answer, FixResult, IssueBrief, Task, run_fix
from bot.sandbox.changes import Changes, take
from bot.sandbox.checks import check
from bot.sandbox.process import ProcessSandbox
from bot.sandbox.template import Template, load_templates
from tests.test_agents_ask import RATES, Asked

SCRIPT = '#!/bin/sh\ncd $1\nrm $a$b "x" $2\n\techo `ls $3` `date`\n'


class Fixed(Asked):
    """The same, with fixes of what was found."""

    def fix(self, issue: IssueBrief, *answers: str, template: str = "base", **task: object) -> FixResult:
        """Works on an issue; a change that is done is carried over into the checkout, as a commit would."""
        told = [Answer(question=f"q{n}", answer=text, by="mona") for n, text in enumerate(answers)]
        brief = issue.model_copy(update={"answers": told})
        return self.run_fix(load_templates(self.home)[template], Task(kind="fix", issues=[brief], **task))

    def run_fix(self, template: Template, task: Task) -> FixResult:
        with ProcessSandbox(template) as sandbox:
            result = run_fix(template, task, self.repo.root, sandbox, lambda *step: None, lambda line: None)
            self.changes = take(sandbox.get("repo"), self.repo.root)
        if result.outcome == "done":
            check(self.changes, task.protected_paths)
            self._carry_over(self.changes)
        return result

    def _carry_over(self, changes: Changes) -> None:
        for one in changes.changes:
            path = self.repo.root / one.path
            if one.after is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(one.after.content)

    def one(self, rule: str, prompt: str = "") -> IssueBrief:
        (brief,) = self.briefs(rule, prompt=prompt)
        return brief

    def text(self, path: str) -> str:
        return (self.repo.root / path).read_text()


@pytest.fixture
def shop(tmp_path: Path) -> Fixed:
    return Fixed(tmp_path)


def changed(shop: Fixed) -> list[str]:
    return [one.path for one in shop.changes.changes]


def test_unused_imports_go_and_nothing_else_moves(shop: Fixed) -> None:
    shop.repo.write("shop/rates.py", RATES)
    shop.repo.write("shop/other.py", "import os\n")
    shop.repo.write("elsewhere.py", "import os\n")
    result = shop.fix(shop.one("F401", prompt="bugs in shop/"))
    assert (result.outcome, changed(shop)) == ("done", ["shop/other.py", "shop/rates.py"])
    assert shop.text("shop/rates.py") == RATES.replace("import json\nimport os\n", "")
    assert result.summary.startswith("Fixed 3 places in 2 files with ruff's own fix for F401.")
    assert "F401" not in [issue.rule for issue in shop.repo.scan("bugs in shop/").issues]


def test_a_chain_of_fixes_finds_its_places_again(shop: Fixed) -> None:
    shop.repo.write("shop/rates.py", RATES)
    issues = shop.briefs("F401", "F541", "B006", "F841", prompt="bugs and style")
    outcomes = [
        shop.fix(issue, *(["A"] if issue.rule in ("B006", "F841") else [])).outcome for issue in issues
    ]
    assert outcomes == ["done"] * 4
    ast.parse(shop.text("shop/rates.py"))
    left = shop.repo.rules("bugs and style")
    assert not {"F401", "F541", "B006", "F841"} & set(left)
    assert (
        "def total(parcels, discounts=None):\n    if discounts is None:\n        discounts = []\n"
        in shop.text("shop/rates.py")
    )
    assert "    parcel.load()\n" in shop.text("shop/rates.py")
    assert shop.fix(issues[0]) == FixResult(
        outcome="no_change",
        summary="Nothing is left to do: ruff no longer reports F401 in these files.",
    )


def test_an_unsafe_fix_waits_for_its_answer(shop: Fixed) -> None:
    shop.repo.write("shop/rates.py", RATES)
    issue = shop.one("B006")
    result = shop.fix(issue)
    assert (result.outcome, changed(shop)) == ("needs_answer", [])
    assert result.questions == shop.ask([issue]).questions
    assert shop.fix(issue, result.questions[0].assumption).outcome == "done"


@pytest.mark.parametrize(
    ("answer", "summary"),
    [
        ("B", "Left as it is, as mona answered: B"),
        ("keep the defaults: the calls are meant to share them", "Left as it is, as mona answered"),
        ("Keep the default: the calls are meant to share it.", "Left as it is, as mona answered"),
        ("Only in total()", "cannot follow the answer of mona: Only in total()"),
        ("", "cannot follow the answer of mona"),
    ],
)
def test_answers_are_obeyed(shop: Fixed, answer: str, summary: str) -> None:
    shop.repo.write("shop/rates.py", RATES)
    result = shop.fix(shop.one("B006"), answer)
    assert (result.outcome, changed(shop)) == ("no_change", [])
    assert summary in result.summary


def test_an_option_for_a_person_leaves_the_place_to_a_person(shop: Fixed) -> None:
    shop.repo.write("shop/rates.py", RATES)
    result = shop.fix(shop.one("F841"), "Its use was forgotten: leave it to a person")
    assert (result.outcome, result.summary[:27]) == ("no_change", "Left to a person, as mona a")


def test_of_several_answers_the_careful_one_decides(shop: Fixed) -> None:
    shop.repo.write("shop/rates.py", RATES)
    assert shop.fix(shop.one("B006"), "A", "B").outcome == "no_change"
    assert shop.fix(shop.one("B006"), "A", "and mind the zones").outcome == "no_change"


def test_safe_fixes_are_left_out_too_where_an_answer_says_so(shop: Fixed) -> None:
    shop.repo.write("shop/rates.py", RATES)
    assert shop.fix(shop.one("F401"), "Keep them: they are used from outside").outcome == "no_change"
    assert shop.fix(shop.one("F401"), "Remove the 7 unused imports").outcome == "done"


def test_imports_that_others_use_stay(shop: Fixed) -> None:
    shop.repo.write("shop/a.py", "import json\nimport os\n")
    shop.repo.write("shop/b.py", "from shop.a import json\n\nprint(json)\n")
    assert shop.fix(shop.one("F401")).outcome == "done"
    assert shop.text("shop/a.py") == "import json\n"


def test_two_findings_with_one_fix_of_which_one_is_to_stay(shop: Fixed) -> None:
    shop.repo.write("shop/a.py", "from os import path, sep\n")
    shop.repo.write("shop/b.py", "from shop.a import path\n\nprint(path)\n")
    result = shop.fix(shop.one("F401"))
    assert (result.outcome, changed(shop)) == ("no_change", [])
    assert "ruff has no fix for F401 here (shop/a.py:1)" in result.summary


def test_a_dismissed_place_is_left_alone(shop: Fixed) -> None:
    shop.repo.write("shop/a.py", "import json\n\nX = 1\n\nY = 2\nimport os\n")
    (issue,) = [one for one in shop.repo.scan().issues if one.rule == "F401"]
    dismissed = [place.fingerprint for place in issue.locations if place.start_line == 1]
    assert shop.fix(shop.one("F401"), dismissed=dismissed).outcome == "done"
    assert shop.text("shop/a.py") == "import json\n\nX = 1\n\nY = 2\n"


def test_two_fixes_that_together_would_leave_an_empty_block(shop: Fixed) -> None:
    shop.repo.write("shop/a.py", "def go():\n    import json\n\n    import os\n")
    assert shop.fix(shop.one("F401")).outcome == "done"
    ast.parse(shop.text("shop/a.py"))
    assert "import" not in shop.text("shop/a.py")


def test_a_fix_that_makes_another_rule_worse_is_not_taken(shop: Fixed) -> None:
    shop.repo.write("shop/a.py", "import json\n\n\ndef go():\n    left = json\n")
    result = shop.fix(shop.one("F841"), "A")
    assert result == FixResult(
        outcome="failed", summary="After the fix shop/a.py has a new F401, so it was not taken."
    )


def test_files_with_other_line_ends_and_marks_keep_them(shop: Fixed) -> None:
    path = shop.repo.root / "shop" / "dos.py"
    path.write_bytes(
        '\ufeffimport os\r\nN = "é"; M = f"é"\r\n\r\n\r\ndef go(a=[]):\r\n    return a\r\n'.encode()
    )
    for rule, prompt in [("F401", ""), ("F541", "style"), ("B006", "")]:
        assert shop.fix(shop.one(rule, prompt), *(["A"] if rule == "B006" else [])).outcome == "done"
    assert path.read_bytes().decode() == (
        '\ufeffN = "é"; M = "é"\r\n\r\n\r\ndef go(a=None):\r\n    if a is None:\r\n        a = []\r\n    return a\r\n'
    )


def test_shell_scripts_are_fixed_and_still_run(shop: Fixed) -> None:
    shop.repo.write("run.sh", SCRIPT)
    (shop.repo.root / "run.sh").chmod(0o755)
    assert shop.fix(shop.one("SC2006", prompt="style")).outcome == "done"
    for rule in ("SC2086", "SC2164"):
        assert shop.fix(shop.one(rule)).outcome == "needs_answer"
        assert shop.fix(shop.one(rule), "A").outcome == "done"
    assert shop.text("run.sh") == (
        '#!/bin/sh\ncd "$1" || exit\nrm "$a""$b" "x" "$2"\n\techo $(ls $3) $(date)\n'
    )
    assert shop.changes.changes[0].after and shop.changes.changes[0].after.mode == "100755"
    subprocess.run(["sh", "-n", str(shop.repo.root / "run.sh")], check=True)


@pytest.mark.parametrize(
    ("brief", "summary"),
    [
        ({"rule": None}, "No analyzer of this agent found this issue"),
        ({"rule": "my-rule"}, "No analyzer of this agent found this issue"),
        (
            {"rule": "F401", "locations": [{"path": "gone.py", "startLine": 1, "endLine": 1}]},
            "files is there any more",
        ),
        ({"rule": "F632", "area": "shop"}, "Nothing is left to do"),
        (
            {"rule": "S501", "area": "shop"},
            "ruff has no fix for S501 here (shop/a.py:3), so this is left to a person",
        ),
    ],
)
def test_what_this_agent_cannot_fix_is_said(shop: Fixed, brief: dict[str, object], summary: str) -> None:
    shop.repo.write("shop/a.py", "import requests\n\nrequests.get('x', verify=False, timeout=1)\n")
    result = shop.fix(IssueBrief.model_validate({"id": "iss_1", "title": "Odd", **brief}))
    assert (result.outcome, changed(shop)) == ("no_change", [])
    assert summary in result.summary


def test_protected_files_are_not_touched(shop: Fixed) -> None:
    shop.repo.write("shop/rates.py", RATES)
    result = shop.fix(shop.one("F401"), protected_paths=["shop/**"])
    assert (result.outcome, changed(shop)) == ("no_change", [])


# -- programs


def test_a_programs_fix_is_what_it_left_in_the_repository(shop: Fixed) -> None:
    script = (
        'echo new >repo/new.py; echo \'{"outcome": "done", "summary": "I changed the world"}\' >result.json'
    )
    template = Template(
        name="mine", agent="program", kinds=("fix",), command=("sh", "-c", script), trusted=True
    )
    result = shop.run_fix(template, Task(kind="fix", issues=[IssueBrief(id="iss_1", title="Odd")]))
    assert (result.outcome, result.summary, changed(shop)) == ("done", "I changed the world", ["new.py"])


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ({}, "outcome"),
        ({"outcome": "perfect"}, "outcome"),
        ({"outcome": "needs_answer"}, "questions belong to the outcome needs_answer"),
        ({"outcome": "done", "questions": [{"question": "x", "assumption": "y"}]}, "questions belong"),
        ({"outcome": "done", "patch": "+x"}, "patch"),
    ],
)
def test_a_malformed_result_of_a_fix(shop: Fixed, result: object, said: str) -> None:
    script = f"cat >result.json <<'END'\n{json.dumps(result)}\nEND"
    template = Template(
        name="mine", agent="program", kinds=("fix",), command=("sh", "-c", script), trusted=True
    )
    with pytest.raises(AgentFailed, match=said):
        shop.run_fix(template, Task(kind="fix", issues=[IssueBrief(id="iss_1", title="Odd")]))


def test_a_scripted_fix_writes_files(shop: Fixed) -> None:
    issue = IssueBrief(id="iss_1", title="Odd")
    assert shop.fix(issue, template="scripted").outcome == "no_change"
    shop.repo.write("old.py", "x\n")
    (shop.home / "scripted").mkdir(parents=True)
    script = {"outcome": "done", "summary": "Played.", "files": {"deep/new.py": "y\n", "old.py": None}}
    (shop.home / "scripted" / "fix.json").write_text(json.dumps(script))
    assert shop.fix(issue, template="scripted").summary == "Played."
    assert {one.path: one.kind for one in shop.changes.changes} == {
        "deep/new.py": "added",
        "old.py": "deleted",
    }


def test_a_scripted_fix_may_need_an_answer(shop: Fixed) -> None:
    (shop.home / "scripted").mkdir(parents=True)
    script = {"outcome": "needs_answer", "questions": [{"question": "Which?", "assumption": "This"}]}
    (shop.home / "scripted" / "fix.json").write_text(json.dumps(script))
    result = shop.fix(IssueBrief(id="iss_1", title="Odd"), template="scripted")
    assert [(one.question, one.issue_ids) for one in result.questions] == [("Which?", ["iss_1"])]
