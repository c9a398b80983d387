"""Which paths a checkout's own .gitignore files name."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from bot.sandbox.git import GitFailed, git
from bot.sandbox.scratch import scratch

SECONDS = 60.0


def ignored(paths: Iterable[str], checkout: Path) -> list[str]:
    """Those of the paths that git would ignore there. None of them may be below a link of the checkout."""
    asked = list(paths)
    if not asked:
        return []
    with scratch("ignored") as repository:
        git(["init", "--quiet", "--bare", "--template=", str(repository)], repository, SECONDS)
        try:
            said = git(
                ["check-ignore", "--no-index", "--stdin", "-z"],
                repository,
                SECONDS,
                extra={"GIT_WORK_TREE": str(checkout)},
                data=b"".join(os.fsencode(path) + b"\0" for path in asked),
            )
        except GitFailed as failed:
            # git ends with 1, and says nothing, when it ignores none of them
            if str(failed):
                raise
            return []
    return [path for path in said.split("\0") if path]
