"""The sandbox for a first try without a container engine: a child with limits and a clean environment.

It bounds time and memory, not the network or the files it can read, so it takes trusted templates only.
"""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

from bot.sandbox.base import Finished, Limits, NotThere, OnLine, SandboxError, TimedOut
from bot.sandbox.output import Output
from bot.sandbox.scratch import make
from bot.sandbox.template import Template
from bot.sandbox.unpack import is_inside, unpack

SUPERVISOR = Path(__file__).with_name("supervisor.py")
MIB = 1024 * 1024
GRACE = 5.0


class ProcessSandbox:
    """Its root is a temp folder; see `bot.sandbox.base.Sandbox` for the methods."""

    contained = False

    def __init__(self, template: Template, limits: Limits | None = None) -> None:
        if not template.trusted:
            raise SandboxError(
                f"template {template.name} is not trusted to run outside a container; "
                "install Docker (or set DOCKER_HOST) and SANDBOX=docker, or use template base"
            )
        self.limits = limits or template.limits
        self._deadline = time.monotonic() + self.limits.timeout_ms / 1000
        self._folder = make("run")
        self._root = self._folder / "askfirst"
        for name in ("askfirst", "home", "tmp"):
            (self._folder / name).mkdir(mode=0o700)
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def put(self, tar: BinaryIO) -> None:
        unpack(tar, self._root)

    def run(
        self, command: list[str], timeout: float | None = None, on_line: OnLine | None = None
    ) -> Finished:
        started = time.monotonic()
        deadline = min(self._deadline, started + timeout) if timeout is not None else self._deadline
        output = Output(on_line)
        with self._started(command) as process:
            code = _end(process, deadline) if _drain(process, output, deadline) else None
        if self._closed:
            raise SandboxError("the sandbox was closed while its command ran")
        if code is None:
            raise TimedOut(round(deadline - started, 1), output.text())
        return Finished(code, output.text())

    def get(self, path: str) -> BinaryIO:
        target = self._root / path
        if not is_inside(self._root, target.parent) or not os.path.lexists(target):
            raise NotThere(f"{path} is not there")
        spool = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=4 * MIB))
        with tarfile.open(fileobj=spool, mode="w") as tar:
            tar.add(target, arcname=path)
        spool.seek(0)
        return spool

    def close(self) -> None:
        self._closed = True
        if self._process:
            _kill(self._process)
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _started(self, command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
        """The command under its supervisor; killed when the block is left, however that happens."""
        if self._closed:
            raise SandboxError("the sandbox is closed")
        limits = json.dumps(self._rlimits())
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(SUPERVISOR), str(os.getpid()), limits, *command],
            cwd=self._root,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._process = process
        try:
            yield process
        finally:
            _kill(process)
            if process.stdout:
                process.stdout.close()
            self._process = None

    def _rlimits(self) -> dict[str, int]:
        # RLIMIT_NPROC is left out: it counts every process of the user, not those of this sandbox
        seconds = self.limits.timeout_ms // 1000 + 1
        return {
            "RLIMIT_AS": self.limits.memory_mb * MIB,
            "RLIMIT_CPU": seconds * self.limits.cpu_count,
            "RLIMIT_FSIZE": self.limits.file_mb * MIB,
            "RLIMIT_CORE": 0,
        }

    def _environment(self) -> dict[str, str]:
        """Nothing of ours is inherited; first on the path is where pip put the analyzers."""
        return {
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self._folder / "home"),
            "TMPDIR": str(self._folder / "tmp"),
            "LANG": "C.UTF-8",
            "ASKFIRST_ROOT": str(self._root),
            "ASKFIRST_REPO": str(self._root / "repo"),
            "ASKFIRST_TASK": str(self._root / "task.json"),
            "ASKFIRST_RESULT": str(self._root / "result.json"),
        }


def _drain(process: subprocess.Popen[bytes], output: Output, deadline: float) -> bool:
    """Reads all output; False when the deadline came first."""
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0:
            if not selector.select(left):
                break
            chunk = os.read(process.stdout.fileno(), 65536)
            output.feed(chunk, final=not chunk)
            if not chunk:
                return True
    output.feed(b"", final=True)
    return False


def _end(process: subprocess.Popen[bytes], deadline: float) -> int | None:
    """The exit code; a command may close its output long before it ends."""
    try:
        return process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return None


def _kill(process: subprocess.Popen[bytes]) -> None:
    """The supervisor kills all that is below it when told to; if it does not, its group is killed."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
