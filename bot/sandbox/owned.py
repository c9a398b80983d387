"""A tar on its way into a container, where a user without rights is to own what is in it."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from bot.sandbox.base import SandboxError

CHUNK = 256 * 1024


def owned_by(user: int, tar: BinaryIO) -> Iterator[bytes]:
    """The same tar, in chunks, with all in it owned by this user, and all folders; SandboxError for a place outside."""
    folders = {PurePosixPath(".")}
    with tarfile.open(fileobj=tar, mode="r|") as members:
        for member in members:
            path = PurePosixPath(member.name)
            if path.is_absolute() or ".." in path.parts:
                raise SandboxError(f"{member.name}: would leave the sandbox")
            if not (member.isreg() or member.isdir() or member.issym()):
                raise SandboxError(f"{member.name}: neither file, folder nor link")
            for above in reversed(path.parents):
                if above not in folders:
                    folders.add(above)
                    yield _header(user, _folder(str(above)))
            folders |= {path} if member.isdir() else set()
            yield _header(user, member)
            if (source := members.extractfile(member) if member.isreg() else None) is not None:
                while chunk := source.read(CHUNK):
                    yield chunk
                yield bytes(-member.size % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _header(user: int, member: tarfile.TarInfo) -> bytes:
    member.uid = member.gid = user
    member.uname = member.gname = ""
    return member.tobuf(errors="surrogateescape")


def _folder(name: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.mode = tarfile.DIRTYPE, 0o755
    return member
