"""The program contract: task.json in, result.json out, and what happens when a program does not keep to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.agents import AgentFailed, ScanResult, Task, TaskLimits, run_ask, run_scan
from bot.sandbox.process import ProcessSandbox
from bot.sandbox.template import Template, load_templates

ISSUE = {"title": "Too slow", "locations": [{"path": "src/a.py", "startLine": 2}]}


class Program:
    """A checkout, and programs that are run on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checkout = folder / "checkout"
        (self.checkout / "src").mkdir(parents=True)
        (self.checkout / "src" / "a.py").write_text("one\ntwo\nthree\n")
        self.log: list[str] = []
        self.progress: list[tuple[str, int, str]] = []

    def run(self, template: Template, task: Task) -> ScanResult:
        with ProcessSandbox(template) as sandbox:
            return run_scan(
                template,
                task,
                self.checkout,
                sandbox,
                lambda *step: self.progress.append(step),
                self.log.append,
            )

    def shell(self, script: str, **task: Any) -> ScanResult:
        template = Template(name="mine", agent="program", command=("sh", "-c", script), trusted=True)
        return self.run(template, Task(kind="scan", **task))

    def hands_in(self, result: object, **task: Any) -> ScanResult:
        text = result if isinstance(result, str) else json.dumps(result)
        return self.shell(f"cat >result.json <<'END'\n{text}\nEND", **task)

    def fails(self, script: str, **task: Any) -> AgentFailed:
        with pytest.raises(AgentFailed) as caught:
            self.shell(script, **task)
        return caught.value


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def test_a_program_gets_its_task_and_the_checkout(program: Program) -> None:
    program.shell(
        'cat "$ASKFIRST_TASK"; echo; cat repo/src/a.py; echo \'{"issues": []}\' >"$ASKFIRST_RESULT"',
        prompt="look", paths=["src"], commit="abc",
    )  # fmt: skip
    task = json.loads(program.log[0])
    assert (task["kind"], task["prompt"], task["paths"], task["commit"]) == ("scan", "look", ["src"], "abc")
    assert program.log[1:] == ["one", "two", "three"]


def test_its_issues_are_taken_over_with_fingerprints_of_ours(program: Program) -> None:
    result = program.hands_in({"issues": [ISSUE], "summary": "One thing."})
    (issue,) = result.issues
    assert (issue.title, issue.priority, issue.confidence) == ("Too slow", "medium", "medium")
    assert (issue.locations[0].start_line, issue.locations[0].end_line, issue.area) == (2, 2, "src")
    assert result.summary == "One thing."
    before = issue.fingerprints
    (program.checkout / "src" / "a.py").write_text("zero\none\ntwo\nthree\n")
    moved = ISSUE | {"locations": [{"path": "src/a.py", "startLine": 3}]}
    assert program.hands_in({"issues": [moved]}).issues[0].fingerprints == before


def test_only_rules_it_looked_for_can_be_gone(program: Program) -> None:
    assert not program.hands_in({"issues": []}).covers("slow", "src/a.py")
    assert program.hands_in({"issues": [], "rules": ["slow"]}).covers("slow", "src/a.py")


@pytest.mark.parametrize(
    "place",
    [
        {"path": "../secret", "startLine": 1},
        {"path": "/etc/passwd", "startLine": 1},
        {"path": "src/../src/a.py", "startLine": 1},
        {"path": "src", "startLine": 1},
        {"path": "link", "startLine": 1},
        {"path": "src/absent.py", "startLine": 1},
        {"path": "src/a.py", "startLine": 4},
        {"path": "src/a.py", "startLine": 0},
        {"path": "src/a.py", "startLine": 3, "endLine": 2},
        {"path": "src/a.py", "startLine": 1, "endLine": 99},
    ],
)
def test_places_that_do_not_exist_are_dropped_and_counted(program: Program, place: dict[str, object]) -> None:
    (program.folder / "secret").write_text("hidden\n")
    (program.checkout / "link").symlink_to(program.folder / "secret")
    result = program.hands_in({"issues": [{"title": "Odd", "locations": [place, ISSUE["locations"][0]]}]})
    assert [one.path for one in result.issues[0].locations] == ["src/a.py"]
    assert result.dropped.places == 1


def test_texts_and_numbers_are_bounded(program: Program) -> None:
    long = {"title": "t" * 300, "description": "d" * 30_000, "labels": ["l" * 60] * 20}
    result = program.hands_in({"issues": [long] + [ISSUE] * 250})
    assert (len(result.issues), result.dropped.issues) == (200, 51)
    first = result.issues[0]
    assert (len(first.title), len(first.description), len(first.labels)) == (200, 20_000, 10)
    assert result.dropped.texts >= 2


