"""`.github/askfirst.yml`: what a file comes to, or which line of it is wrong and why."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain import repo_config
from bot.domain.repo_config import BadConfig, RepoConfig, parse
from bot.domain.verbs import VERBS
from bot.store.models import Project
from tests.house import House

DEFAULT = RepoConfig()
PARTS = ", ".join(RepoConfig.model_fields)
WORDS = ", ".join(sorted({verb.word for verb in VERBS.values()}))


def but(**parts: Any) -> RepoConfig:
    """The defaults, but for these."""
    return RepoConfig.model_validate(parts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", DEFAULT),
        ("# nothing yet\n", DEFAULT),
        ("---\n{}\n", DEFAULT),
        ("questions:\n  # max: 3\nmirror:\n", DEFAULT),
        ("questions: {max: 3}", but(questions={"max": 3})),
        ("questions:\n  settle_seconds: 0\n", but(questions={"settle_seconds": 0})),
        ("questions:\n  keep_file: yes\n", but(questions={"keep_file": True})),
        ("mirror:\n  enabled: off\n  max_new_per_scan: 100\n", but(mirror={"enabled": False, "max_new_per_scan": 100})),
        ("commands:\n  levels:\n  bots: [12]\n", but(commands={"bots": [12]})),
        ("commands:\n  levels: {scan: triage, help: read, reopen: admin}\n",
         but(commands={"levels": {"scan": "triage", "help": "read", "reopen": "admin"}})),
        ("scan:\n  schedule: 0 4 * * *\n", but(scan={"schedule": "0 4 * * *"})),
        ("protected_paths: []", but(protected_paths=[])),
        ("protected_paths:\n- 'docs/**'\n- Makefile\n", but(protected_paths=["docs/**", "Makefile"])),
        ("workflows:\nlimits:\n", DEFAULT),
        ("workflows:\n  fast: {minutes: 5}\n  plain:\n", but(workflows={"fast": {"minutes": 5}, "plain": {}})),
        ("workflows:\n  default:\n    template: mine\n    verify: make test\nlimits: {runs_per_day: 3}\n",
         but(workflows={"default": {"template": "mine", "verify": "make test"}}, limits={"runs_per_day": 3})),
        ("\ufeffquestions: {max: 3}\r\n", but(questions={"max": 3})),
        ("#".ljust(64 * 1024), DEFAULT),
        (f"workflows: {{{'w' * 64}: {{verify: {'v' * 1_000}}}}}", but(workflows={"w" * 64: {"verify": "v" * 1_000}})),
    ],
)  # fmt: skip
def test_what_a_file_comes_to(text: str, expected: RepoConfig) -> None:
    assert parse(text) == expected


def test_what_no_agent_may_change_where_the_file_says_nothing() -> None:
    assert DEFAULT.protected_paths == [".github/**", "CODEOWNERS", ".askfirst/**"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("question:\n  max: 3\n", f"line 1: question is not a key; there are {PARTS}."),
        ("questions:\n  keep_file: true\n  maxx: 3\n",
         "line 3: questions.maxx is not a key; there are max, keep_file, settle_seconds."),
        ("1: 2\n", f"line 1: 1 is not a key; there are {PARTS}."),
        ("scan:\n  schedule: 4\n", "line 2: scan.schedule must be a text, in quotes."),
        ("scan:\n  schedule: 61 * * * *\n",
         "line 2: scan.schedule must be a time as cron has it, in five fields: "
         '"30 4 * * 1" is each Monday at 4:30 UTC.'),
        ("scan:\n  shedule: '0 4 * * *'\n", "line 2: scan.shedule is not a key; there are schedule."),
        ("mirror:\n  enabled: 1\n", "line 2: mirror.enabled must be true or false."),
        ("mirror:\n  enabled: 'true'\n", "line 2: mirror.enabled must be true or false."),
        ("questions:\n\n  max: '3'\n", "line 3: questions.max must be a whole number."),
        ("questions:\n  max: 2.5\n", "line 2: questions.max must be a whole number."),
        ("questions:\n  max: true\n", "line 2: questions.max must be a whole number."),
        ("questions:\n  max:\n", "line 2: questions.max must be a whole number."),
        ("questions:\n  max: 0\n", "line 2: questions.max must be at least 1."),
        ("questions:\n  max: 51\n", "line 2: questions.max must be at most 50."),
        ("protected_paths: docs/**\n", "line 1: protected_paths must be a list."),
        ("protected_paths:\n", "line 1: protected_paths must be a list."),
        ("protected_paths:\n- docs\n- 3\n",
         "line 3: protected_paths must be a list of texts, in quotes where YAML would read something else."),
        ("commands:\n  levels:\n    scna: write\n", f"line 3: commands.levels.scna is not a key; there are {WORDS}."),
        ("commands:\n  levels:\n    ask: write\n    scan: read\n",
         "line 4: commands.levels.scan must be 'triage', 'write', 'maintain' or 'admin'."),
        ("commands:\n  levels: {approve: triage}\n",
         "line 2: commands.levels.approve must be 'write', 'maintain' or 'admin'."),
        ("commands:\n  levels: {decide: write}\n", "line 2: commands.levels.decide must be 'maintain' or 'admin'."),
        ("commands:\n  levels: {help: none}\n",
         "line 2: commands.levels.help must be 'read', 'triage', 'write', 'maintain' or 'admin'."),
        ("commands:\n  levels: [scan]\n", f"line 2: commands.levels holds keys, each with its value: {WORDS}."),
        ("commands:\n  bots:\n  - 12\n  - renovate\n", "line 4: commands.bots must be a whole number."),
        ("commands:\n  bots: [0]\n", "line 2: commands.bots must be at least 1."),
        ("workflows:\n  fast:\n    minuts: 5\n",
         "line 3: workflows.fast.minuts is not a key; there are template, verify, minutes."),
        ("workflows:\n  fast: 5\n",
         "line 2: workflows.fast holds keys, each with its value: template, verify, minutes."),
        ("workflows: [fast]\n", "line 1: workflows must be names, each with its keys."),
        ("workflows:\n  So fast: {}\n",
         "line 2: workflows.So fast must be a name of small letters, digits, - and _."),
        ("workflows:\n  fast: {template: Mine}\n",
         "line 2: workflows.fast.template must be a name of small letters, digits, - and _."),
        ("workflows:\n  fast: {minutes: 61}\n", "line 2: workflows.fast.minutes must be at most 60."),
        (f"workflows:\n  {'w' * 65}: {{}}\n",
         f"line 2: workflows.{'w' * 65} must be a name of small letters, digits, - and _."),
        ("workflows:\n  fast: {verify: ''}\n", "line 2: workflows.fast.verify must be a text."),
        (f"workflows:\n  fast: {{verify: {'v' * 1_001}}}\n",
         "line 2: workflows.fast.verify: String should have at most 1000 characters."),
        ("limits:\n  minutes: 0\n", "line 2: limits.minutes must be at least 1."),
        ("mirror: true\n", "line 1: mirror holds keys, each with its value: enabled, max_new_per_scan."),
        ("- questions\n", f"line 1: the file holds keys, each with its value: {PARTS}."),
        ("questions\n", f"line 1: the file holds keys, each with its value: {PARTS}."),
        ("mirror: {}\nquestions: {}\nmirror: {}\n", "line 3: mirror is there twice."),
        ("questions:\n  max: 3\n  max: 4\n", "line 3: max is there twice."),
        ("questions:\n  max: 3\n   keep_file: true\n", "line 3: mapping values are not allowed here."),
        ("questions: {max: 3\n", "line 2: expected ',' or '}', but got '<stream end>'."),
        ("a: &a {max: 3}\nquestions: *a\n", "line 2: tags (!) and aliases (*) are not used here."),
        ("questions: !!python/object:os.system {}\n", "line 1: tags (!) and aliases (*) are not used here."),
        ("a: 1\n---\nb: 2\n", "line 2: but found another document."),
        ("protected_paths:\n- *.py\n", "line 2: expected alphabetic or numeric character, but found '.'."),
        ("[" * 20_000, "line 1: the file is nested too deeply."),
        ("x" * (64 * 1024 + 1), "line 1: the file is longer than 65536 characters."),
    ],
)  # fmt: skip
def test_what_is_wrong_and_where(text: str, error: str) -> None:
    with pytest.raises(BadConfig) as wrong:
        parse(text)
    assert str(wrong.value) == error


@pytest.mark.parametrize(
    ("part", "name", "lowest", "default", "highest"),
    [
        ("mirror", "max_new_per_scan", 0, 20, 100),
        ("questions", "max", 1, 5, 50),
        ("questions", "settle_seconds", 0, 120, 86_400),
        ("limits", "minutes", 1, 60, 60),
        ("limits", "tokens", 1_000, 1_000_000, 1_000_000_000),
        ("limits", "runs_per_day", 1, 50, 1_000),
        ("workflows.fast", "minutes", 1, 30, 60),
    ],
)
def test_each_number_has_its_bounds(part: str, name: str, lowest: int, default: int, highest: int) -> None:
    above, _, below = part.partition(".")

    def read(text: str) -> int:
        said = getattr(parse(f"{above}: {{{below}: {{{text}}}}}" if below else f"{above}: {{{text}}}"), above)
        return int(getattr(said[below] if below else said, name))

    assert [read(""), read(f"{name}: {lowest}"), read(f"{name}: {highest}")] == [default, lowest, highest]
    for number, why in ((lowest - 1, f"at least {lowest}"), (highest + 1, f"at most {highest}")):
        with pytest.raises(BadConfig, match=rf"line 1: {part}\.{name} must be {why}\."):
            read(f"{name}: {number}")


@given(st.text(st.characters(codec=None, exclude_categories=[]), max_size=200))
@example("? [a]\n: 1\n")
@example("{[a]: 1, {b: c}: 2}")
@example("!!timestamp x")
@example("a: !!int ''")
@example("2024-99-99: 2024-99-99")
@example("&a [*a]")
@example("questions: {max: " + "9" * 5_000 + "}")
@example("<<: 3")
@example("=: =")
@example("0b_: 0x_")
@example("\udcff: caf\udce9")
@example("\0")
def test_any_text_is_read_or_refused_with_a_line(text: str) -> None:
    read_or_refused(text)


KEYS = st.sampled_from(["questions", "mirror", "max", "keep_file", "enabled", "protected_paths", "x", "<<"])
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | KEYS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.integers() | st.none(), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


@given(st.dictionaries(KEYS, TREES, max_size=4) | TREES)
def test_any_tree_is_read_or_refused_with_a_line(tree: Any) -> None:
    read_or_refused(yaml.safe_dump(tree))


def read_or_refused(text: str) -> None:
    project = Project(config={"questions": {"max": 7}})
    repo_config.read(project, text)
    if project.config_error is None:
        assert parse(text) == repo_config.of(project)
    else:
        place, _, why = project.config_error.partition(": ")
        assert place.startswith(".github/askfirst.yml, line ") and why.endswith(".")
        assert 1 <= int(place.rpartition(" ")[2]) <= text.count("\n") + text.count("\r") + 2
        project.config_error.encode()
        assert repo_config.of(project).questions.max == 7, "the last good one stays in force"


def test_it_is_read_from_the_default_branch_and_a_bad_one_is_told(house: House) -> None:
    def write(text: str | None, branch: str | None = None) -> None:
        house.mona.pushes(house.repository, {".github/askfirst.yml": text, "a.md": text}, "Settings", branch)

    def most() -> int:
        return repo_config.of(house.project).questions.max

    write("questions: {max: 2}", "feature")
    house.scan(ref="feature")
    assert most() == 5, "a branch says nothing"
    write("questions: {max: 3}")
    house.scan(ref="feature")
    assert most() == 3 and house.project.config_error is None
    write("questions:\n  mox: 4\n")
    talk = house.mona.opens_issue(house.repository, "Housekeeping")
    house.mona.comments(talk, "/askfirst scan")
    house.settle()
    error = (
        ".github/askfirst.yml, line 2: questions.mox is not a key; there are max, keep_file, settle_seconds."
    )
    assert most() == 3 and house.project.config_error == error
    session = house.get("/issue-sessions/list")["data"][0]
    assert (
        error in session["progress"]["message"]
        and error in house.get("/runs/get", id=session["runId"])["data"]["summary"]
    )
    assert "line 2: questions.mox" in talk.comments[-1].body
    write(None)
    assert error not in house.scan()["progress"]["message"]
    assert most() == 5 and house.project.config_error is None
