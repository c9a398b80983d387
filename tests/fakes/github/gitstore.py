"""The bare git repository behind a repository of the fake, driven by git itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

HOOK = Path(__file__).with_name("update_hook.sh")
QUIET = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


def environment() -> dict[str, str]:
    """The process' own, without anything of the user's git that would change an answer."""
    return {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | QUIET


class BareRepository:
    """One bare repository on disk."""

    def __init__(self, path: Path, clock: Callable[[], datetime], default_branch: str = "main") -> None:
        self.path = path
        self.clock = clock
        self.default_branch = default_branch

    @classmethod
    def create(
        cls, path: Path, clock: Callable[[], datetime], default_branch: str = "main"
    ) -> BareRepository:
        _run(
            "git", "init", "--quiet", "--bare", "--template=", f"--initial-branch={default_branch}", str(path)
        )
        return cls(path, clock, default_branch).guarded()

    @classmethod
    def copy(cls, source: Path, path: Path, clock: Callable[[], datetime]) -> BareRepository:
        """A bare copy of an existing repository, on the branch that it has checked out."""
        _run("git", "clone", "--quiet", "--bare", "--no-hardlinks", "--template=", str(source), str(path))
        head = _run("git", "-C", str(path), "symbolic-ref", "--short", "HEAD").decode().strip()
        return cls(path, clock, head).guarded()

    def guarded(self) -> BareRepository:
        """Let pushes go through our hook, and nobody push to the refs of pull requests."""
        hook = self.path / "hooks" / "update"
        hook.parent.mkdir(exist_ok=True)
        hook.write_bytes(HOOK.read_bytes())
        hook.chmod(0o755)
        with (self.path / "config").open("a") as config:
            config.write("[receive]\n\thideRefs = refs/pull\n[uploadpack]\n\tallowFilter = true\n")
        return self

    def run(self, *arguments: str, data: bytes | None = None) -> bytes:
        return _run("git", "-C", str(self.path), *arguments, data=data)

    def commit(
        self,
        files: dict[str, str | bytes | None],
        message: str,
        branch: str | None = None,
        author: str = "Arrangement <arrangement@example.com>",
    ) -> str:
        """One commit on a branch, made in one git process; None deletes a file; gives the sha."""
        ref = f"refs/heads/{branch or self.default_branch}"
        parent = self.resolve(ref) or (branch and self.resolve(f"refs/heads/{self.default_branch}"))
        when = f"{int(self.clock().timestamp())} +0000"
        stream = [f"commit {ref}\ncommitter {author} {when}\n".encode(), _data(message.encode())]
        if parent:
            stream.append(f"from {parent}\n".encode())
        for path, content in files.items():
            if content is None:
                stream.append(f"D {path}\n".encode())
                continue
            blob = content.encode() if isinstance(content, str) else content
            stream += [f"M 100644 inline {path}\n".encode(), _data(blob)]
        self.run("fast-import", "--quiet", "--date-format=raw", data=b"".join(stream))
        return self.refs()[ref]

    def refs(self) -> dict[str, str]:
        """Every branch and tag with its sha."""
        listed = self.run("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/tags")
        lines = listed.decode().splitlines()
        return dict(line.split(" ", 1) for line in lines)

    def resolve(self, name: str) -> str | None:
        """The sha of the commit that a branch, tag or sha names."""
        if name.startswith("-"):
            return None
        try:
            return self.run("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").decode().strip()
        except subprocess.CalledProcessError:
            return None

    def entries(self, commit: str, path: str) -> list[tuple[str, str, str, str]]:
        """(mode, kind, sha, path) of what is at a path: the file itself, or what a folder holds."""
        where = path.strip("/")
        at = self._tree(commit, where) if where else [("040000", "tree", "", "")]
        if len(at) == 1 and at[0][1] == "tree":
            return self._tree(commit, f"{where}/" if where else "")
        return at

    def blob(self, sha: str) -> bytes:
        return self.run("cat-file", "blob", sha)

    def read(self, commit: str, path: str) -> bytes | None:
        """A file's content at a commit, None where there is no file."""
        found = self._tree(commit, path.strip("/"))
        return self.blob(found[0][2]) if found and found[0][1] == "blob" else None

    def log(self, *revisions: str) -> list[dict[str, str]]:
        """Commits, newest first, as sha, tree, parents, author and message."""
        form = "%H%x1f%T%x1f%P%x1f%an%x1f%ae%x1f%aI%x1f%B%x1e"
        text = self.run("log", f"--format={form}", *revisions, "--").decode("utf-8", "replace")
        names = ("sha", "tree", "parents", "name", "email", "date", "message")
        rows = [row.strip("\n").split("\x1f") for row in text.split("\x1e") if row.strip()]
        return [dict(zip(names, row, strict=True)) for row in rows]

    def changed(self, before: str | None, after: str) -> dict[str, str]:
        """Path to A, M or D between two commits; against nothing when there is no before."""
        arguments = ["diff-tree", "-r", "--root", "--no-commit-id", "--name-status", "--no-renames", "-z"]
        fields = (
            self.run(*arguments, *([before] if before else []), after).decode("utf-8", "replace").split("\0")
        )
        return dict(zip(fields[1::2], fields[0::2], strict=False))

    def _tree(self, commit: str, path: str) -> list[tuple[str, str, str, str]]:
        listing = self.run("ls-tree", "-z", commit, *(["--", path] if path else []))
        rows = [line.split("\t", 1) for line in listing.decode("utf-8", "replace").split("\0") if line]
        return [(*meta.split(" "), name) for meta, name in rows]  # type: ignore[misc]


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


def _run(*command: str, data: bytes | None = None) -> bytes:
    return subprocess.run(command, input=data, env=environment(), check=True, capture_output=True).stdout
