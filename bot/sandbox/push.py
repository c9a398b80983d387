"""Pushing one commit to one branch: never forced, never to another ref."""

from __future__ import annotations

import re
from pathlib import Path

from bot.sandbox.branches import branch_name_error
from bot.sandbox.git import ORIGIN, GitFailed, Remote, RepoError, git
from bot.sandbox.remotes import CALL_SECONDS, ask, clones, git_at, reason
from bot.sandbox.repo import FETCH_SECONDS

PROTECTED = re.compile(r"GH006|GH013|protected branch|repository rule violations", re.IGNORECASE)
BEHIND = re.compile(
    r"\[rejected\]|non-fast-forward|fetch first|cannot lock ref|failed to update ref|reference already exists"
)
REFUSED = re.compile(r"! \[remote rejected\][^\n]*\((?P<why>[^\n]*)\)")


class LostRace(RepoError):
    """The branch is not where it was expected: somebody else pushed. `actual`: where it is, None = nowhere."""

    def __init__(self, branch: str, actual: str | None) -> None:
        super().__init__(
            f"branch {branch} is at {actual[:12]} now" if actual else f"branch {branch} is not there any more"
        )
        self.actual = actual


class Protected(RepoError):
    """A rule of the repository forbids pushing to this branch."""


class PushRefused(RepoError):
    """The repository refused the push for another reason, which is said."""


def remote_branch(home: Path, remote: Remote, branch: str) -> str | None:
    """The commit that a branch of the remote is at, None when there is no such branch. RepoError."""
    return _at(clones(home), remote, branch)


def push(mirror: Path, remote: Remote, branch: str, commit: str, expected: str | None) -> None:
    """Moves the branch from `expected` (None: makes it) to `commit`; nothing to do when it is there already.

    LostRace when it is elsewhere, Protected, PushRefused; RepoError when the remote cannot be reached.
    """
    if error := branch_name_error(branch):
        raise PushRefused(error)
    actual = _at(mirror, remote, branch)
    if actual == commit:
        return
    if actual != expected:
        raise LostRace(branch, actual)
    if expected and not continues(mirror, expected, commit):
        raise PushRefused(
            f"commit {commit[:12]} does not continue {expected[:12]}, and nothing is ever forced"
        )
    options = ["--quiet", "--no-verify", "--no-follow-tags", "--no-signed", "--recurse-submodules=no"]
    try:
        git_at(
            remote,
            ["push", *options, "--", ORIGIN, f"{commit}:refs/heads/{branch}"],
            mirror,
            FETCH_SECONDS,
        )
    except GitFailed as failed:
        raise _failure(str(failed), mirror, remote, branch) from failed


def _at(folder: Path, remote: Remote, branch: str) -> str | None:
    ref = f"refs/heads/{branch}"
    said = ask(["ls-remote", "--", ORIGIN, ref], folder, CALL_SECONDS, remote)
    # the pattern also matches the end of longer names
    found = [line.split("\t") for line in said.splitlines()]
    return next((commit for commit, name in found if name == ref), None)


def continues(mirror: Path, before: str, after: str) -> bool:
    """Whether one commit stands on the other, or is it."""
    try:
        git(["merge-base", "--is-ancestor", before, after], mirror, CALL_SECONDS)
    except GitFailed:
        return False
    return True


def _failure(said: str, mirror: Path, remote: Remote, branch: str) -> RepoError:
    told = " ".join(re.findall(r"^remote:\s*(\S.*?)\s*$", said, re.MULTILINE))[:300]
    if PROTECTED.search(said):
        return Protected(f"branch {branch} is protected: {told or 'no push is allowed'}")
    if BEHIND.search(said):
        return LostRace(branch, _at(mirror, remote, branch))
    if refused := REFUSED.search(said):
        # "hook declined" says nothing; then the hook itself did
        why = told if told and "hook declined" in refused["why"] else refused["why"]
        return PushRefused(f"the push to {branch} was refused: {why}")
    if re.search(r"error: 403|permission .*denied", said, re.IGNORECASE):
        return PushRefused(f"the push to {branch} was refused: {told or 'we have no rights to write there'}")
    return RepoError(reason(said, remote))
