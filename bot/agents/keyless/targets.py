"""From an issue back to its findings: by rule and file, in the tree as it is now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.agents.base import IssueBrief, Task, in_scope
from bot.agents.keyless.analyzer import Analyzer
from bot.agents.keyless.analyzers import ANALYZERS
from bot.agents.keyless.findings import Finding
from bot.agents.keyless.grouping import group
from bot.agents.keyless.places import is_ours
from bot.agents.keyless.rules import Rule, rule_for, rules_of
from bot.agents.keyless.worth import worth_it
from bot.agents.protected import is_protected
from bot.agents.tree import Tree

ALL = 1_000_000


@dataclass(frozen=True)
class Target:
    """An issue of an analyzer. `code`: a rule, or a family with `*`; `files`: those of its files that exist."""

    brief: IssueBrief
    analyzer: Analyzer
    code: str
    rule: Rule
    files: list[str]

    @property
    def selected(self) -> dict[str, Rule]:
        """The rule alone, as a selection for the analyzer."""
        return {self.code: self.rule}

    def of(self, findings: Sequence[Finding]) -> list[Finding]:
        """Those of the findings that the issue is about."""
        return [one for one in findings if one.path in self.files and matches(self.code, one.rule)]


def target(brief: IssueBrief, tree: Tree) -> Target | None:
    """What an issue is about; None when no analyzer of ours found it."""
    if not brief.rule:
        return None
    for analyzer in ANALYZERS:
        rule = rule_for(rules_of(analyzer.language), brief.rule)
        if rule:
            return Target(brief, analyzer, brief.rule, rule, _files(brief, analyzer, tree))
    return None


def worthwhile(findings: Sequence[Finding], rules: dict[str, Rule], tree: Tree, task: Task) -> list[Finding]:
    """The findings that a scan would file now, none of them in a protected file."""
    kept = worth_it(list(findings), rules, tree)
    free = [one for one in kept if not is_protected(one.path, task.protected_paths)]
    if not task.dismissed:
        return free
    filed = group(free, rules, tree, ALL, task).issues
    lines = {(place.path, place.start_line) for issue in filed for place in issue.locations}
    return [one for one in free if (one.path, one.line) in lines]


def matches(code: str, rule: str) -> bool:
    return rule == code or (code.endswith("*") and rule.startswith(code[:-1]))


def _files(brief: IssueBrief, analyzer: Analyzer, tree: Tree) -> list[str]:
    """The files of its places; without places, those of its area."""
    named = {place.path for place in brief.locations}
    return [
        path
        for path in tree.sizes
        if (path in named if named else in_scope(path, [brief.area, f"src/{brief.area}"]))
        and analyzer.takes(tree, path)
        and is_ours(tree, path)
    ]
