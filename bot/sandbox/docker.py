"""The sandbox in a container: no network, no rights, nothing of ours in it, gone in every case."""

from __future__ import annotations

import socket
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

import docker
from docker.errors import NotFound
from docker.types import Ulimit
from docker.utils.socket import frames_iter

from bot.sandbox.base import Finished, Limits, NotThere, OnLine, SandboxError, TimedOut
from bot.sandbox.engine import LATE, answers, labels, remove_container, remove_volume, sweep
from bot.sandbox.output import Output
from bot.sandbox.owned import owned_by
from bot.sandbox.template import Template

ROOT = "/askfirst"
USER = 10001
KEEPER = "10000"  # whoever keeps the container open is nobody that a command could kill
MIB = 1024 * 1024
CHUNK = 256 * 1024
SPOOLED = 4 * MIB
KILLED, TIMED_OUT = 137, 124
CPU_PERIOD = 100_000  # microseconds
GRACE = 10.0  # seconds after which the whole container is killed, should the command's own end not come

COMMAND = Path(__file__).with_name("command.sh").read_text()

ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/tmp",  # noqa: S108
    "LANG": "C.UTF-8",
    "ASKFIRST_ROOT": ROOT,
    "ASKFIRST_REPO": f"{ROOT}/repo",
    "ASKFIRST_TASK": f"{ROOT}/task.json",
    "ASKFIRST_RESULT": f"{ROOT}/result.json",
}


class DockerSandbox:
    """Its root is a volume in memory, as large as `disk_mb`; see `bot.sandbox.base.Sandbox` for the methods.

    A volume can be filled only through a container: through one that is never started, since in the one that
    runs all else is read-only.
    """

    contained = True

    def __init__(self, client: docker.DockerClient, template: Template, limits: Limits | None = None) -> None:
        self.limits = limits or template.limits
        self._client, self._api, self._image = client, client.api, template.image
        seconds = self.limits.timeout_ms / 1000
        self._deadline = time.monotonic() + seconds
        self._labels, self._began = labels(seconds), time.time()
        self._closed = False
        self._lock = threading.Lock()
        self._volume: str | None = None
        self._containers: list[str] = []
        with answers():
            sweep(client)
            try:
                self._volume = self._make_volume()
                # should nobody be left to remove it, at least its memory is given back
                self._container = self._make_container(["sleep", f"{seconds + LATE:.0f}"])
                self._api.start(self._container)
                self._filler = self._make_container(["true"])
            except BaseException:
                self.close()
                raise

    def put(self, tar: BinaryIO) -> None:
        with answers():
            self._must_be_open()
            self._api.put_archive(self._filler, ROOT, owned_by(USER, tar))

    def run(
        self, command: list[str], timeout: float | None = None, on_line: OnLine | None = None
    ) -> Finished:
        left = self._deadline - time.monotonic()
        seconds = max(0.01, left if timeout is None else min(left, timeout))
        output = Output(on_line)
        with answers():
            self._must_be_open()
            wrapped = ["sh", "-c", COMMAND, f"{seconds:.2f}", *command]
            execution = self._api.exec_create(
                self._container, wrapped, user=str(USER), workdir=ROOT, environment=ENVIRONMENT
            )["Id"]
            began = time.monotonic()
            self._read(execution, output, seconds + GRACE)
            code = self._code(execution)
        if self._closed and time.monotonic() - began < seconds:
            raise SandboxError("the sandbox was closed while its command ran")
        if code in (None, TIMED_OUT, KILLED) and time.monotonic() - began >= seconds:
            raise TimedOut(round(seconds, 1), output.text())
        if code is None:
            raise SandboxError("the container ended while its command ran")
        if code == KILLED and self._ran_out_of_memory():
            raise SandboxError(f"it needed more than the {self.limits.memory_mb} MiB of memory that it has")
        return Finished(code, output.text())

    def get(self, path: str) -> BinaryIO:
        spool = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=SPOOLED))
        with answers():
            self._must_be_open()
            try:
                stream, _ = self._api.get_archive(self._container, f"{ROOT}/{path}", chunk_size=CHUNK)
            except NotFound as error:
                raise NotThere(f"{path} is not there") from error
            for chunk in stream:
                if (
                    spool.tell() > self.limits.disk_mb * MIB
                ):  # files of nothing but holes take no room in there
                    spool.close()
                    raise SandboxError(
                        f"{path} has more than the {self.limits.disk_mb} MiB of disk that it may use"
                    )
                spool.write(chunk)
        spool.seek(0)
        return spool

    def close(self) -> None:
        with self._lock:
            self._closed = True
            with answers():
                while self._containers:
                    remove_container(self._client, self._containers[-1])
                    self._containers.pop()
                if self._volume:
                    remove_volume(self._client, self._volume)
                    self._volume = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _must_be_open(self) -> None:
        if self._closed:
            raise SandboxError("the sandbox is closed")

    def _make_volume(self) -> str:
        options = {
            "type": "tmpfs",
            "device": "tmpfs",
            "o": f"size={self.limits.disk_mb}m,uid={USER},gid={USER},mode=0700,nosuid,nodev",
        }
        name: str = self._api.create_volume(driver="local", driver_opts=options, labels=self._labels)["Name"]
        return name

    def _make_container(self, command: list[str]) -> str:
        limits, memory = self.limits, f"{self.limits.memory_mb}m"
        host = self._api.create_host_config(
            network_mode="none",
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            read_only=True,
            tmpfs={"/tmp": f"rw,exec,nosuid,nodev,size={limits.disk_mb}m,uid={USER},gid={USER}"},  # noqa: S108
            binds={self._volume: {"bind": ROOT, "mode": "rw,nocopy"}},
            init=True,
            pids_limit=limits.pids,
            mem_limit=memory,
            memswap_limit=memory,
            cpu_period=CPU_PERIOD,
            cpu_quota=limits.cpu_count * CPU_PERIOD,  # also where the engine has fewer cores than that
            ulimits=[
                Ulimit(name="fsize", soft=limits.file_mb * MIB, hard=limits.file_mb * MIB),
                Ulimit(name="core", soft=0, hard=0),
            ],
            log_config={"Type": "none"},
        )
        container: str = self._api.create_container(
            self._image, command, user=KEEPER, working_dir=ROOT, hostname="sandbox", entrypoint=[],
            host_config=host, labels=self._labels, environment=ENVIRONMENT,
        )["Id"]  # fmt: skip
        self._containers.append(container)
        return container

    def _read(self, execution: str, output: Output, seconds: float) -> None:
        """Feeds the output to its end. What floods, or still runs after these seconds, is killed with its container."""
        stream = self._api.exec_start(execution, socket=True)

        def give_up() -> None:
            # first of all nobody listens any more: the engine would wait for us to read on
            with suppress(OSError):
                getattr(stream, "_sock", stream).shutdown(socket.SHUT_RDWR)
            self.close()

        late = threading.Timer(seconds, give_up)
        late.start()
        try:
            for _, chunk in frames_iter(stream, tty=False):
                output.feed(chunk)
            output.feed(b"", final=True)
        except SandboxError:
            give_up()
            raise
        finally:
            late.cancel()
            stream.close()

    def _code(self, execution: str) -> int | None:
        """The command's exit code; None when its container is gone."""
        try:
            code: int | None = self._api.exec_inspect(execution)["ExitCode"]
        except NotFound:
            return None
        return code

    def _ran_out_of_memory(self) -> bool:
        events = self._api.events(
            since=int(self._began), until=int(time.time()) + 1, decode=True,
            filters={"container": self._container, "event": "oom"},
        )  # fmt: skip
        return any(True for _ in events)
