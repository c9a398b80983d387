"""Which findings a maintainer would want: those that look deliberate are left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from bot.agents.keyless.around import caught_as, mentions
from bot.agents.keyless.findings import Finding
from bot.agents.keyless.functions import changes_default, only_called_in_place
from bot.agents.keyless.places import is_aside, is_test
from bot.agents.keyless.rules import Rule, rule_for
from bot.agents.tree import Tree

# when as many files of one folder lack the same name, it is given them from outside
INJECTED = 5
# of pre-commit
HOOKS = ".pre-commit-config.yaml"
IMPORT = re.compile(r"^\s*from\s+(\.*[\w.]*)\s+import\s+(\([^)]*\)|[^\n]*)", re.MULTILINE)
IMPORTED = re.compile(r"`(?:.* as )?(?:[\w.]*\.)?(\w+)` imported but unused")


def worth_it(findings: list[Finding], rules: dict[str, Rule], tree: Tree) -> list[Finding]:
    """The findings that are worth an issue, in file order."""
    kept = [one for one in sorted(set(findings)) if _wanted(one, rule_for(rules, one.rule), tree)]
    return _without_audited(_without_handed_on(_without_injected(kept), tree), tree)


def _wanted(one: Finding, rule: Rule | None, tree: Tree) -> bool:
    if rule is None or (is_test(one.path) and not rule.tests):
        return False
    if is_aside(one.path) and rule.severity != "critical" and not rule.tests:
        return False
    lines = tree.lines(one.path)
    if not 0 < one.line <= len(lines) or rule.meant(one.path, one.message, lines, one.line):
        return False
    if one.rule == "B006":
        return changes_default(lines, one.line, one.column)
    if one.rule == "B023":
        return not only_called_in_place(lines, one.line)
    return one.rule != "B904" or not _carries_its_cause(one, lines)


def _carries_its_cause(one: Finding, lines: Sequence[str]) -> bool:
    """Whether the exception raised is given the one it replaces, so that its reader learns of it anyway."""
    name = caught_as(lines, one.line)
    raised = "\n".join(lines[one.line - 1 : one.end_line])
    return name is not None and mentions(raised, name)


def _without_injected(findings: list[Finding]) -> list[Finding]:
    """Without undefined names that a whole folder of files is given by whoever executes them."""
    lacking = {(one.path, one.message) for one in findings if one.rule == "F821"}
    count = Counter((path.rpartition("/")[0], message) for path, message in lacking)
    return [
        one
        for one in findings
        if one.rule != "F821" or count[one.path.rpartition("/")[0], one.message] < INJECTED
    ]


def _without_audited(findings: list[Finding], tree: Tree) -> list[Finding]:
    """Without what zizmor says where the repository runs zizmor itself: its people have seen it, and decided."""
    if not any(one.tool == "zizmor" for one in findings):
        return findings
    workflows = [path for path in tree.sizes if path.startswith(".github/workflows/")]
    runs_it = any("zizmor" in line for path in [*workflows, HOOKS] for line in tree.lines(path))
    return [one for one in findings if one.tool != "zizmor" or not runs_it]


def _without_handed_on(findings: list[Finding], tree: Tree) -> list[Finding]:
    """Without unused imports that other files of the repository import from there."""
    unused = {
        one: match[1] for one in findings if one.rule == "F401" and (match := IMPORTED.match(one.message))
    }
    if not unused:
        return findings
    taken = _taken(tree, {_module(one.path) for one in unused})
    return [one for one in findings if (_module(one.path), unused.get(one, "")) not in taken]


def _taken(tree: Tree, modules: Iterable[str]) -> set[tuple[str, str]]:
    """(last part of the module, name) of all that is imported anywhere, or used as `module.name`."""
    used = re.compile(rf"\b({'|'.join(sorted(map(re.escape, modules)))})\.(\w+)")
    taken: set[tuple[str, str]] = set()
    for path in tree.sizes:
        if path.endswith((".py", ".pyi")):
            text = "\n".join(tree.lines(path))
            taken.update((module, name) for module, name in used.findall(text))
            for module, names in IMPORT.findall(text):
                taken.update((module.rpartition(".")[2], name) for name in re.findall(r"\w+", names))
    return taken


def _module(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0]
