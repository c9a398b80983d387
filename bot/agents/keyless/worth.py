"""Which findings a maintainer would want: those that look deliberate are left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from bot.agents.keyless.around import caught_as, mentions
from bot.agents.keyless.findings import Finding
from bot.agents.keyless.functions import changes_default, kept_for_later
from bot.agents.keyless.places import is_aside, is_sample, is_test
from bot.agents.keyless.rules import Rule, rule_for
from bot.agents.tree import Tree

# when as many files lack the same name, or one file as many names, they are given from outside
FILES, NAMES = 2, 5
# a file without these that imports from its own package is there to hand names on
DEFINES = re.compile(r"\s*(async\s+def|def|class)\s|if __name__ ==")
OWN_INPUT = re.compile(r"^(?!.*(head_ref|github\.event\.(?!inputs))).*\binputs\.")
# of pre-commit
HOOKS = ".pre-commit-config.yaml"
IMPORT = re.compile(r"^\s*from\s+(\.*[\w.]*)\s+import\s+(\([^)]*\)|[^\n]*)", re.MULTILINE)
IMPORTED = re.compile(r"`(?:.* as )?(?:[\w.]*\.)?(\w+)` imported but unused")


def worth_it(findings: list[Finding], rules: dict[str, Rule], tree: Tree) -> list[Finding]:
    """The findings that are worth an issue, in file order."""
    kept = [one for one in sorted(set(findings)) if _wanted(one, rule_for(rules, one.rule), tree)]
    return _without_audited(_without_handed_on(_without_injected(kept), tree), tree)


def _wanted(one: Finding, rule: Rule | None, tree: Tree) -> bool:
    if rule is None or (is_test(one.path) and not rule.tests) or is_sample(one.path):
        return False
    if is_aside(one.path) and not rule.aside:
        return False
    lines = tree.lines(one.path)
    if not 0 < one.line <= len(lines) or rule.meant(one.path, one.message, lines, one.line):
        return False
    if one.rule == "template-injection" and one.path.startswith(".github/workflows/"):
        return not OWN_INPUT.search(lines[one.line - 1])
    if one.rule == "B006":
        return changes_default(lines, one.line, one.column)
    if one.rule == "B023":
        return kept_for_later(lines, one.line)
    return one.rule != "B904" or not _carries_its_cause(one, lines)


def _carries_its_cause(one: Finding, lines: Sequence[str]) -> bool:
    """Whether the exception raised is given the one it replaces, so that its reader learns of it anyway."""
    name = caught_as(lines, one.line)
    raised = "\n".join(lines[one.line - 1 : one.end_line])
    return name is not None and mentions(raised, name)


def _without_injected(findings: list[Finding]) -> list[Finding]:
    """Without undefined names that files are given by whoever executes them."""
    lacking = {(one.path, one.message) for one in findings if one.rule == "F821"}
    files = Counter(message for _, message in lacking)
    names = Counter(path for path, _ in lacking)
    return [
        one
        for one in findings
        if one.rule != "F821" or (files[one.message] < FILES and names[one.path] < NAMES)
    ]


def _without_audited(findings: list[Finding], tree: Tree) -> list[Finding]:
    """Without what zizmor says where the repository runs zizmor itself: its people have seen it, and decided."""
    if not any(one.tool == "zizmor" for one in findings):
        return findings
    workflows = [path for path in tree.sizes if path.startswith(".github/workflows/")]
    runs_it = any("zizmor" in line for path in [*workflows, HOOKS] for line in tree.lines(path))
    return [one for one in findings if one.tool != "zizmor" or not runs_it]


def _without_handed_on(findings: list[Finding], tree: Tree) -> list[Finding]:
    """Without unused imports that other files of the repository import from there, or all that a file is for."""
    unused = {
        one: match[1] for one in findings if one.rule == "F401" and (match := IMPORTED.match(one.message))
    }
    if not unused:
        return findings
    taken = _taken(tree, {_module(one.path) for one in unused})
    handing_on = {
        one.path
        for one in unused
        if _own_name(one, tree) and not any(DEFINES.match(line) for line in tree.lines(one.path))
    }
    return [
        one
        for one in findings
        if one not in unused or (one.path not in handing_on and (_module(one.path), unused[one]) not in taken)
    ]


def _own_name(one: Finding, tree: Tree) -> bool:
    """Whether an unused import is of something in this repository."""
    package = one.message.lstrip("`").partition(".")[0]
    return not package or any(f"{top}{package}/__init__.py" in tree for top in ("", "src/"))


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
