"""codespell, for misspelt words. Only for who asks for style: names and other languages confuse it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from bot.agents.keyless.analyzer import Analyzer, Said
from bot.agents.keyless.edits import Edit, Fix
from bot.agents.keyless.findings import Finding
from bot.agents.tree import Tree

PROSE = re.compile(r"\.(md|rst|txt|adoc)$")
CODE = re.compile(r"\.(pyi?|sh|bash|[cm]?[jt]sx?|go|rs|java|rb|c|h|cc|cpp|hpp|html|ya?ml|toml|cfg)$")
OTHER_LANGUAGES = re.compile(r"(^|/)(locales?|translations|i18n|l10n)/|(^|/)(package-lock|pnpm-lock)\.\w+$")
SAID = re.compile(r"^(?P<path>.+?):(?P<line>\d+): (?P<wrong>\S+) ==> (?P<right>.+)$")
WORD = re.compile(r"[\w\-'\u2019]+")
MISSPELT = 65


def _takes(tree: Tree, path: str) -> bool:
    return bool(PROSE.search(path) or CODE.search(path)) and not OTHER_LANGUAGES.search(path)


def _command(codes: Iterable[str], python: str | None) -> list[str]:
    return [
        "codespell",
        "--builtin=clear",
        "--quiet-level=35",
        "--check-hidden",
        "--uri-ignore-words-list=*",
        # the line of each word, which says where in the line it is
        "--context=0",
        "--",
    ]


def _read(said: Said) -> list[Finding]:
    found: list[Finding] = []
    seen: Counter[tuple[str, str, str]] = Counter()
    text = ""
    for printed in said.output.decode("utf-8", "replace").split("\n"):
        if printed.startswith("> "):
            text = printed[2:]
        elif match := SAID.match(printed):
            seen[match["path"], match["line"], match["wrong"]] += 1
            found.append(_finding(match, text, seen[match["path"], match["line"], match["wrong"]]))
    return found


def _finding(said: re.Match[str], text: str, turn: int) -> Finding:
    line, wrong, right = int(said["line"]), said["wrong"], said["right"]
    starts = [word.start() + 1 for word in WORD.finditer(text) if word[0] == wrong]
    column = starts[turn - 1] if turn <= len(starts) else 0
    # several words to choose from, or one with a reason not to choose it
    sure = column and not re.search(r"[,|]", right)
    edit = Edit((line, column), (line, column + len(wrong)), right)
    return Finding(
        path=said["path"],
        line=line,
        end_line=line,
        column=column or 1,
        tool="codespell",
        rule="misspelling",
        message=f"`{wrong}` is probably `{right.strip(' ,')}`",
        # in code it may be a name that others use
        fix=Fix(bool(PROSE.search(said["path"])), (edit,)) if sure else None,
    )


CODESPELL = Analyzer(
    name="codespell",
    language="text",
    noun="text",
    asked_as=r"typos?|spelling|misspel\w*",
    fence="text",
    page="https://github.com/codespell-project/codespell",
    takes=_takes,
    command=_command,
    read=_read,
    ends=(0, MISSPELT),
)
