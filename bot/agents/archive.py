"""Files into a sandbox and out of it, as tars."""

from __future__ import annotations

import io
import os
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, cast

from bot.agents.base import AgentFailed
from bot.agents.needs import Workplace
from bot.agents.tree import Tree


def pack(tree: Tree, paths: Iterable[str], extra: dict[str, bytes]) -> BinaryIO:
    """A tar with those files of the tree below `repo/`, and the extra ones by their names."""
    spool = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=16 * 1024 * 1024))
    with tarfile.open(fileobj=spool, mode="w") as tar:
        tar.addfile(_folder("repo"))
        for path in paths:
            _add_file(tar, tree, path)
        for name, content in extra.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            member.mode = 0o644
            tar.addfile(member, io.BytesIO(content))
    spool.seek(0)
    return spool


def pack_texts(tree: Tree, texts: dict[str, str]) -> BinaryIO:
    """A tar that gives these files of the tree, below `repo/`, other texts; their modes stay."""
    spool = io.BytesIO()
    with tarfile.open(fileobj=spool, mode="w") as tar:
        for path, text in texts.items():
            content = text.encode()
            member = tarfile.TarInfo(f"repo/{path}")
            member.size = len(content)
            member.mode = 0o755 if os.lstat(tree.root / path).st_mode & 0o100 else 0o644
            tar.addfile(member, io.BytesIO(content))
    spool.seek(0)
    return spool


def everything(tree: Tree) -> list[str]:
    """Every file of the tree, of any name, and the symbolic links to what is in it; no other link goes along."""
    root = os.path.realpath(tree.root)
    found = []
    for folder, folders, names in os.walk(tree.root, followlinks=False):
        folders[:] = [name for name in folders if name != ".git"]
        for name in [*names, *folders]:
            full = Path(folder, name)
            inside = os.path.realpath(full).startswith(root + os.sep)
            if inside if full.is_symlink() else full.is_file():
                found.append(full.relative_to(tree.root).as_posix())
    return sorted(found)


def read(workplace: Workplace, path: str, limit: int) -> bytes:
    """One regular file out of the sandbox; AgentFailed when it is missing, no file, or over `limit` bytes."""
    try:
        stream = workplace.get(path)
    except FileNotFoundError:
        raise AgentFailed(f"the agent wrote no {path}") from None
    with stream, tarfile.open(fileobj=stream, mode="r|") as tar:
        member = tar.next()
        source = tar.extractfile(member) if member and member.isreg() else None
        if member is None or source is None:
            raise AgentFailed(f"{path} is not a regular file")
        if member.size > limit:
            raise AgentFailed(f"{path} has {member.size} bytes, more than the {limit} that are allowed")
        return source.read()


def _folder(name: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type = tarfile.DIRTYPE
    member.mode = 0o755
    return member


def _add_file(tar: tarfile.TarFile, tree: Tree, path: str) -> None:
    full = tree.root / path
    member = tarfile.TarInfo(f"repo/{path}")
    if full.is_symlink():
        member.type = tarfile.SYMTYPE
        member.linkname = os.readlink(full)
        tar.addfile(member)
        return
    with open(os.open(full, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        status = os.fstat(file.fileno())
        member.size = status.st_size
        member.mode = 0o755 if status.st_mode & 0o100 else 0o644
        tar.addfile(member, file)
