"""Releases of real packages: their source archives, fetched by pip from wherever it is told to look."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from itertools import groupby
from pathlib import Path

DEFAULT = ["flask==2.0.0", "flask==3.1.3", "requests==2.25.0", "requests==2.34.2", "rq==1.10", "rq==3.0.0"]
PIP = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]


def packages(releases: list[str]) -> dict[str, list[str]]:
    """`name==version` texts by name, in their order. Raises ValueError."""
    for release in releases:
        if not all(release.partition("==")):
            raise ValueError(f"{release} is not of the form name==version")
    return {name: list(those) for name, those in groupby(releases, key=lambda one: one.partition("==")[0])}


def files(release: str, folder: Path) -> dict[str, bytes]:
    """The regular files of a release by their paths; `folder` keeps its archive. Raises CalledProcessError."""
    kept = folder / release
    if not kept.exists():
        subprocess.run([*PIP, "--dest", str(kept), release], check=True)
    [archive] = kept.iterdir()
    with tarfile.open(archive) as tar:
        regular = [
            (member.name.partition("/")[2], tar.extractfile(member)) for member in tar if member.isreg()
        ]
        return {path: file.read() for path, file in regular if path and file}
