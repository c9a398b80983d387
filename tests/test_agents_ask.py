"""Questions: of the keyless agent only where the answer changes what it does, of programs only what is borne out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.agents import AgentFailed, Answer, AskedQuestion, AskResult, FoundIssue, IssueBrief, Task, run_ask
from bot.sandbox.process import ProcessSandbox
from bot.sandbox.template import Template, load_templates
from tests.test_agents_keyless import Repo

RATES = '''"""Rates."""
import json
import os


def total(parcels, discounts=[]):
    discounts.append(1)
    return parcels


def price(parcel, table={}):
    table.clear()
    left = parcel.load()
    print(f"price")
    return parcel
'''


class Asked:
    """A repository, what a scan finds in it, and what is asked about that."""

    def __init__(self, folder: Path) -> None:
        self.repo = Repo(folder / "checkout")
        self.repo.write("shop/__init__.py", "")
        self.home = folder / "home"

    def briefs(self, *rules: str, prompt: str = "", answers: list[Answer] | None = None) -> list[IssueBrief]:
        """The issues of these rules, as a scan would file them, in the order of the rules."""
        found = self.repo.scan(prompt).issues
        return [
            self.brief(issue).model_copy(update={"answers": answers or []})
            for rule in rules
            for issue in found
            if issue.rule == rule
        ]

    def brief(self, issue: FoundIssue) -> IssueBrief:
        """An issue as its run is given it."""
        return IssueBrief(
            id=f"iss_{issue.rule}_{issue.area}",
            title=issue.title,
            rule=issue.rule,
            area=issue.area,
            locations=[
                {"path": place.path, "startLine": place.start_line, "endLine": place.end_line}
                for place in issue.locations
            ],
        )

    def ask(self, issues: list[IssueBrief], template: str = "base", **task: Any) -> AskResult:
        return self.run(load_templates(self.home)[template], Task(kind="ask", issues=issues, **task))

    def run(self, template: Template, task: Task) -> AskResult:
        with ProcessSandbox(template) as sandbox:
            return run_ask(template, task, self.repo.root, sandbox, lambda *step: None, lambda line: None)

    def about(self, *rules: str, **task: Any) -> list[AskedQuestion]:
        return self.ask(self.briefs(*rules), **task).questions


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    return Asked(tmp_path)


def test_a_shared_default_is_asked_about(asked: Asked) -> None:
    asked.repo.write("shop/rates.py", RATES)
    (question,) = asked.about("B006")
    assert question.question == (
        "Should each call get a fresh value instead of the shared defaults at 2 places in `shop/rates.py`?"
    )
    assert "a cache that is kept there on purpose would be lost" in question.why
    first, second = question.options
    assert (first.letter, first.recommended, first.leaves) == ("A", True, False)
    assert (second.letter, second.recommended, second.leaves) == ("B", False, True)
    assert question.assumption == first.text
    assert [(place.path, place.start_line) for place in question.places] == [
        ("shop/rates.py", 6),
        ("shop/rates.py", 11),
    ]
    assert "shop/rates.py:6: def total(parcels, discounts=[]):" in question.evidence
    assert question.issue_ids == ["iss_B006_shop"]
    assert (question.blocking, question.needs_own_answer) == (True, True)


def test_unused_imports_are_asked_about_where_others_may_import_them(asked: Asked) -> None:
    asked.repo.write("shop/rates.py", RATES)
    (question,) = asked.about("F401")
    assert question.question == "Can the 2 unused imports in `shop/rates.py` be removed?"
    assert [option.text for option in question.options] == [
        "Remove the 2 unused imports",
        "Keep them: they are used from outside",
    ]


@pytest.mark.parametrize(
    "path", ["script.py", "shop/_private.py", "shop/_inner/__init__.py", "docs/conf_.py"]
)
def test_unused_imports_that_nobody_can_import_are_not(asked: Asked, path: str) -> None:
    asked.repo.write(path, "import os\n\nX = 1\n")
    assert asked.about("F401", prompt="") == []


def test_nothing_is_asked_where_the_answer_changes_nothing(asked: Asked) -> None:
    asked.repo.write(
        "shop/a.py",
        "import requests\n\n\ndef get(x):\n    if x is 'a':\n        return requests.get(x, verify=False, timeout=3)\n",
    )
    briefs = [*asked.briefs("S501", "F632"), IssueBrief(id="iss_2", title="By a person")]
    assert len(briefs) == 3  # no fix of ours; a safe fix in code; nothing we know
    result = asked.ask(briefs)
    assert result.questions == []
    assert result.summary == "Nothing to ask about 3 issues."


def test_safe_fixes_in_tests_are_asked_about(asked: Asked) -> None:
    asked.repo.write("tests/test_a.py", "def test_a():\n    x = input()\n    assert x is 'a'\n")
    (question,) = asked.about("F632")
    assert (
        question.question
        == "Should this be fixed in tests too (`tests/test_a.py`): Literals compared with `is`?"
    )
    assert not question.blocking


def test_fixes_of_shell_scripts_that_may_change_what_they_do(asked: Asked) -> None:
    asked.repo.write("run.sh", "#!/bin/sh\ncd $1\nrm $2\necho `date`\n")
    questions = asked.about("SC2086", "SC2164")
    assert [one.external_id for one in questions] == ["shellcheck:SC2086:unsafe", "shellcheck:SC2164:unsafe"]


def test_one_question_for_each_rule_the_weightiest_first(asked: Asked) -> None:
    asked.repo.write("shop/rates.py", RATES)
    asked.repo.write("tool/__init__.py", "")
    asked.repo.write("tool/other.py", RATES)
    questions = asked.about("F401", "F841", "B006")
    assert [one.external_id for one in questions] == [
        "ruff:B006:unsafe",
        "ruff:F841:unsafe",
        "ruff:F401:public",
    ]
    assert questions[0].issue_ids == ["iss_B006_shop", "iss_B006_tool"]
    assert "4 places in 2 files" in questions[0].question
    result = asked.ask(asked.briefs("F401", "F841", "B006"), max_questions=1)
    assert [one.external_id for one in result.questions] == ["ruff:B006:unsafe"]
    assert result.summary == "1 question about 6 issues. 2 less important ones were left out."


def test_what_was_answered_or_is_gone_is_not_asked_again(asked: Asked) -> None:
    asked.repo.write("shop/rates.py", RATES)
    answered = asked.briefs("B006", answers=[Answer(question="q", answer="B", by="mona")])
    gone = asked.briefs("F841")
    asked.repo.write("shop/rates.py", RATES.replace("left = ", ""))
    assert asked.ask(answered + gone).questions == []


# -- programs


QUESTION = {"question": "Which zone?", "assumption": "UTC"}


def hands_in(asked: Asked, result: object, **task: Any) -> AskResult:
    asked.repo.write("a.py", "one\ntwo\n")
    script = f"cat >result.json <<'END'\n{json.dumps(result)}\nEND"
    template = Template(
        name="mine", agent="program", kinds=("ask",), command=("sh", "-c", script), trusted=True
    )
    issues = [IssueBrief(id="iss_1", title="One"), IssueBrief(id="iss_2", title="Two")]
    return asked.run(template, Task(kind="ask", issues=issues, **task))


def test_a_programs_questions_are_bounded_and_checked(asked: Asked) -> None:
    whole = QUESTION | {
        "issueIds": ["iss_2", "iss_9"],
        "places": [{"path": "a.py", "startLine": 2}, {"path": "/etc/passwd", "startLine": 1}],
        "options": [{"text": "Local", "leaves": True}, {"text": "UTC", "recommended": True}],
        "evidence": "e" * 30_000,
    }
    result = hands_in(asked, {"questions": [whole] + [QUESTION] * 9}, max_questions=3)
    assert (len(result.questions), result.dropped.questions, result.dropped.places) == (3, 7, 1)
    first, second, _ = result.questions
    assert first.issue_ids == ["iss_2"]
    assert second.issue_ids == ["iss_1", "iss_2"]
    assert [(one.letter, one.text, one.leaves) for one in first.options] == [
        ("A", "UTC", False),
        ("B", "Local", True),
    ]
    assert len(first.evidence) == 20_000
    assert second.assumption == "UTC"
    assert [one.external_id for one in result.questions] == ["q1", "q2", "q3"]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"question": "What?"}, "needs an assumption or options"),
        (QUESTION | {"options": [{"text": "x"}] * 6}, "options"),
        (QUESTION | {"options": [{"text": "x", "recommended": True}] * 2}, "only one option"),
        (QUESTION | {"colour": "red"}, "questions.0.colour"),
    ],
)
def test_a_malformed_question_fails_the_run(asked: Asked, question: object, said: str) -> None:
    with pytest.raises(AgentFailed, match=said):
        hands_in(asked, {"questions": [question]})


def test_a_scripted_ask(asked: Asked) -> None:
    assert asked.ask([], "scripted").questions == []
    (asked.home / "scripted").mkdir(parents=True)
    (asked.home / "scripted" / "ask.json").write_text(json.dumps({"questions": [QUESTION]}))
    issues = [IssueBrief(id="iss_1", title="One")]
    assert [one.assumption for one in asked.ask(issues, "scripted").questions] == ["UTC"]
