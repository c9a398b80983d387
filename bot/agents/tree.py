"""A checkout, read without following a link: it is a stranger's, and a link may point anywhere."""

from __future__ import annotations

import os
import stat
from functools import cached_property
from pathlib import Path

MAX_FILE = 1024 * 1024


class Tree:
    """The regular files below a folder, by relative path with `/`, sorted; `.git` left out."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lines: dict[str, list[str]] = {}

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Path → size in bytes. A name that is not valid text is left out."""
        found: dict[str, int] = {}
        for folder, folders, names in os.walk(self.root, followlinks=False):
            folders[:] = [name for name in folders if name != ".git"]
            for name in names:
                full = os.path.join(folder, name)
                path = os.path.relpath(full, self.root).replace(os.sep, "/")
                status = os.lstat(full)
                if stat.S_ISREG(status.st_mode) and path.isprintable():
                    found[path] = status.st_size
        return dict(sorted(found.items()))

    def __contains__(self, path: object) -> bool:
        return path in self.sizes

    def start(self, path: str, size: int = 512) -> bytes:
        """The first bytes of a file of the tree."""
        if path not in self.sizes:
            return b""
        with open(os.open(self.root / path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            return file.read(size)

    def text(self, path: str) -> str | None:
        """A file of the tree with its line ends as they are; None when it is huge or not UTF-8."""
        if self.sizes.get(path, MAX_FILE) >= MAX_FILE:
            return None
        try:
            return self.start(path, MAX_FILE).decode()
        except UnicodeDecodeError:
            return None

    def with_texts(self, texts: dict[str, str]) -> Tree:
        """The tree as if these of its files had these texts; for `lines` alone."""
        other = Tree(self.root)
        other.sizes = self.sizes
        other._lines = self._lines | {path: _split(text) for path, text in texts.items()}
        return other

    def lines(self, path: str) -> list[str]:
        """The lines of a file of the tree, without their ends; nothing for any other path or a huge file."""
        if path not in self._lines:
            small = self.sizes.get(path, MAX_FILE) < MAX_FILE
            text = (
                self.start(path, MAX_FILE).decode("utf-8", "replace").replace("\0", "\ufffd") if small else ""
            )
            self._lines[path] = _split(text)
        return self._lines[path]


def _split(text: str) -> list[str]:
    return [line.rstrip("\r") for line in text.removesuffix("\n").split("\n")] if text else []
