"""`askfirst scan`: the keyless agent on a folder, once, with no server and nothing stored."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from bot.agents import ScanResult, Task, run_scan
from bot.config import Config
from bot.sandbox import open_sandbox, worktree
from bot.sandbox.template import load_templates


def scan(
    config: Config, folder: Path, prompt: str, on_progress: Callable[[str, int, str], None]
) -> ScanResult:
    """What the agent finds in the folder as it is now. Raises AgentFailed, SandboxError."""
    template = load_templates(config.askfirst_home)["base"]
    with (
        tempfile.TemporaryDirectory(prefix="askfirst-scan-") as copied,
        open_sandbox(template, wanted=config.sandbox) as sandbox,
    ):
        worktree.copy(folder, Path(copied))
        return run_scan(
            template, Task(kind="scan", prompt=prompt), Path(copied), sandbox, on_progress, _no_log
        )


def _no_log(_line: str) -> None:
    return None
