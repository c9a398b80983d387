"""What a checkout's own .gitignore and .gitattributes files say of paths."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from bot.sandbox.git import GitFailed, git
from bot.sandbox.scratch import scratch

SECONDS = 60.0


def ignored(paths: Iterable[str], checkout: Path) -> list[str]:
    """Those of the paths that git would ignore there. None of them may be below a link of the checkout."""
    return _told(["check-ignore", "--no-index", "--stdin", "-z"], paths, checkout)


def in_lfs(paths: Iterable[str], checkout: Path) -> list[str]:
    """Those of the paths whose contents belong into Git LFS, with only a pointer to them in the repository."""
    told = _told(["check-attr", "--stdin", "-z", "filter"], paths, checkout)
    return [path for path, value in zip(told[::3], told[2::3], strict=True) if value == "lfs"]


def _told(arguments: list[str], paths: Iterable[str], checkout: Path) -> list[str]:
    """What git says of the paths, in a repository of its own beside the checkout."""
    asked = b"".join(os.fsencode(path) + b"\0" for path in paths)
    if not asked:
        return []
    with scratch("ignored") as repository:
        git(["init", "--quiet", "--bare", "--template=", str(repository)], repository, SECONDS)
        try:
            said = git(arguments, repository, SECONDS, extra={"GIT_WORK_TREE": str(checkout)}, data=asked)
        except GitFailed as failed:
            # git ends with 1, and says nothing, when it ignores none of them
            if str(failed):
                raise
            return []
    return said.split("\0")[:-1]
