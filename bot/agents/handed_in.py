"""What a program hands in, and what of it is taken over: nothing that the checkout does not bear out."""

from __future__ import annotations

from posixpath import dirname

from pydantic import Field

from bot.agents.base import (
    MAX_ISSUES,
    MAX_PLACES,
    Dropped,
    FoundIssue,
    Level,
    Place,
    Priority,
    ScanResult,
    Task,
    Wire,
)
from bot.agents.fingerprints import context, fingerprints
from bot.agents.protected import is_protected
from bot.agents.tree import Tree

TITLE = 200
TEXT = 20_000


class GivenPlace(Wire):
    path: str
    start_line: int
    end_line: int | None = None


class GivenIssue(Wire):
    """`rule`: whatever names this kind of problem again on the next scan; without one the title does."""

    title: str = Field(min_length=1)
    description: str = ""
    priority: Priority = "medium"
    suggested_prompt: str = ""
    labels: list[str] = []
    locations: list[GivenPlace] = []
    rule: str | None = None
    evidence: str = ""
    confidence: Level = "medium"
    autofix: bool = False


class HandedIn(Wire):
    """result.json of a scan. `rules`: those that were looked for; only their issues can ever be gone."""

    issues: list[GivenIssue] = []
    summary: str = ""
    rules: list[str] = []


class Cutter:
    """Cuts texts and counts how many; no database takes a NUL."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, text: str, length: int) -> str:
        self.count += len(text) > length
        return text[:length].replace("\0", "")


def taken_over(given: HandedIn, tool: str, task: Task, tree: Tree) -> ScanResult:
    """The issues as the program gave them, bounded, with the places that exist and our fingerprints."""
    cut = Cutter()
    limit = min(MAX_ISSUES, task.limits.issues)
    issues = [_issue(issue, tool, task, tree, cut) for issue in given.issues[:limit]]
    offered = sum(len(issue.locations) for issue in given.issues[:limit])
    places = offered - sum(len(issue.locations) for issue in issues)
    return ScanResult(
        issues=issues,
        summary=cut(given.summary, TEXT),
        rules=sorted({cut(rule, 100) for rule in given.rules}),
        paths=sorted(task.paths),
        files=len(tree.sizes),
        dropped=Dropped(places=places, texts=cut.count, issues=len(given.issues) - len(issues)),
    )


def _issue(given: GivenIssue, tool: str, task: Task, tree: Tree, cut: Cutter) -> FoundIssue:
    rule = cut(given.rule, 100) if given.rule else None
    places = _places(given, rule or given.title, tool, tree)
    free = places and not any(is_protected(place.path, task.protected_paths) for place in places)
    return FoundIssue(
        title=cut(" ".join(given.title.split()), TITLE) or "Untitled",
        description=cut(given.description, TEXT),
        priority=given.priority,
        suggested_prompt=cut(given.suggested_prompt, TEXT),
        labels=[cut(label, 50) for label in given.labels[:10]],
        locations=places,
        rule=rule,
        area=dirname(places[0].path) if places else "",
        evidence=cut(given.evidence, TEXT),
        confidence=given.confidence,
        autofix=bool(given.autofix and free),
    )


def real_places(given: list[GivenPlace], tree: Tree) -> list[GivenPlace]:
    """The places that are lines of a file in the checkout; `..`, links and absolute paths are in no tree."""
    return [
        place
        for place in given
        if 1 <= place.start_line <= (place.end_line or place.start_line) <= len(tree.lines(place.path))
    ]


def _places(given: GivenIssue, rule: str, tool: str, tree: Tree) -> list[Place]:
    real = real_places(given.locations, tree)[:MAX_PLACES]
    around = [(rule, place.path, context(tree.lines(place.path), place.start_line)) for place in real]
    marks = fingerprints(tool, around)
    return [
        Place(
            path=place.path,
            start_line=place.start_line,
            end_line=place.end_line or place.start_line,
            fingerprint=mark,
            moved_fingerprint=moved,
        )
        for place, (mark, moved) in zip(real, marks, strict=True)
    ]
