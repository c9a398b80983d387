"""Talking to a remote: its failures become sentences that a person understands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.git import ORIGIN, GitFailed, Remote, RepoError, askpass, git, redact, write_askpass

CALL_SECONDS = 60.0

# what git says (LC_ALL=C) → what we say
REASONS = [
    (
        r"repository .* not found|does not appear to be a git repo|no such file or directory|error: 404",
        "{url} is missing: there is no such repository, or we may not see it",
    ),
    (
        r"could not read username|authentication failed|permission .*denied|error: 40[13]|access denied",
        "{url} cannot be read: we have no rights to it",
    ),
    (
        r"dubious ownership",
        "{url} belongs to another user; git config --global --add safe.directory {url} allows it",
    ),
    (
        r"could not resolve host|connection refused|failed to connect|timed out|unreachable",
        "{url} cannot be reached",
    ),
    (r"transport .* not allowed", "{url} uses a protocol that is not allowed"),
]


@dataclass(frozen=True)
class Head:
    """The default branch of a remote and the commit it is at."""

    branch: str
    commit: str


def remote_head(home: Path, remote: Remote) -> Head:
    """Asks the remote for its default branch; RepoError when it is missing, closed, or has no commit."""
    folder = clones(home)
    said = ask(["ls-remote", "--symref", "--", ORIGIN, "HEAD"], folder, CALL_SECONDS, remote)
    branch = re.search(r"^ref: refs/heads/(\S+)\tHEAD$", said, re.MULTILINE)
    commit = re.search(r"^([0-9a-f]{40,64})\tHEAD$", said, re.MULTILINE)
    if not commit:
        raise RepoError(f"{redact(remote.url)} is empty: it has no commit on its default branch yet")
    return Head(branch[1] if branch else "HEAD", commit[1])


def clones(home: Path) -> Path:
    """The folder of the mirrors, with the askpass script in it."""
    folder = (home / "clones").absolute()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_askpass(folder)
    return folder


def ask(
    arguments: list[str],
    folder: Path,
    timeout: float,
    remote: Remote,
    data: bytes | None = None,
    keep: Sequence[int] = (),
) -> str:
    """A git call to a remote, its failure as a reason that a person understands."""
    try:
        return git_at(remote, arguments, folder, timeout, data, keep)
    except GitFailed as failed:
        raise RepoError(reason(str(failed), remote)) from failed


def git_at(
    remote: Remote,
    arguments: list[str],
    folder: Path,
    timeout: float,
    data: bytes | None = None,
    keep: Sequence[int] = (),
) -> str:
    """The same with git's own words in a GitFailed. `folder`: a mirror, or the folder of all of them."""
    script = (folder if folder.name == "clones" else folder.parent) / "askpass"
    return git(arguments, folder, timeout, remote, askpass(remote, script), data, keep)


def reason(said: str, remote: Remote) -> str:
    """What git said about a remote, as one sentence."""
    url = redact(remote.url)
    for pattern, reason in REASONS:
        if re.search(pattern, said, re.IGNORECASE):
            return reason.format(url=url)
    return f"{url} cannot be fetched: {last_line(said)}"


def last_line(said: str) -> str:
    """Of what git said; its advice below is for who sits at a terminal."""
    lines = [line for line in said.partition("Please make sure you have")[0].splitlines() if line.strip()]
    return lines[-1][:300] if lines else "git gave no reason"
