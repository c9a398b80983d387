"""What a prompt asks the keyless agent to look for: kinds of problems, languages, paths."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.agents.base import in_scope
from bot.agents.keyless.analyzers import ANALYZERS
from bot.agents.keyless.rules import Rule
from bot.agents.tree import Tree

CATEGORIES = {
    "security": r"secur\w*|vulnerab\w*|injection|unsafe|exploit\w*|cve",
    "performance": r"perform\w*|slow\w*|speed|fast\w*|optimi[sz]\w*|async\w*|block\w*",
    "bugs": r"bugs?|errors?|correct\w*|crash\w*|defects?|broken|fail\w*|mistakes?",
    "style": r"style|lint\w*|moderni[sz]\w*|clean\w*|readab\w*|idioms?|tidy|pyupgrade|typos?|spelling|misspel\w*",
}
LANGUAGES = {one.language: one.asked_as for one in ANALYZERS}
NOT = re.compile(r"\b(no|not|without|except|ignore|skip)\s+(?=\w)", re.IGNORECASE)
BY_DEFAULT = ("bugs", "performance", "security")


@dataclass(frozen=True)
class Chosen:
    """What to look for. `asked`: the categories that were named. `understood`: it all in words."""

    categories: tuple[str, ...]
    asked: tuple[str, ...]
    languages: tuple[str, ...]
    paths: tuple[str, ...]
    understood: str

    def wants(self, rule: Rule) -> bool:
        return rule.category in self.categories if rule.by_default else self.asked == (rule.category,)


def choose(prompt: str, tree: Tree) -> Chosen:
    """Reads a prompt by its words; what it does not name stays as it is by default (no style)."""
    paths = _paths(prompt, tree)
    words = re.sub("|".join(map(re.escape, paths)), " ", prompt) if paths else prompt
    wanted, unwanted = _named(CATEGORIES, words)
    languages, _ = _named(LANGUAGES, words)
    categories = wanted or [name for name in BY_DEFAULT if name not in unwanted]
    return Chosen(
        tuple(sorted(categories)),
        tuple(wanted),
        tuple(sorted(languages or LANGUAGES)),
        tuple(paths),
        _words(prompt, wanted, unwanted, languages, paths),
    )


def _named(table: dict[str, str], text: str) -> tuple[list[str], list[str]]:
    """The names of the table that the text asks for, and those it asks to leave out."""
    wanted, unwanted = [], []
    for name, pattern in table.items():
        hits = [hit.start() for hit in re.finditer(rf"\b(?:{pattern})\b", text, re.IGNORECASE)]
        refused = {hit.end() for hit in NOT.finditer(text)}
        if any(hit not in refused for hit in hits):
            wanted.append(name)
        elif hits:
            unwanted.append(name)
    return wanted, unwanted


def _paths(prompt: str, tree: Tree) -> list[str]:
    """The words that are a file or folder of the tree; a bare word counts only when it looks like a path."""
    words = (word.strip("`'\",;:()").removeprefix("./").rstrip("/.") for word in prompt.split())
    likely = [
        word for word in words if "/" in word or "." in word or f"`{word}" in prompt or f"{word}/" in prompt
    ]
    return sorted({word for word in likely if word and any(in_scope(path, [word]) for path in tree.sizes)})


def _words(
    prompt: str, wanted: list[str], unwanted: list[str], languages: list[str], paths: list[str]
) -> str:
    if not prompt.strip():
        return ""
    parts = [f"look for {_join(wanted)}"] if wanted else []
    parts += [f"leave out {_join(unwanted)}"] if unwanted and not wanted else []
    parts += [f"only {_join(languages)}"] if languages else []
    parts += [f"only in {_join(paths)}"] if paths else []
    if not parts:
        return "The prompt names no kind of problem, language or path that this agent knows."
    return f"Understood from the prompt: {', '.join(parts)}."


def _join(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
