"""A folder as its owner sees it: what git tracks or would add, with the changes not committed yet."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

SECONDS = 60


def copy(folder: Path, target: Path) -> None:
    """Copy a folder's regular files to `target`; in a git work tree those that git does not ignore."""
    names = _known_to_git(folder)
    if names is None:
        shutil.copytree(
            folder, target, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".git")
        )
        return
    for name in names:
        source = folder / name
        if source.is_file() and not source.is_symlink():
            place = target / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, place)


def _known_to_git(folder: Path) -> list[str] | None:
    options = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]
    listed = subprocess.run(
        ["git", "-C", str(folder), *options, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=SECONDS,
    )
    if listed.returncode:
        return None
    return [os.fsdecode(name) for name in dict.fromkeys(listed.stdout.split(b"\0")) if name]
