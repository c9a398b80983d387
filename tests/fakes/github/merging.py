"""Merging in a bare repository, and what commits have to do with each other."""

from __future__ import annotations

import subprocess
from functools import lru_cache

from .gitstore import BareRepository


@lru_cache(maxsize=512)
def merge_base(git: BareRepository, one: str, other: str) -> str | None:
    return _or_none(git, "merge-base", one, other)


def contains(git: BareRepository, commit: str, ancestor: str) -> bool:
    return merge_base(git, commit, ancestor) == ancestor


@lru_cache(maxsize=512)
def merged_tree(git: BareRepository, ours: str, theirs: str) -> str | None:
    """The tree of both, None where they conflict. Needs git 2.38."""
    return _or_none(git, "merge-tree", "--write-tree", ours, theirs)


def write_commit(git: BareRepository, tree: str, parents: list[str], author: str, message: str) -> str:
    """A commit as GitHub's merge button makes it: the person is its author, GitHub its committer."""
    when = f"{int(git.clock().timestamp())} +0000"
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
    lines += [f"author {author} {when}", f"committer GitHub <noreply@github.com> {when}", "", message, ""]
    data = "\n".join(lines).encode()
    return git.run("hash-object", "-t", "commit", "-w", "--stdin", data=data).decode().strip()


def set_ref(git: BareRepository, ref: str, sha: str) -> None:
    git.run("update-ref", ref, sha)


def delete_ref(git: BareRepository, ref: str) -> None:
    git.run("update-ref", "-d", ref)


def bring(git: BareRepository, source: BareRepository, sha: str, ref: str) -> None:
    """Have a commit of this or another repository under a ref, as GitHub keeps `refs/pull/<n>/head`."""
    if source is not git:
        git.run("fetch", "--quiet", "--no-tags", str(source.path), sha)
    set_ref(git, ref, sha)


def _or_none(git: BareRepository, *command: str) -> str | None:
    try:
        return git.run(*command).decode().strip()
    except subprocess.CalledProcessError as error:
        if error.returncode != 1:  # git's word for no
            raise
        return None
