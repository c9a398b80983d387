"""`make demo` is what a newcomer runs first: it plays the whole loop, and ends by itself when told to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_demo_plays_the_whole_loop() -> None:
    environment = {"PATH": os.environ["PATH"]}
    told = subprocess.run(
        [sys.executable, "-m", "tests.demo", "--once"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout + told.stderr
    for part in ("filed on http", "replies: approve", "All answered and fixed", "ready for review: http",
                 "are not filed twice", "Your turn"):  # fmt: skip
        assert part in told.stdout, told.stdout + told.stderr


def test_what_is_no_repository_is_said_in_one_sentence(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "tests.demo", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 2
    assert told.stderr == f"{tmp_path} is not a git repository; `git init`, commit, and try again.\n"
