"""Findings into issues: one for each rule and area, the worst first."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from bot.agents.base import MAX_PLACES, FoundIssue, Level, Place, Priority, Task
from bot.agents.fingerprints import context, fingerprints
from bot.agents.keyless import texts
from bot.agents.keyless.findings import Finding
from bot.agents.keyless.places import area_of, is_aside, is_test
from bot.agents.keyless.rules import SEVERITIES, Rule, rule_for
from bot.agents.protected import is_protected
from bot.agents.tree import Tree

WEIGHTS: dict[Level, float] = {"high": 1.0, "medium": 0.75, "low": 0.5}


@dataclass(frozen=True)
class Grouped:
    """The issues, and every fingerprint that is in none of their places."""

    issues: list[FoundIssue]
    also_seen: list[str]
    over_limit: int


def group(findings: list[Finding], rules: dict[str, Rule], tree: Tree, limit: int, task: Task) -> Grouped:
    """One issue for each rule and area; at most `limit`, the worst first, then those with the most places."""
    dismissed = frozenset(task.dismissed)
    groups: dict[tuple[str, str, str], list[tuple[Finding, Place]]] = defaultdict(list)
    unwanted = set()
    for one, place in zip(findings, _places(findings, tree), strict=True):
        if place.fingerprint in dismissed:
            unwanted.add(place.fingerprint)
            continue
        rule = rule_for(rules, one.rule)
        assert rule is not None
        name = rule.code if rule.title else one.rule
        groups[one.tool, name, area_of(tree, one.path)].append((one, place))
    ranked = sorted(groups, key=lambda key: (-_score(groups[key], rules), -len(groups[key]), key))
    issues = [_issue(key, groups[key], rules, tree, task.protected_paths) for key in ranked[:limit]]
    shown = {place.fingerprint for issue in issues for place in issue.locations}
    rest = (place for found in groups.values() for _, place in found if place.fingerprint not in shown)
    marks = {mark for place in rest for mark in (place.fingerprint, place.moved_fingerprint)}
    return Grouped(issues, sorted(marks | unwanted), max(0, len(ranked) - limit))


def _places(findings: list[Finding], tree: Tree) -> list[Place]:
    texts_around = [(one.rule, one.path, context(tree.lines(one.path), one.line)) for one in findings]
    by_tool: dict[str, list[int]] = defaultdict(list)
    for index, one in enumerate(findings):
        by_tool[one.tool].append(index)
    marks: dict[int, tuple[str, str]] = {}
    for tool, indexes in by_tool.items():
        marks |= dict(
            zip(indexes, fingerprints(tool, [texts_around[index] for index in indexes]), strict=True)
        )
    return [
        Place(
            path=one.path,
            start_line=one.line,
            end_line=min(max(one.line, one.end_line), len(tree.lines(one.path))),
            fingerprint=marks[index][0],
            moved_fingerprint=marks[index][1],
        )
        for index, one in enumerate(findings)
    ]


def _score(found: list[tuple[Finding, Place]], rules: dict[str, Rule]) -> float:
    """Severity (1 to 4) × confidence × 1 for code, ½ for tests, documentation and examples."""
    rule = rule_for(rules, found[0][0].rule)
    assert rule is not None
    in_code = any(not is_test(one.path) and not is_aside(one.path) for one, _ in found)
    return SEVERITIES[rule.severity] * WEIGHTS[rule.confidence] * (1.0 if in_code else 0.5)


def _priority(score: float) -> Priority:
    if score >= 3.5:
        return "critical"
    if score >= 2.2:
        return "high"
    return "medium" if score >= 1.5 else "low"


def _issue(
    key: tuple[str, str, str],
    found: list[tuple[Finding, Place]],
    rules: dict[str, Rule],
    tree: Tree,
    protected: list[str],
) -> FoundIssue:
    tool, code, area = key
    rule = rule_for(rules, found[0][0].rule)
    assert rule is not None
    findings = [one for one, _ in found]
    left = sorted({one.path for one in findings if is_protected(one.path, protected)})
    return FoundIssue(
        title=texts.title(rule, findings, area),
        description=texts.description(rule, code, findings, tree, left),
        priority=_priority(_score(found, rules)),
        suggested_prompt=texts.suggested_prompt(rule, code, findings, area),
        labels=[rule.category],
        locations=[place for _, place in found[:MAX_PLACES]],
        rule=code,
        area=area,
        evidence=f"{tool} {code}: {findings[0].message}"[:1000],
        confidence=rule.confidence,
        autofix=not left and all(one.safe_fix for one in findings),
    )
