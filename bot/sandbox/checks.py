"""What an agent may hand in: every change passes here before it becomes a commit."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from bot.sandbox.changes import LINK, Change, Changes, Entry, Refused, shown
from bot.sandbox.globs import is_covered
from bot.sandbox.secrets import new_secret

MAX_FILES = 100
MAX_BYTES = 1024 * 1024
MAX_HOPS = 40
FILTER = re.compile(rb"(^|\s)[-!]?filter\b")
CONFLICT = re.compile(rb"(<{7}|>{7}|\|{7})( |\r?$)")
# what HFS+ leaves out of names, so that `.g\u200cit` is `.git` there
IGNORABLE = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")


def check(changes: Changes, protected_paths: Sequence[str]) -> None:
    """Refused, with the first reason, for a change that must not be committed.

    Counted are lines that are new in a file, wherever they stood; a moved line is no new one.
    """
    for one in changes.changes:
        _path(one.path)
        if is_covered(one.path, protected_paths):
            raise Refused(f"{shown(one.path)} is protected: no agent may change it")
    _size(changes.changes)
    _names(changes)
    links = _links(changes)
    for one in changes.changes:
        if one.after and one.after.mode == LINK and not _stays_inside(one.path, links):
            raise Refused(f"the link {shown(one.path)} would lead out of the repository")
        _content(one)


def _path(path: str) -> None:
    parts = path.split("/")
    if path.startswith("/") or {"", ".", ".."} & set(parts):
        raise Refused(f"{shown(path)} is not a path of the repository")
    if any(_is_git(part) for part in parts):
        raise Refused(f"{shown(path)} belongs to git, not to the repository's files")
    if parts[-1].casefold() == ".gitmodules":
        raise Refused("an agent may not add or change submodules")


def _is_git(name: str) -> bool:
    """Whether some file system takes the name for `.git`."""
    plain = IGNORABLE.sub("", name).casefold().partition(":")[0].rstrip(" .")
    return plain in (".git", "git~1")


def _size(changes: Sequence[Change]) -> None:
    if len(changes) > MAX_FILES:
        raise Refused(f"it changes {len(changes)} files, more than the {MAX_FILES} that are allowed")
    size = sum(
        len(line) + 1
        for one in changes
        for line in [*_added(one.before, one.after), *_added(one.after, one.before)]
    )
    if size > MAX_BYTES:
        raise Refused(f"it changes {size} bytes, more than the {MAX_BYTES} that are allowed")


def _names(changes: Changes) -> None:
    """No new name may be another's on a file system that ignores case, nor a file where a folder is."""
    gone = {one.path for one in changes.changes if one.after is None}
    there = (changes.paths | {one.path for one in changes.changes}) - gone
    known: dict[str, set[str]] = {}
    for path in there:
        for name in [path, *_above(path)]:
            known.setdefault(_folded(name), set()).add(name)
    for one in changes.changes:
        if one.kind != "added":
            continue
        for name in [one.path, *_above(one.path)]:
            if len(known[_folded(name)]) > 1:
                first, second, *_ = sorted(known[_folded(name)])
                raise Refused(
                    f"{shown(first)} and {shown(second)} would be one file where case does not count"
                )


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _above(path: str) -> list[str]:
    return [path[:at] for at, letter in enumerate(path) if letter == "/"]


def _links(changes: Changes) -> dict[str, str]:
    """Every link of the tree as it would be, with its target."""
    touched = {one.path for one in changes.changes}
    kept = {path: to for path, to in changes.links.items() if path not in touched}
    new = {
        one.path: one.after.content.decode("utf-8", "surrogateescape")
        for one in changes.changes
        if one.after and one.after.mode == LINK
    }
    return kept | new


def _stays_inside(path: str, links: dict[str, str]) -> bool:
    """Follows a link step by step, through other links too; `.git` is outside."""
    at: list[str] = []
    left = path.split("/")
    hops = 0
    while left:
        step = left.pop(0)
        if step == "..":
            if not at:
                return False
            at.pop()
        elif step not in ("", "."):
            at.append(step)
            to = links.get("/".join(at))
            if to is not None:
                hops += 1
                if posixpath.isabs(to) or hops > MAX_HOPS:
                    return False
                at.pop()
                left = to.split("/") + left
    return not any(map(_is_git, at))


def _content(one: Change) -> None:
    added, removed = _added(one.before, one.after), _added(one.after, one.before)
    if one.path.rpartition("/")[2].casefold() == ".gitattributes" and any(map(FILTER.search, added)):
        raise Refused(f"{shown(one.path)} would have git run a filter over files")
    if any(CONFLICT.match(line) for line in added):
        raise Refused(f"{shown(one.path)} holds the markers of an unfinished merge")
    if kind := new_secret(added, removed):
        raise Refused(f"{shown(one.path)} would hold a secret: {kind}")


def _added(old: Entry | None, new: Entry | None) -> list[bytes]:
    """The lines of the new one that the old one does not have, or not as often."""
    before = Counter(old.content.split(b"\n")) if old else Counter()
    after = Counter(new.content.split(b"\n")) if new else Counter()
    return list((after - before).elements())
