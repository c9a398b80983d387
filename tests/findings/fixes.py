"""The fixes of what is filed in a real project: whether each does what it says, and breaks nothing."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from bot.agents import FixResult, FoundIssue
from tests.test_agents_fix import Fixed

ROWS = ["release", "issues", "offered", "done", "asked", "left", "failed", "broken"]


def fix_all(release: str, files: dict[str, bytes], folder: Path, say: Callable[[str], None]) -> list[str]:
    """Fixes all that can be fixed, in place in `folder`/checkout; unsafe ones as if approved. A row of `ROWS`.

    `offered`: issues of which every place has a safe fix. `broken`: files that parsed before and do not now, and
    findings that are still there.
    """
    project = Fixed(folder)
    for path, content in files.items():
        file = project.repo.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    parsed = _parsing(project.repo.root)
    issues = project.repo.scan().issues
    counts: Counter[str] = Counter()
    for issue in issues:
        result = _fixed(project, issue, counts)
        say(f"  {result.outcome}: {issue.title}: {result.summary}")
        if result.outcome == "done":
            left = [
                one for one in project.repo.scan().issues if (one.rule, one.area) == (issue.rule, issue.area)
            ]
            counts["broken"] += bool(left)
    counts["broken"] += len(parsed - _parsing(project.repo.root))
    offered = sum(issue.autofix for issue in issues)
    names = ("done", "asked", "no_change", "failed", "broken")
    return [release, *map(str, (len(issues), offered, *(counts[name] for name in names)))]


def _fixed(project: Fixed, issue: FoundIssue, counts: Counter[str]) -> FixResult:
    brief = project.brief(issue)
    result = project.fix(brief)
    if result.outcome == "needs_answer":
        counts["asked"] += 1
        result = project.fix(brief, "A")
    counts[result.outcome] += 1
    return result


def _parsing(root: Path) -> set[Path]:
    found = set()
    for file in root.rglob("*.py"):
        try:
            ast.parse(file.read_bytes())
        except (SyntaxError, ValueError):
            continue
        found.add(file)
    return found
