"""Names of branches, by git's own rules (git-check-ref-format(1))."""

from __future__ import annotations

from functools import lru_cache

from bot.sandbox.git import GitFailed, git
from bot.sandbox.scratch import scratch

SECONDS = 10.0
# a ref is a file with ".lock" added while it changes, and file names end at 255 bytes
LONGEST = 244


@lru_cache(maxsize=1000)
def branch_name_error(name: str) -> str | None:
    """Why a branch cannot have this name, in one sentence; None when it can."""
    if "\0" in name or len(name.encode("utf-8", "surrogatepass")) > LONGEST:
        return f"a branch name has at most {LONGEST} bytes, none of them NUL"
    with scratch("name") as nowhere:
        for tried in ([f"refs/heads/{name}"], ["--branch", name]):
            try:
                git(["check-ref-format", *tried], nowhere, SECONDS)
            except GitFailed:
                return f"{name!r} is not a valid branch name: git check-ref-format refuses it"
    return None
