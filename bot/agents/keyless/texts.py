"""The words of an issue: what is wrong and where, why it matters, what to do, and the lines themselves."""

from __future__ import annotations

from itertools import groupby
from textwrap import dedent

from bot.agents.keyless.analyzers import analyzer_of
from bot.agents.keyless.findings import Finding
from bot.agents.keyless.rules import Rule
from bot.agents.tree import Tree

SHOWN = 12
PER_FILE = 4
PER_PLACE = 3
WIDTH = 160


def title(rule: Rule, findings: list[Finding], area: str) -> str:
    """What is wrong and where: `Mutable default arguments in src/flask`."""
    what = rule.title or _named(findings[0])
    files = {one.path for one in findings}
    return f"{what} in {area or (min(files) if len(files) == 1 else 'the top folder')}"[:200]


def _named(one: Finding) -> str:
    """The tool's own words for a rule that has no title of ours: `Format literals (UP030)`."""
    words = one.name.replace("-", " ").capitalize()
    return f"{words} ({one.rule})" if words else one.rule


def description(rule: Rule, code: str, findings: list[Finding], tree: Tree, protected: list[str]) -> str:
    """Markdown: why, what to do and who can, the lines as code, the tool's own page about it.

    `protected`: the files of the findings that no agent may change.
    """
    one = findings[0]
    blocks = [
        f"**Why it matters.** {rule.why}",
        f"**What to do.** {rule.do}",
        *_left_to_people(protected, findings),
        # the places below are kept up to date, people's part of the text is not
        "**The code when this was filed:**",
        *_lines(rule, findings, tree),
    ]
    page = analyzer_of(one.tool).page.format(name=one.name, rule=one.rule)
    known = one.name.replace("-", "") in ("", code.casefold())
    name = code if known or one.name == code else f"{code} ({one.name})"
    blocks.append(f"Found by {one.tool}, rule [{name}]({page}).")
    return "\n\n".join(blocks)[:20_000]


def _left_to_people(protected: list[str], findings: list[Finding]) -> list[str]:
    if not protected:
        return []
    those = "these files are" if {one.path for one in findings} == set(protected) else f"{_few(protected)} is"
    return [
        f"**Who can do it.** A person: {those} protected in this repository, so Askfirst changes nothing there."
    ]


def _few(files: list[str]) -> str:
    return ", ".join(files[:10]) + (f" and {len(files) - 10} more files" if len(files) > 10 else "")


def suggested_prompt(rule: Rule, code: str, findings: list[Finding], area: str) -> str:
    """What to tell an agent that is to fix it."""
    files = sorted({one.path for one in findings})
    number = "every place" if len(findings) > 1 else "the place"
    return f"Fix {number} that {findings[0].tool} reports as {code} in {_few(files)}. {rule.do} Change nothing else."


def _lines(rule: Rule, findings: list[Finding], tree: Tree) -> list[str]:
    """The first places of each file, so that one busy file does not hide the others."""
    blocks: list[str] = []
    shown = 0
    for path, group in groupby(findings, key=lambda one: one.path):
        of_file = [list(of_line) for _, of_line in groupby(group, key=lambda one: one.line)][:PER_FILE]
        if shown >= SHOWN:
            break
        of_file = of_file[: SHOWN - shown]
        shown += len(of_file)
        blocks.append("\n".join(_block(rule, path, of_file, tree)))
    places = len({(one.path, one.line) for one in findings})
    if places > shown:
        files = len({one.path for one in findings})
        blocks.append(
            f"… and {places - shown} more: {places} places in {files} file{'s' if files > 1 else ''} in all."
        )
    return blocks


def _block(rule: Rule, path: str, places: list[list[Finding]], tree: Tree) -> list[str]:
    """The lines of one file; a place is all the findings of its line."""
    lines = tree.lines(path)
    body = [part for place in places for part in (_head(rule, place), _code(lines, place[0]))]
    ticks = "```" if not any("```" in text for text in body) else "`" * 8
    return [ticks + analyzer_of(places[0][0].tool).fence, *body, ticks]


def _head(rule: Rule, place: list[Finding]) -> str:
    said = "; ".join(one.message.partition("\n")[0] for one in place) if rule.names else ""
    return f"{analyzer_of(place[0].tool).comment} {place[0].path}:{place[0].line}{': ' if said else ''}{said[:WIDTH]}"


def _code(lines: list[str], one: Finding) -> str:
    """The place's first lines, indented among themselves alone."""
    last = min(max(one.line, one.end_line), one.line + PER_PLACE - 1)
    return "\n".join(line[:WIDTH] for line in dedent("\n".join(lines[one.line - 1 : last])).splitlines())
