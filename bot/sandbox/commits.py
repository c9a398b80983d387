"""Commits of ours, made in the bare mirror from checked changes: no hooks, no filters, no work tree."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from bot.sandbox.changes import Changes, Refused, shown
from bot.sandbox.git import git
from bot.sandbox.scratch import scratch

SECONDS = 60.0
SUBMODULE = "160000"
_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+", re.MULTILINE)


def commit(
    mirror: Path,
    parent: str,
    changes: Changes,
    message: str,
    author_name: str,
    author_email: str,
    at: int | None = None,
) -> str:
    """A commit on top of `parent`, on no branch yet; returns its id. Refused for a path inside a submodule.

    Contents are stored byte for byte. `at`: its time, in seconds since 1970; with the same time and the same
    everything else the same commit comes out again.
    """
    _no_submodules(mirror, parent, changes)
    with scratch("commit") as folder:
        index = {"GIT_INDEX_FILE": str(folder / "index")}
        git(["read-tree", parent], mirror, SECONDS, extra=index)
        entries = _entries(mirror, changes, folder)
        git(["update-index", "-z", "--index-info"], mirror, SECONDS, extra=index, data=entries)
        tree = git(["write-tree", "--missing-ok"], mirror, SECONDS, extra=index).strip()
    who = _who(author_name, author_email, at)
    made = git(["commit-tree", tree, "-p", parent], mirror, SECONDS, extra=who, data=message.encode())
    return made.strip()


def changed_paths(mirror: Path, before: str, after: str) -> list[str]:
    """The paths that differ between two commits, sorted; a renamed file counts with both names."""
    options = ["-r", "-z", "--name-only", "--no-renames", "--end-of-options"]
    said = git(["diff-tree", *options, before, after], mirror, SECONDS)
    return sorted(path for path in said.split("\0") if path)


def between(mirror: Path, before: str, after: str) -> list[str]:
    """The newest thousand commits that `after` stands on and `before` does not, the oldest of them first."""
    said = git(
        ["rev-list", "--reverse", "--max-count=1000", "--end-of-options", f"{before}..{after}"],
        mirror,
        SECONDS,
    )
    return said.split()


def changed_lines(mirror: Path, before: str, after: str, path: str) -> list[tuple[int, int]]:
    """Which lines of a file another commit changed, as (first, last), by the numbers that they had before.

    Where lines only came in between, `first` is the one below and `last` the one above. Raises GitFailed for a
    commit that is not there.
    """
    options = ["-U0", "--no-renames", "--no-color", "--no-ext-diff", "--no-textconv", "--end-of-options"]
    said = git(["diff", *options, before, after, "--", path], mirror, SECONDS)
    found = [(int(one[1]), int(one[2] or 1)) for one in _HUNK.finditer(said)]
    if said and not found:
        return [(1, sys.maxsize)]  # not a text, or only its mode
    return [(start, start + count - 1) if count else (start + 1, start) for start, count in found]


def _entries(mirror: Path, changes: Changes, folder: Path) -> bytes:
    """What update-index reads: mode, id and path of each file; mode 0 takes it out."""
    written = [one.after for one in changes.changes if one.after]
    for number, entry in enumerate(written):
        (folder / f"{number}").write_bytes(entry.content)
    names = "".join(f"{folder / str(number)}\n" for number in range(len(written)))
    options = ["-w", "--no-filters", "--stdin-paths"]
    ids = iter(git(["hash-object", *options], mirror, SECONDS, data=names.encode()).split())
    gone = "0" * 40
    # first what goes, so that a folder can take the place of a file
    ordered = sorted(changes.changes, key=lambda one: one.after is not None)
    lines = (
        f"{one.after.mode} {next(ids)}\t{one.path}\0" if one.after else f"0 {gone}\t{one.path}\0"
        for one in ordered
    )
    return b"".join(os.fsencode(line) for line in lines)


def _who(name: str, email: str, at: int | None) -> dict[str, str]:
    who = {"NAME": name, "EMAIL": email} | ({"DATE": f"@{at} +0000"} if at is not None else {})
    return {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()}


def _no_submodules(mirror: Path, parent: str, changes: Changes) -> None:
    tried = {one.path for one in changes.changes}
    tried |= {path[:at] for path in tried for at, letter in enumerate(path) if letter == "/"}
    if not tried:
        return
    said = git(["ls-tree", "-z", parent, "--", *sorted(tried)], mirror, SECONDS)
    for line in said.split("\0"):
        if line.startswith(SUBMODULE):
            raise Refused(f"{shown(line.partition(chr(9))[2])} is a submodule: no agent may change it")


def message(mirror: Path, commit: str) -> str:
    """What a commit says."""
    return git(["log", "-1", "--format=%B", "--end-of-options", commit], mirror, SECONDS)


def parent(mirror: Path, commit: str) -> str:
    """The commit that this one stands on."""
    return git(["rev-parse", "--verify", "--end-of-options", f"{commit}^"], mirror, SECONDS).strip()
