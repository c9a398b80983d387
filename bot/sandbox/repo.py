"""Repositories on our side: a bare mirror kept for each, and clean checkouts made from it.

A checkout has no `.git`, no submodules and no LFS content, and no filter or hook of the repository runs.
"""

from __future__ import annotations

import fcntl
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bot.sandbox.git import ORIGIN, PARTIAL, GitFailed, Remote, RepoError, git
from bot.sandbox.remotes import CALL_SECONDS, ask, clones, last_line
from bot.sandbox.scratch import scratch

FETCH_SECONDS = 600.0
FULL = 40  # digits of a commit's whole id
QUIETLY = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", f"--filter={PARTIAL}"]
# packs what many fetches and commits left behind, now and then
TIDY = ["-c", "gc.auto=6700", "gc", "--auto", "--quiet"]

# no line ends, identifiers or encodings are changed on the way into a checkout: what an agent does not
# touch must come back byte for byte
RAW = "* -text !eol -ident -filter !working-tree-encoding\n"


def fetch(
    home: Path, key: str, remote: Remote, timeout: float = FETCH_SECONDS, pull: int | None = None
) -> Path:
    """Brings the bare mirror `clones/<key>` up to date with all branches and tags; returns its path.

    Where the remote can, it gives the contents of files later, see `complete`. `pull`: also the commits of this
    pull request on GitHub, wherever its branch lives.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}", key):
        raise ValueError(f"not a name for a clone: {key}")
    mirror = clones(home) / f"{key}.git"
    with _only_one(mirror.with_suffix(".lock"), timeout) as held:
        _clear(mirror)
        if not (mirror / "HEAD").exists():
            ask(["init", "--quiet", "--bare", "--template=", str(mirror)], mirror, CALL_SECONDS, remote)
        refs = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]
        refs += [f"+{pull_ref(pull)}:{pull_ref(pull)}"] if pull else []
        ask(["fetch", "--prune", *QUIETLY, "--", ORIGIN, *refs], mirror, timeout, remote, keep=[held])
        with suppress(RepoError):  # then another time: the mirror is whole without it
            ask(TIDY, mirror, timeout, remote, keep=[held])
    return mirror


def complete(mirror: Path, remote: Remote, *commits: str) -> None:
    """Brings what the files of these commits hold, where the mirror has only their names so far. RepoError."""
    options = ["--objects", "--no-walk", "--no-object-names", "--missing=print", "--end-of-options"]
    said = git(["rev-list", *options, *commits], mirror, CALL_SECONDS)
    missing = [line[1:] for line in said.split() if line.startswith("?")]
    if missing:
        order = ["-c", "fetch.negotiationAlgorithm=noop", "fetch", *QUIETLY, "--stdin", "--", ORIGIN]
        ask(order, mirror, FETCH_SECONDS, remote, data="\n".join(missing).encode())


def forget(home: Path, key: str) -> None:
    """Removes the mirror `clones/<key>`, if there is one on this machine."""
    mirror = clones(home) / f"{key}.git"
    shutil.rmtree(mirror, ignore_errors=True)
    mirror.with_suffix(".lock").unlink(missing_ok=True)


def pull_ref(number: int) -> str:
    """Where GitHub keeps the head of a pull request."""
    return f"refs/pull/{number}/head"


def resolve(mirror: Path, ref: str) -> str:
    """The commit of a branch, a tag or a commit id; RepoError when the mirror has none of that name."""
    names = [f"refs/heads/{ref}", f"refs/tags/{ref}"]
    if re.fullmatch(r"[0-9a-f]{7,64}", ref):
        names.insert(0 if len(ref) >= FULL else 2, ref)
    for name in names:
        if found := _commit(mirror, name):
            return found
    raise RepoError(f"there is no branch, tag or commit {ref[:100]!r} in this repository")


def branch(mirror: Path, name: str) -> str | None:
    """The commit that a branch was at when the mirror was fetched, None where there was no such branch."""
    return _commit(mirror, f"refs/heads/{name}")


def _commit(mirror: Path, name: str) -> str | None:
    asked = ["rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"]
    try:
        return git(asked, mirror, CALL_SECONDS).strip()
    except GitFailed:
        return None


def checkout(mirror: Path, ref: str, target: Path) -> str:
    """Writes the tree of a branch, tag or commit below `target` (made if need be); returns the commit."""
    commit = resolve(mirror, ref)
    target.mkdir(parents=True, exist_ok=True)
    (mirror / "info").mkdir(exist_ok=True)
    (mirror / "info" / "attributes").write_text(RAW)
    with scratch("index") as folder:
        index = {"GIT_INDEX_FILE": str(folder / "index"), "GIT_WORK_TREE": str(target)}
        try:
            git(["read-tree", commit], mirror, CALL_SECONDS, extra=index)
            git(
                ["checkout-index", "--all", "--quiet", f"--prefix={target}/"],
                mirror,
                FETCH_SECONDS,
                extra=index,
            )
        except GitFailed as failed:
            why = last_line(str(failed))
            raise RepoError(f"commit {commit[:12]} cannot be checked out: {why}") from failed
    return commit


def file_at(mirror: Path, commit: str, path: str) -> str | None:
    """The text of a file in a commit; None where there is no such file."""
    try:
        return git(["cat-file", "blob", f"{commit}:{path}"], mirror, CALL_SECONDS)
    except GitFailed:
        return None


@contextmanager
def _only_one(lock: Path, timeout: float) -> Iterator[int]:
    """One fetch of a mirror at a time, over all processes of this machine; the file that git is to hold as well."""
    until = time.monotonic() + timeout
    with open(lock, "w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise RepoError(f"another fetch of it took longer than {timeout:g} s") from None
                time.sleep(0.05)
        yield file.fileno()


def _clear(mirror: Path) -> None:
    """Nobody else writes refs there now, so what locks them was left behind by a killed git."""
    for name in ("", "refs"):
        for left in (mirror / name).glob("**/*.lock" if name else "*.lock"):
            left.unlink(missing_ok=True)
