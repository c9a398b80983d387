"""Fingerprints: the name of a finding that stays when lines are added above it, and when its file moves.

None of the tools gives a stable one. Ours is made of tool, rule, path, the line and its two neighbours
with their white space evened out, and which of several equal ones in the file it is. No line number.

How the places of a new scan are matched with the issues that are known:

1. A place whose `fingerprint` is known to an issue belongs to that issue.
2. Else, a place whose `moved_fingerprint` is known to an issue, of a place whose file no longer exists,
   belongs to it: the file was moved or renamed. (While the old file exists it is a copy, so a new place.)
3. Else, where rule and area have an open issue, it joins that one: never a second issue.
4. Else it is new.

A known place is *gone* when neither of its fingerprints is in `ScanResult.seen()` and
`ScanResult.covers(rule, path)` is true. An issue is gone when all of its places are.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence

Marks = tuple[str, str]


def context(lines: Sequence[str], line: int) -> str:
    """The line (counted from 1) with its neighbours, white space evened out."""
    around = (lines[at] if 0 <= at < len(lines) else "" for at in range(line - 2, line + 1))
    return "\n".join(" ".join(text.split()) for text in around)


def fingerprints(tool: str, found: Iterable[tuple[str, str, str]]) -> list[Marks]:
    """The two fingerprints of each (rule, path, context), given in file order."""
    counted: Counter[tuple[str, str, str]] = Counter()
    marks = []
    for rule, path, text in found:
        counted[rule, path, text] += 1
        nth = str(counted[rule, path, text])
        marks.append((_short(tool, rule, path, text, nth), _short("moved", tool, rule, text, nth)))
    return marks


def _short(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:20]
