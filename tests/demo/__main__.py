"""Starts everything, scans a repository, says what was found and where to look, and stays up."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from tests.demo.stage import Stage, free_port
from tests.demo.story import play

PORTS = (8000, 8001)  # ours, the fake GitHub's


def main() -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("repo", nargs="?", type=Path, help="a git repository to scan; a copy of it is used")
    parser.add_argument("--once", action="store_true", help="end when the story is told")
    chosen = parser.parse_args()
    if chosen.repo and not (chosen.repo / ".git").exists() and not (chosen.repo / "HEAD").exists():
        print(f"{chosen.repo} is not a git repository; `git init`, commit, and try again.", file=sys.stderr)
        return 2
    # so that SIGTERM, too, leads through the ends of the `with` blocks
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ports = (free_port(port) for port in PORTS)
    with (
        tempfile.TemporaryDirectory(prefix="askfirst-demo-") as folder,
        Stage(Path(folder), *ports, repo=chosen.repo) as stage,
    ):
        play(stage)
        if not chosen.once:
            print("\nAll of it stays up until you press Ctrl-C.", flush=True)
            try:
                stage.wait()
            except KeyboardInterrupt:
                print("\nStopping.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
