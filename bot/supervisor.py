"""`askfirst up`: all processes on this machine, started, watched and stopped together."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import FrameType

log = logging.getLogger(__name__)

GRACE_SECONDS = 10
PAUSE_SECONDS = 1.0
PR_SET_PDEATHSIG = 1  # from Linux' prctl.h


def end_with_parent(number: int = signal.SIGTERM) -> None:
    """Have the kernel send this process a signal when the one that started it is gone (Linux; elsewhere nothing)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)


def kill_with_parent() -> None:
    """As `end_with_parent`, for what would first finish its work."""
    end_with_parent(signal.SIGKILL)


class Supervisor:
    """Keeps one child for each command of ours; one that ends is started again after a second.

    `served` are programs that run already and that the commands need: they are kept as well, and end last.
    """

    def __init__(
        self,
        commands: Mapping[str, list[str]],
        environment: Mapping[str, str],
        served: Mapping[str, subprocess.Popen[bytes]],
    ) -> None:
        askfirst = str(Path(sys.executable).parent / "askfirst")
        self._commands = {name: [askfirst, *command] for name, command in commands.items()}
        self._served = {name: list(process.args) for name, process in served.items()}  # type: ignore[arg-type]
        self._environment = {**os.environ, **environment}
        self._children: dict[str, subprocess.Popen[bytes]] = dict(served)
        self._stop = threading.Event()

    def run(self) -> None:
        """Run until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        for name in self._commands:
            self._start(name)
        while not self._stop.wait(PAUSE_SECONDS):
            for name, child in self._children.items():
                if child.poll() is not None:
                    log.error("%s ended with status %s; starting it again", name, child.returncode)
                    self._start(name)
        self._end(self._commands)
        self._end(self._served)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stop.set()

    def _start(self, name: str) -> None:
        # a session of its own: Ctrl-C reaches only us, and we end them in order
        # the web server and what is served end their own children when told to; the others need no farewell
        asks = name == "web" or name in self._served
        self._children[name] = subprocess.Popen(
            self._served.get(name) or self._commands[name],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=end_with_parent if asks else kill_with_parent,
        )

    def _end(self, names: Iterable[str]) -> None:
        children = [self._children[name] for name in names]
        for child in children:
            child.terminate()
        until = time.monotonic() + GRACE_SECONDS
        for child in children:
            try:
                child.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
