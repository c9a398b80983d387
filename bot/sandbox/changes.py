"""What an agent changed: the difference between the checkout and what its sandbox holds, taken from outside."""

from __future__ import annotations

import os
import stat
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO, Literal

from bot.sandbox.ignored import ignored, in_lfs

Mode = Literal["100644", "100755", "120000"]
FILE: Mode = "100644"
PROGRAM: Mode = "100755"
LINK: Mode = "120000"

# what is read at most, long before anything is checked; far above what may pass
MAX_MEMBERS = 500_000
MAX_READ = 64 * 1024 * 1024
CHUNK = 256 * 1024
POINTER = b"version https://git-lfs.github.com/spec/"


class Refused(Exception):
    """What an agent changed is not taken; `reason` is one sentence for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Entry:
    """A file with its git mode; of a link the content is its target."""

    mode: Mode
    content: bytes


@dataclass(frozen=True)
class Change:
    """`before` is None for an added file, `after` for a deleted one."""

    path: str
    before: Entry | None
    after: Entry | None

    @property
    def kind(self) -> Literal["added", "changed", "deleted"]:
        if self.before is None:
            return "added"
        return "changed" if self.after else "deleted"


@dataclass(frozen=True)
class Changes:
    """Sorted by path. `paths`: everything that was there before; `links`: those of it that are links."""

    changes: tuple[Change, ...]
    paths: frozenset[str] = frozenset()
    links: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.changes)

    def overlap(self, paths: Iterable[str]) -> bool:
        """Whether one of these paths is a changed one, or one is a folder of the other, in any letter case."""
        mine = {one.path.casefold() for one in self.changes}
        theirs = {path.casefold() for path in paths}
        return bool(_with_folders(mine) & theirs or mine & _with_folders(theirs))


def _with_folders(paths: Iterable[str]) -> set[str]:
    return {path[:at] for path in paths for at in [*_slashes(path), len(path)]}


def _slashes(path: str) -> list[int]:
    return [at for at, letter in enumerate(path) if letter == "/"]


def one_file(path: str, content: bytes | None) -> Changes:
    """A change of our own: this file with that content, or without it when that is None."""
    before = None if content is not None else Entry(FILE, b"")
    after = None if content is None else Entry(FILE, content)
    return Changes((Change(path, before, after),))


def take(tar: BinaryIO, checkout: Path) -> Changes:
    """Compares `repo/` in the tar (seekable) with the checkout that was put into the sandbox.

    Links of the checkout that leave it were never put in, so they are not missed. New files that the
    checkout's own .gitignore names are what a build leaves behind, and no part of the change.
    Refused for what is neither file nor link, for a name outside of `repo`, and for far too much.
    """
    before = dict(_entries(checkout))
    with tarfile.open(fileobj=tar, mode="r:") as archive:
        members = dict(_members(archive))
        new = [path for path in members if path not in before and not _below_link(path, before)]
        for path in ignored(new, checkout):
            del members[path]
        changes = tuple(_compare(archive, members, checkout, before))
        _only_pointers(changes, checkout)
        return Changes(
            changes,
            frozenset(before),
            {path: os.readlink(checkout / path) for path, mode in before.items() if mode == LINK},
        )


def _only_pointers(changes: Iterable[Change], checkout: Path) -> None:
    """What belongs into Git LFS cannot be put there by a commit; its pointer may be moved."""
    contents = {
        one.path: one.after.content
        for one in changes
        if one.after and not one.after.content.startswith(POINTER)
    }
    for path in in_lfs(contents, checkout):
        raise Refused(f"{shown(path)} belongs into Git LFS, where I cannot put it")


def _entries(checkout: Path) -> Iterator[tuple[str, Mode]]:
    for folder, folders, names in os.walk(checkout, followlinks=False):
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in [*names, *links]:
            full = Path(folder, name)
            yield full.relative_to(checkout).as_posix(), _mode(full)


def _mode(full: Path) -> Mode:
    status = os.lstat(full)
    if stat.S_ISLNK(status.st_mode):
        return LINK
    return PROGRAM if status.st_mode & 0o100 else FILE


def _members(archive: tarfile.TarFile) -> Iterator[tuple[str, tarfile.TarInfo]]:
    for count, member in enumerate(archive):
        if count > MAX_MEMBERS:
            raise Refused(f"the sandbox holds more than {MAX_MEMBERS} files")
        top, *parts = member.name.split("/")
        if member.isdir() and top == "repo" and not {"..", "."} & set(parts):
            continue
        if top != "repo" or not parts or {"", ".", ".."} & set(parts):
            raise Refused(f"{shown(member.name)} is not a path of the repository")
        if not (member.isreg() or member.islnk() or member.issym()):
            raise Refused(f"{shown('/'.join(parts))} is neither a file nor a link")
        yield "/".join(parts), member


def _below_link(path: str, before: dict[str, Mode]) -> bool:
    return any(before.get(path[:at]) == LINK for at in _slashes(path))


def _compare(
    archive: tarfile.TarFile, members: dict[str, tarfile.TarInfo], checkout: Path, before: dict[str, Mode]
) -> Iterator[Change]:
    room = MAX_READ
    root = os.path.realpath(checkout) + os.sep
    for path in sorted(members.keys() | before.keys()):
        full, member = checkout / path, members.get(path)
        if member is None and before[path] == LINK and not os.path.realpath(full).startswith(root):
            continue
        if member and path in before and _is_same(archive, member, full, before[path]):
            continue
        # by their sizes first: what is too much is never read into memory
        room -= (_size(archive, member) if member else 0) + (os.lstat(full).st_size if path in before else 0)
        if room < 0:
            raise Refused(f"the change is larger than {MAX_READ // 1024 // 1024} MiB")
        old = _old(full, before[path]) if path in before else None
        yield Change(path, old, _new(archive, member) if member else None)


def _is_same(archive: tarfile.TarFile, member: tarfile.TarInfo, full: Path, mode: Mode) -> bool:
    if _mode_of(member) != mode:
        return False
    if mode == LINK:
        return os.fsencode(member.linkname) == os.fsencode(os.readlink(full))
    if _size(archive, member) != full.stat().st_size:
        return False
    with _opened(archive, member) as new, full.open("rb") as old:
        while chunk := new.read(CHUNK):
            if chunk != old.read(CHUNK):
                return False
    return True


def _old(full: Path, mode: Mode) -> Entry:
    return Entry(mode, os.fsencode(os.readlink(full)) if mode == LINK else full.read_bytes())


def _new(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Entry:
    if member.issym():
        return Entry(LINK, os.fsencode(member.linkname))
    with _opened(archive, member) as source:
        return Entry(_mode_of(member), source.read())


def _mode_of(member: tarfile.TarInfo) -> Mode:
    if member.issym():
        return LINK
    return PROGRAM if member.mode & 0o100 else FILE


def _size(archive: tarfile.TarFile, member: tarfile.TarInfo) -> int:
    """How much there is to read; a hard link is as large as what it stands for."""
    if member.issym():
        return len(member.linkname)
    with _opened(archive, member) as source:
        return source.seek(0, os.SEEK_END)


def _opened(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    try:
        source = archive.extractfile(member)
    except KeyError:
        source = None
    if source is None:
        raise Refused(f"{shown(member.name)} cannot be read")
    return source


def shown(path: str) -> str:
    """A path as it can be written into a sentence."""
    return path.encode("ascii", "backslashreplace").decode()[:200]
