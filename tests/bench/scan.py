"""What a scan costs beside the analyzers themselves, run by hand on the same files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import sqlalchemy

from bot.agents import Task, run_scan
from bot.agents.keyless.analyzers import ANALYZERS
from bot.agents.keyless.places import is_ours
from bot.agents.keyless.rules import rules_of
from bot.agents.tree import Tree
from bot.sandbox import open_sandbox
from bot.sandbox.template import load_templates
from tests.bench.figures import Figure

# a scan may cost so many times its analyzers, and so many seconds more
MOST_TIMES, MOST_MORE = 1.15, 2.0
TIMES = 3
WORKFLOW = (
    "name: ci\non: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: a/b@v1\n"
)


def scan() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="askfirst-bench-") as folder:
        root = Path(folder, "repo")
        shutil.copytree(Path(sqlalchemy.__file__).parent, root / "sqlalchemy", ignore=_without_compiled)
        for path, text in {".github/workflows/ci.yml": WORKFLOW, "Dockerfile": "FROM debian\n"}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        lines = sum(len(file.read_bytes().splitlines()) for file in root.rglob("*.py"))
        ours, by_hand = zip(*((_ours(root, Path(folder)), _by_hand(root)) for _ in range(TIMES)), strict=True)
    return [
        Figure(
            f"a scan, above {MOST_TIMES} times its analyzers",
            median(ours) - MOST_TIMES * median(by_hand),
            "s",
            MOST_MORE,
        ),
        Figure(f"a scan of {lines:,} lines", median(ours), "s"),
        Figure("its analyzers by hand", median(by_hand), "s"),
    ]


def _without_compiled(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name == "__pycache__" or name.endswith((".so", ".pyx", ".pxd"))]


def _ours(root: Path, folder: Path) -> float:
    template = load_templates(folder / "home")["base"]
    started = time.perf_counter()
    with open_sandbox(template, wanted="process") as sandbox:
        run_scan(template, Task(kind="scan"), root, sandbox, lambda *step: None, lambda line: None)
    return time.perf_counter() - started


def _by_hand(root: Path) -> float:
    """Each analyzer once, on the files that a scan gives it."""
    tree = Tree(root)
    work = [
        (one, [path for path in tree.sizes if is_ours(tree, path) and one.takes(tree, path)])
        for one in ANALYZERS
    ]
    installed = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    spent = 0.0
    for one, paths in work:
        # what only who asks for style is told
        if paths and any(rule.category != "style" for rule in rules_of(one.language).values()):
            command = [*one.command(rules_of(one.language), None), *(f"./{path}" for path in paths)]
            started = time.perf_counter()
            subprocess.run(
                command,
                cwd=root,
                env=installed,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
            )
            spent += time.perf_counter() - started
    return spent
