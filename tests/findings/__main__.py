"""Scans releases of real packages, each over the one before, and lists what is filed: `python -m tests.findings`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.fakes.github import Issue
from tests.findings.fixes import ROWS, fix_all
from tests.findings.history import History, Scanned
from tests.findings.releases import DEFAULT, files, packages

HEAD = ["release", "files", "found", "new", "known", "reopened", "gone", "open", "doubled", "seconds"]


def main() -> int:
    """Returns the exit status: 1 where something was filed twice."""
    parser = argparse.ArgumentParser(prog="python -m tests.findings", description=__doc__)
    parser.add_argument(
        "releases", nargs="*", default=DEFAULT, metavar="name==version", help=f"default: {' '.join(DEFAULT)}"
    )
    parser.add_argument("--archives", type=Path, help="a folder that keeps what was fetched")
    parser.add_argument("--bodies", action="store_true", help="print the text of each filed issue, too")
    parser.add_argument(
        "--fix", action="store_true", help="instead, fix what is found in each release, and check it"
    )
    chosen = parser.parse_args()
    if chosen.fix:
        return _fix(chosen.releases, chosen.archives)
    rows: list[Scanned] = []
    with tempfile.TemporaryDirectory(prefix="askfirst-findings-") as folder:
        archives = chosen.archives or Path(folder, "archives")
        for name, releases in packages(chosen.releases).items():
            home = Path(folder, name)
            home.mkdir()
            rows += _follow(releases, home, archives, chosen.bodies)
    _table([HEAD, *(scanned.row for scanned in rows)])
    return 1 if any(scanned.doubled for scanned in rows) else 0


def _fix(releases: list[str], archives: Path | None) -> int:
    """Returns the exit status: 1 where a fix broke something. What was fixed is kept, for the project's tests."""
    folder = Path(tempfile.mkdtemp(prefix="askfirst-fixes-"))
    rows = []
    for release in releases:
        print(f"\n{release}: {folder / release / 'checkout'}")
        rows.append(
            fix_all(release, files(release, archives or folder / "archives"), folder / release, print)
        )
    _table([ROWS, *rows])
    return 1 if any(row[-1] != "0" for row in rows) else 0


def _follow(releases: list[str], home: Path, archives: Path, bodies: bool) -> list[Scanned]:
    history = History(home, files(releases[0], archives))
    rows = []
    for release in releases:
        if rows:
            history.push(release, files(release, archives))
        rows.append(history.scan(release))
        print(f"\n{release}: {rows[-1].session['progress']['message']}")
        for issue in history.house.issues():
            _tell(issue, bodies)
    history.house.close()
    return rows


def _tell(issue: Issue, bodies: bool) -> None:
    priority = next(label.name for label in issue.labels if label.name.startswith("priority"))
    print(f"  #{issue.number} {issue.state}, {priority.removeprefix('priority: ')}: {issue.title}")
    for text in [issue.body, *(comment.body for comment in issue.comments)] if bodies else []:
        print("\n".join(f"      | {line}" for line in (text or "").splitlines()))


def _table(rows: list[list[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    print()
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


if __name__ == "__main__":
    sys.exit(main())