def test_protected_places_are_never_fixed_by_itself(program: Program) -> None:
    (program.checkout / ".github").mkdir()
    (program.checkout / ".github" / "a.yml").write_text("x\n")
    place = {"path": ".github/a.yml", "startLine": 1}
    result = program.hands_in(
        {"issues": [ISSUE | {"autofix": True}, {"title": "x", "autofix": True, "locations": [place]}]}
    )
    assert [issue.autofix for issue in result.issues] == [True, False]


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ("not json", "malformed"),
        ("", "malformed"),
        ("[]", "malformed"),
        ({"issues": [{"title": "x", "colour": "red"}]}, "issues.0.colour"),
        ({"issues": [{"title": 5}]}, "issues.0.title"),
        ({"issues": [{}]}, "issues.0.title"),
        ({"issues": [ISSUE | {"priority": "urgent"}]}, "issues.0.priority"),
        ({"issues": [ISSUE | {"locations": [{"path": "src/a.py", "startLine": "2"}]}]}, "startLine"),
        ('{"issues": [{"title": "\\ud800"}]}', "malformed"),
    ],
)
def test_a_malformed_result_fails_the_run(program: Program, result: object, said: str) -> None:
    with pytest.raises(AgentFailed, match=said):
        program.hands_in(result)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("true", "the agent wrote no result.json"),
        ("mkdir result.json", "not a regular file"),
        ("ln -s /etc/passwd result.json", "not a regular file"),
        ("mkfifo result.json", "not a regular file"),
        ("head -c 6000000 /dev/zero >result.json", "more than the 5242880"),
        ("exit 3", "exit code 3"),
        ("kill -9 $$", "exit code 137"),
        ("exec no-such-program", "exit code 127"),
    ],
)
def test_a_program_that_hands_in_nothing_fails(program: Program, script: str, said: str) -> None:
    failed = program.fails(f"echo before; {script}")
    assert said in failed.reason
    assert failed.log_tail.startswith("before")


def test_a_program_that_hangs_is_stopped(program: Program) -> None:
    failed = program.fails("echo before; sleep 60", limits=TaskLimits(timeout_ms=300))
    assert "ran out of time" in failed.reason
    assert failed.log_tail == "before"


def test_the_end_of_a_long_log_is_kept(program: Program) -> None:
    failed = program.fails("seq 1 5000; echo the reason; exit 1")
    assert failed.log_tail.endswith("5000\nthe reason")
    assert len(failed.log_tail) <= 20_000
    assert len(program.log) == 5001


def test_progress_lines_move_the_bar_and_are_no_log(program: Program) -> None:
    step = '{"progress": {"stage": "reading", "percent": 40, "message": "half of it"}}'
    odd = '{"progress": {"percent": 4000}}'
    program.shell(f"echo '{step}'; echo '{odd}'; echo '{{\"issues\": []}}' >result.json")
    assert program.progress == [("reading", 40, "half of it")]
    assert program.log == [odd]


def test_links_that_stay_in_the_tree_go_along_and_others_do_not(program: Program) -> None:
    (program.checkout / "inside").symlink_to("src/a.py")
    (program.checkout / "outside").symlink_to("/etc/passwd")
    program.shell("cat repo/inside | head -1; ls repo; echo '{}' >result.json")
    assert program.log == ["one", "inside", "src"]


def test_a_kind_that_the_template_does_not_do(program: Program) -> None:
    template = Template(name="mine", agent="program", command=("true",), trusted=True)
    with pytest.raises(AgentFailed, match="mine does no ask, only scan"), ProcessSandbox(template) as sandbox:
        run_ask(template, Task(kind="ask"), program.checkout, sandbox, lambda *step: None, print)


def scripted(program: Program, script: object | None) -> ScanResult:
    home = program.folder / "home"
    if script is not None:
        (home / "scripted").mkdir(parents=True)
        (home / "scripted" / "scan.json").write_text(json.dumps(script))
    return program.run(load_templates(home)["scripted"], Task(kind="scan"))


def test_without_a_script_nothing_is_found(program: Program) -> None:
    assert scripted(program, None).issues == []


def test_a_script_is_replayed(program: Program) -> None:
    step = {"progress": {"stage": "playing", "percent": 50, "message": ""}}
    result = scripted(program, {"issues": [ISSUE], "summary": "Played.", "lines": ["hello", step]})
    assert [issue.title for issue in result.issues] == ["Too slow"]
    assert program.log == ["hello"]
    assert program.progress == [("playing", 50, "")]


def test_a_script_may_misbehave(program: Program) -> None:
    with pytest.raises(AgentFailed, match="exit code 9") as caught:
        scripted(program, {"issues": [], "lines": ["oh no"], "exitCode": 9})
    assert caught.value.log_tail == "oh no"
