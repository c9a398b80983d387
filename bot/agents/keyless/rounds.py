"""The tool's own fixes for chosen findings, applied in rounds until none of them is left."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.agents.archive import pack_texts
from bot.agents.base import Log, Task
from bot.agents.keyless.calls import call, repair
from bot.agents.keyless.edits import apply
from bot.agents.keyless.findings import Finding
from bot.agents.keyless.rules import rules_of
from bot.agents.keyless.targets import Target, worthwhile
from bot.agents.needs import Workplace
from bot.agents.protected import is_protected
from bot.agents.tree import Tree

MOST = 60


@dataclass
class Rounds:
    """What is being fixed, and the texts of the files as they are so far."""

    target: Target
    task: Task
    tree: Tree
    sandbox: Workplace
    python: str | None
    log: Log
    texts: dict[str, str] = field(default_factory=dict)

    def wanted(self) -> list[Finding]:
        """The findings of the issue that are there now. ToolFailed, AgentFailed."""
        return self._chosen(self._raw())

    def guarded(self) -> list[Finding]:
        """The findings of the issue in files that no agent may change."""
        of_issue = self.target.of(self._raw())
        return [one for one in of_issue if is_protected(one.path, self.task.protected_paths)]

    def run(self) -> list[Finding]:
        """Fixes all that can be fixed; returns the findings that are left."""
        before: dict[str, str] = {}
        one_by_one: set[str] = set()
        for _ in range(MOST):
            raw = self._raw()
            # two fixes, each sound alone, may together leave an empty block
            broken = {
                one.path
                for one in raw
                if one.rule in self.target.analyzer.unparsed and one.path in self.texts
            } - one_by_one
            if broken:
                self._put({path: self._text(path, before) for path in broken})
                one_by_one |= broken
                continue
            left = [one for one in self._chosen(raw) if one.fix]
            if not left:
                break
            before = dict(self.texts)
            self._apply(left, one_by_one)
        return self.wanted()

    def worse(self) -> str | None:
        """What the fixes made worse, in words: any rule with more findings in a file than before."""
        after = self._count()
        self.sandbox.put(pack_texts(self.tree, {path: self._text(path, {}) for path in self.texts}))
        before = self._count()
        self.sandbox.put(pack_texts(self.tree, self.texts))
        for (path, rule), count in sorted(after.items()):
            if count > before[path, rule]:
                return (
                    f"{path} does not parse"
                    if rule in self.target.analyzer.unparsed
                    else f"{path} has a new {rule}"
                )
        return None

    def _raw(self) -> list[Finding]:
        target = self.target
        return call(self.sandbox, target.analyzer, target.selected, self.python, target.files, self.log)

    def _chosen(self, raw: Sequence[Finding]) -> list[Finding]:
        """Those worth it, their fix taken away where another finding, which is to stay, shares it.

        The fix of a fixer has no edits: in one file it is the same for all.
        """
        of_issue = self.target.of(raw)
        chosen = set(worthwhile(of_issue, self.target.selected, self.tree.with_texts(self.texts), self.task))
        staying = {(one.path, one.fix) for one in of_issue if one not in chosen}
        return [replace(one, fix=None) if (one.path, one.fix) in staying else one for one in sorted(chosen)]

    def _apply(self, findings: Sequence[Finding], one_by_one: set[str]) -> None:
        by_path: dict[str, list[Finding]] = defaultdict(list)
        for one in findings:
            by_path[one.path].append(one)
        if fixer := self.target.analyzer.fixer:
            self.texts |= repair(self.sandbox, fixer(self.target.code), sorted(by_path), self.log)
            return
        changed = {}
        for path, found in by_path.items():
            fixes = [one.fix for one in found[: 1 if path in one_by_one else None] if one.fix]
            changed[path] = apply(self._text(path, self.texts), fixes)
        self._put(changed)

    def _put(self, texts: dict[str, str]) -> None:
        self.texts |= texts
        self.sandbox.put(pack_texts(self.tree, texts))

    def _text(self, path: str, texts: dict[str, str]) -> str:
        return texts[path] if path in texts else self.tree.text(path) or ""

    def _count(self) -> Counter[tuple[str, str]]:
        analyzer = self.target.analyzer
        rules = rules_of(analyzer.language)
        found = call(self.sandbox, analyzer, rules, self.python, sorted(self.texts), self.log)
        return Counter((one.path, one.rule) for one in found)
