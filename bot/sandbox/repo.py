"""Repositories on our side: a bare mirror kept for each, and clean checkouts made from it.

A checkout has no `.git`, no submodules and no LFS content, and no filter or hook of the repository runs.
"""

from __future__ import annotations

import fcntl
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.git import (
    ORIGIN,
    PARTIAL,
    GitFailed,
    Remote,
    RepoError,
    askpass,
    git,
    redact,
    write_askpass,
)
from bot.sandbox.scratch import scratch

FETCH_SECONDS = 600.0
CALL_SECONDS = 60.0
FULL = 40  # digits of a commit's whole id
QUIETLY = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", f"--filter={PARTIAL}"]
# packs what many fetches and commits left behind, now and then
TIDY = ["-c", "gc.auto=6700", "gc", "--auto", "--quiet"]

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


# no line ends, identifiers or encodings are changed on the way into a checkout: what an agent does not
# touch must come back byte for byte
RAW = "* -text !eol -ident -filter !working-tree-encoding\n"


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
            why = _last_line(str(failed))
            raise RepoError(f"commit {commit[:12]} cannot be checked out: {why}") from failed
    return commit


def file_at(mirror: Path, commit: str, path: str) -> str | None:
    """The text of a file in a commit; None where there is no such file."""
    try:
        return git(["cat-file", "blob", f"{commit}:{path}"], mirror, CALL_SECONDS)
    except GitFailed:
        return None


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
    return f"{url} cannot be fetched: {_last_line(said)}"


def _last_line(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "git gave no reason"


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
