"""Unpacks a tar below a folder and nowhere else."""

from __future__ import annotations

import os
import shutil
import tarfile
from pathlib import Path
from typing import BinaryIO

from bot.sandbox.base import SandboxError


def unpack(tar: BinaryIO, root: Path) -> None:
    """Files, folders and links inside the tree; anything else, or a place outside, is a SandboxError."""
    with tarfile.open(fileobj=tar, mode="r|") as members:
        for member in members:
            target = root / member.name
            _inside(root, target.parent, member.name)
            if member.isdir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            if member.issym():
                _inside(root, target.parent / member.linkname, member.name)
                os.symlink(member.linkname, target)
            elif member.isfile():
                _write(members, member, target)
            else:
                raise SandboxError(f"{member.name}: neither file, folder nor link")


def is_inside(root: Path, path: Path) -> bool:
    """Whether a path, all links followed, is the root or below it."""
    real, base = os.path.realpath(path), os.path.realpath(root)
    return real == base or real.startswith(base + os.sep)


def _inside(root: Path, path: Path, name: str) -> None:
    if not is_inside(root, path):
        raise SandboxError(f"{name}: would leave the sandbox")


def _write(members: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    source = members.extractfile(member)
    assert source is not None
    if target.is_symlink():
        target.unlink()
    with source, open(target, "wb") as file:
        shutil.copyfileobj(source, file)
    target.chmod(0o755 if member.mode & 0o100 else 0o644)
