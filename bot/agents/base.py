"""The task an agent gets and the results it gives back, camelCase in JSON.

Everything an agent hands in is untrusted: bounded here, compared with the checkout in `handed_in*.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

MAX_ISSUES = 200
MAX_QUESTIONS = 50
MAX_BYTES = 5 * 1024 * 1024
MAX_PLACES = 200
PROTECTED = (".github/**", "CODEOWNERS", ".askfirst/**")

Kind = Literal["scan", "ask", "fix"]
Level = Literal["low", "medium", "high"]
Priority = Literal["low", "medium", "high", "critical"]
Outcome = Literal["done", "needs_answer", "no_change", "failed"]
Letter = Literal["A", "B", "C", "D", "E"]
OnProgress = Callable[[str, int, str], None]
Log = Callable[[str], None]
Text = Annotated[str, Field(max_length=20_000)]
Name = Annotated[str, Field(max_length=200)]


class AgentFailed(Exception):
    """The run failed: `reason` is one sentence for people, `log_tail` the end of the agent's output."""

    def __init__(self, reason: str, log_tail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.log_tail = log_tail


class Wire(BaseModel):
    """camelCase in JSON, snake_case in code, nothing unknown, no conversion."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )


class TaskLimits(Wire):
    """At most so many issues; wall clock in milliseconds."""

    issues: int = Field(default=MAX_ISSUES, ge=1, le=MAX_ISSUES)
    timeout_ms: int = Field(default=600_000, ge=1)


class Span(Wire):
    """Lines of a file, counted from 1, both ends included."""

    path: str
    start_line: int
    end_line: int


class Answer(Wire):
    """What people said to a question: the assumption they approved, or their correction. `by`: who."""

    question: str
    answer: str
    by: str


class IssueBrief(Wire):
    """What an agent is told of an issue. `locations`: as they were when it was found."""

    id: str
    title: str
    description: str = ""
    priority: Priority = "medium"
    rule: str | None = None
    area: str = ""
    locations: list[Span] = []
    autofix: bool = False
    answers: list[Answer] = []


class Task(Wire):
    """What is asked. `paths`: files and folders to look at, none for all. `commit`: of the checkout.

    `dismissed`: fingerprints of places that people do not want to hear of again. `issues`: for `ask` those
    to ask about, at most `max_questions`; for `fix` exactly the one to fix. `verify_output`: what the command that
    checks a fix said of an earlier try, which is not there any more.
    """

    kind: Kind
    prompt: str = ""
    paths: list[str] = []
    commit: str = ""
    dismissed: list[str] = []
    issues: list[IssueBrief] = []
    max_questions: int = Field(default=5, ge=1, le=MAX_QUESTIONS)
    limits: TaskLimits = TaskLimits()
    protected_paths: list[str] = list(PROTECTED)
    verify_output: str | None = None

    @model_validator(mode="after")
    def _fix_is_of_one_issue(self) -> Task:
        if self.kind == "fix" and len(self.issues) != 1:
            raise ValueError("a fix is of exactly one issue")
        return self


class Place(Span):
    """Where a scan found something.

    `fingerprint` names the finding at this place without its line number, `moved_fingerprint` names it
    without its path too; `fingerprints.py` says how they are matched with those of earlier scans.
    """

    fingerprint: str
    moved_fingerprint: str


class FoundIssue(Wire):
    """One thing to do. `area`: its package or folder; with `rule` it names the issue when no place does."""

    title: Name
    description: Text
    priority: Priority
    suggested_prompt: Text
    labels: list[str]
    locations: list[Place]
    rule: str | None
    area: str
    evidence: Text
    confidence: Level
    autofix: bool

    @property
    def fingerprints(self) -> frozenset[str]:
        return frozenset(place.fingerprint for place in self.locations)


class Tool(Wire):
    """An analyzer: its version, or the `problem` because of which it said nothing."""

    name: str
    version: str | None = None
    problem: str | None = None


class Dropped(Wire):
    """Counts of what was not taken over: places that do not exist, texts cut, what is over a limit."""

    places: int = 0
    texts: int = 0
    issues: int = 0
    questions: int = 0


class ScanResult(Wire):
    """What a scan found, and what it looked at, so that a missing finding can be told from a file left out.

    `rules`: the rules that were on (a `*` at the end stands for all of that beginning). `paths`: the scope
    asked for, empty for everything. `skipped`: files in that scope that were not looked at. `also_seen`:
    fingerprints of findings that exist but are in none of the issues, because of a limit or dismissed.
    """

    issues: list[FoundIssue]
    summary: Text
    rules: list[str] = []
    tools: list[Tool] = []
    paths: list[str] = []
    files: int = 0
    skipped: list[str] = []
    also_seen: list[str] = []
    dropped: Dropped = Dropped()

    def covers(self, rule: str, path: str) -> bool:
        """Whether this scan would have found that rule's finding in that file, if it were still there.

        True also for a file that no longer exists: what was found in it is gone.
        """
        if not any(fnmatchcase(rule, pattern) for pattern in self.rules):
            return False
        return in_scope(path, self.paths) and path not in self.skipped

    def seen(self) -> frozenset[str]:
        """Every fingerprint, of both kinds, of everything this scan found."""
        places = (place for issue in self.issues for place in issue.locations)
        both = (mark for place in places for mark in (place.fingerprint, place.moved_fingerprint))
        return frozenset(both) | frozenset(self.also_seen)


class Option(Wire):
    """One way to answer. `leaves`: choosing it means that nothing is to be done about the issues."""

    letter: Letter
    text: Name
    recommended: bool = False
    leaves: bool = False


class AskedQuestion(Wire):
    """One question for people. `why`: what changes with the answer. `assumption`: the recommended answer.

    `options`: none, or the recommended one first. `evidence`: what was looked at. `blocking`: no fix of its
    issues before it is answered. `needs_own_answer`: never approved together with others. `external_id`:
    the agent's own name for it, the same when it asks again.
    """

    question: Name
    why: Text
    assumption: Text
    options: list[Option]
    confidence: Level
    evidence: Text
    places: list[Span]
    issue_ids: list[str]
    blocking: bool
    needs_own_answer: bool
    external_id: str


class AskResult(Wire):
    """What is worth asking, the greatest impact × uncertainty first."""

    questions: list[AskedQuestion]
    summary: Text
    dropped: Dropped = Dropped()


class FixResult(Wire):
    """How a fix ended; the change itself is taken from the sandbox, never from here.

    `questions` only with `needs_answer`. `summary`: what was done, or why not.
    """

    outcome: Outcome
    summary: Text
    questions: list[AskedQuestion] = []


def in_scope(path: str, paths: Sequence[str]) -> bool:
    """Whether a file is one of these paths, below one, or matched by one that is a glob."""
    if not paths:
        return True
    return any(
        scope in ("", ".") or path == scope or path.startswith(scope + "/") or fnmatchcase(path, scope)
        for scope in (wanted.removeprefix("./").rstrip("/") for wanted in paths)
    )
