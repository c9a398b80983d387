"""Which paths a pattern protects."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase


def is_covered(path: str, patterns: Iterable[str]) -> bool:
    """Whether a pattern covers the path or a folder above it, in any letter case.

    A pattern without a slash means that name in any folder; a star matches slashes too.
    """
    path = path.casefold()
    above = [path[:at] for at, letter in enumerate(path) if letter == "/"]
    for pattern in (one.casefold().removeprefix("./").strip("/") for one in patterns):
        tried = [path, *above]
        if "/" not in pattern:
            tried += [one.rpartition("/")[2] for one in tried]
        if any(fnmatchcase(one, pattern) for one in tried):
            return True
    return False
