"""A package's releases, pushed one after another to a repository that the whole product scans."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.domain.sessions import DEFAULT_PROMPT
from bot.store.db import Database
from bot.store.migrate import migrate
from bot.store.models import Issue as Kept
from tests.fakes.github import Issue
from tests.house import House


@dataclass(frozen=True)
class Scanned:
    """One release after its scan: the session as REST gives it, and what is on GitHub then."""

    release: str
    files: int
    session: dict[str, Any]
    seconds: float
    open: int
    doubled: int

    @property
    def row(self) -> list[str]:
        counts = self.session["counts"]
        words = [counts[name] for name in ("found", "new", "known", "reopened", "gone")]
        return [
            str(cell)
            for cell in (self.release, self.files, *words, self.open, self.doubled, f"{self.seconds:.1f}")
        ]


class History:
    """The repository `mona/shop` in a house of its own, which takes on one release after another."""

    def __init__(self, folder: Path, files: dict[str, bytes]) -> None:
        url = f"sqlite:///{folder / 'askfirst.db'}"
        db = Database(url)
        migrate(db)
        db.close()
        self.files = files
        self.house = House(url, folder, files)

    def push(self, release: str, files: dict[str, bytes]) -> None:
        """The files of a release instead of those that are there."""
        changed: dict[str, str | bytes | None] = dict.fromkeys(self.files.keys() - files.keys())
        changed |= {path: text for path, text in files.items() if self.files.get(path) != text}
        self.house.mona.pushes(self.house.repository, changed, release)
        self.files = files

    def scan(self, release: str) -> Scanned:
        started = time.monotonic()
        asked = self.house.post("/issue-sessions/start", prompt=DEFAULT_PROMPT)["data"]
        self.house.settle()
        seconds = time.monotonic() - started
        session = self.house.get("/issue-sessions/get", id=asked["id"])["data"]
        assert session["status"] == "completed", session["error"]
        assert not self.house.unfinished(), self.house.unfinished()
        there = [issue for issue in self.house.issues() if issue.state == "open"]
        return Scanned(release, len(self.files), session, seconds, len(there), self._doubled(there))

    def _doubled(self, there: list[Issue]) -> int:
        """How many open GitHub issues say what another one says: by title, by rule and area, or by a line."""
        numbers = {issue.number for issue in there}
        with self.house.db.read() as tx:
            kept = [issue for issue in tx.query(Kept) if issue.github_number in numbers]
        names: Counter[tuple[str | None, ...]] = Counter(("title", issue.title) for issue in there)
        for issue in kept:
            names[("area", issue.rule, issue.area)] += 1
            names.update({("line", issue.rule, *self._line(place)) for place in issue.locations})
        return sum(count - 1 for count in names.values())

    def _line(self, place: dict[str, Any]) -> tuple[str, str]:
        blob = self.house.repository.git.read(place["commit"], place["path"]) or b""
        lines = blob.decode(errors="replace").split("\n")
        return place["path"], lines[place["startLine"] - 1].strip()
