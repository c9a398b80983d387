"""Branch names, by git's own rules."""

from __future__ import annotations

import re

# https://git-scm.com/docs/git-check-ref-format
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//")


def branch_name_error(name: str) -> str | None:
    """Why git does not take this as a branch's name, else None."""
    parts = name.split("/")
    wrong = (
        _FORBIDDEN.search(name)
        or name.startswith(("-", "/"))
        or name.endswith(("/", "."))
        or name == "HEAD"
        or any(part.startswith(".") or part.endswith(".lock") or not part for part in parts)
        or len(name.encode()) > 200
    )
    return f"{name!r} is not a name that git takes for a branch." if wrong else None
