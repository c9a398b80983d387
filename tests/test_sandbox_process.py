"""The process sandbox: what a command sees, what it may use, and that nothing of it is left."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.sandbox.base import Limits, NotThere, SandboxError, TimedOut
from bot.sandbox.process import ProcessSandbox
from bot.sandbox.template import Template

TRUSTED = Template(name="here", agent="program", command=("true",), trusted=True)
PYTHON = "python3"


@pytest.fixture
def box() -> Iterator[ProcessSandbox]:
    with ProcessSandbox(TRUSTED) as opened:
        yield opened


def tar_of(change: Callable[[tarfile.TarInfo], None] | None = None, **files: str) -> io.BytesIO:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name.replace("__", "/"))
            member.size = len(text)
            if change:
                change(member)
            tar.addfile(member, io.BytesIO(text.encode()))
    buffer.seek(0)
    return buffer


def running(pid: int) -> bool:
    """Whether a process exists and is more than the entry its parent has not read yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in ("Z", "X")


def test_files_go_in_and_come_out(box: ProcessSandbox) -> None:
    box.put(tar_of(repo__a="one"))
    ended = box.run(["sh", "-c", "cat repo/a && echo && tr a-z A-Z <repo/a >out"])
    assert (ended.exit_code, ended.log) == (0, "one")
    with tarfile.open(fileobj=box.get("out")) as tar:
        assert tar.extractfile("out").read() == b"ONE"  # type: ignore[union-attr]


def test_no_secret_of_the_server_is_visible(box: ProcessSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_PRIVATE_KEY", "very-secret")
    seen = box.run(["env"]).log
    assert "very-secret" not in seen
    assert {line.split("=")[0] for line in seen.splitlines()} <= {
        "PATH", "HOME", "TMPDIR", "LANG", "PWD", "SHLVL", "_",
        "ASKFIRST_ROOT", "ASKFIRST_REPO", "ASKFIRST_TASK", "ASKFIRST_RESULT",
    }  # fmt: skip


def test_the_analyzers_installed_beside_this_python_are_found(box: ProcessSandbox) -> None:
    assert box.run(["ruff", "--version"]).log.startswith("ruff ")


def test_a_missing_program_is_exit_code_127(box: ProcessSandbox) -> None:
    ended = box.run(["no-such-program"])
    assert ended.exit_code == 127
    assert "no-such-program" in ended.log


def test_lines_are_seen_as_they_come(box: ProcessSandbox) -> None:
    lines: list[str] = []
    box.run(["sh", "-c", "echo one; echo two >&2; printf three"], on_line=lines.append)
    assert lines == ["one", "two", "three"]


def test_a_long_log_keeps_its_start_and_its_end(box: ProcessSandbox) -> None:
    ended = box.run([PYTHON, "-c", "print('first'); print(('x' * 999 + '\\n') * 3000); print('last')"])
    assert ended.log.startswith("first\n")
    assert ended.log.endswith("last")
    assert "lines left out" in ended.log
    assert len(ended.log) < 1.1 * 1024 * 1024


STUBBORN = """
import os, signal, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print("daemon", os.getpid(), flush=True)
        while True: time.sleep(60)
print("child", os.getpid(), flush=True)
while True: time.sleep(60)
"""


def pids(log: str) -> list[int]:
    return [int(line.split()[1]) for line in log.splitlines()]


def test_a_timeout_kills_all_that_was_started(box: ProcessSandbox) -> None:
    """Also a daemon in a session of its own, and one that ignores every signal it can."""
    with pytest.raises(TimedOut) as caught:
        box.run([PYTHON, "-c", STUBBORN], timeout=0.7)
    started = pids(caught.value.log)
    assert len(started) >= 2
    assert not [pid for pid in started if running(pid)]


def test_the_limit_of_the_sandbox_counts_over_all_its_commands() -> None:
    with ProcessSandbox(TRUSTED, Limits(timeout_ms=300)) as box, pytest.raises(TimedOut):
        box.run(["sleep", "60"])


def test_a_command_that_closes_its_output_is_still_timed(box: ProcessSandbox) -> None:
    with pytest.raises(TimedOut):
        box.run(["sh", "-c", "exec >/dev/null 2>&1; sleep 60"], timeout=0.3)


def test_daemons_end_with_the_command(box: ProcessSandbox) -> None:
    ended = box.run(["sh", "-c", "setsid sleep 60 & echo daemon $!"])
    assert ended.exit_code == 0
    assert not [pid for pid in pids(ended.log) if running(pid)]


def test_an_error_in_on_line_kills_the_command(box: ProcessSandbox) -> None:
    started: list[int] = []

    def cancel(line: str) -> None:
        started.append(pids(line)[0])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        box.run([PYTHON, "-c", STUBBORN], on_line=cancel)
    assert not [pid for pid in started if running(pid)]


def test_closing_from_another_thread_ends_the_run(box: ProcessSandbox) -> None:
    def close(line: str) -> None:
        threading.Thread(target=box.close).start()

    with pytest.raises(SandboxError, match="closed"):
        box.run(["sh", "-c", "echo started; sleep 60"], on_line=close)


def test_a_killed_worker_leaves_nothing_running() -> None:
    """kill -9 of our own process: the supervisor notices and takes everything down."""
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]
    )
    assert worker.stdout
    started = [int(worker.stdout.readline()), int(worker.stdout.readline())]
    watched = [os.pidfd_open(pid) for pid in started]
    worker.send_signal(signal.SIGKILL)
    worker.communicate()
    for pidfd in watched:
        # readable as soon as the process has ended
        assert wait_readable(pidfd)
        os.close(pidfd)


WORKER = f"""
from bot.sandbox.process import ProcessSandbox
from tests.test_sandbox_process import TRUSTED
with ProcessSandbox(TRUSTED) as box:
    box.run(["python3", "-c", {STUBBORN!r}], on_line=lambda line: print(line.split()[1], flush=True))
"""


def wait_readable(descriptor: int) -> bool:
    import select

    return bool(select.select([descriptor], [], [], 10)[0])


def test_memory_is_limited() -> None:
    with ProcessSandbox(TRUSTED, Limits(memory_mb=128)) as box:
        ended = box.run([PYTHON, "-c", "x = bytearray(512 * 1024 * 1024)"])
    assert ended.exit_code != 0
    assert "MemoryError" in ended.log


def test_files_are_limited() -> None:
    with ProcessSandbox(TRUSTED, Limits(file_mb=1)) as box:
        assert box.run([PYTHON, "-c", "open('big', 'wb').write(bytes(5_000_000))"]).exit_code != 0


def test_nothing_is_left_on_disk() -> None:
    with ProcessSandbox(TRUSTED) as box:
        folder = Path(box.run(["sh", "-c", "echo $ASKFIRST_ROOT"]).log)
        assert folder.is_dir()
    assert not folder.parent.exists()
    with pytest.raises(SandboxError, match="closed"):
        box.run(["true"])


def test_folders_of_killed_workers_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dead = subprocess.Popen(["true"])
    dead.wait()
    leftover = tmp_path / f"askfirst-sandbox-{dead.pid}-abc"
    leftover.mkdir()
    with ProcessSandbox(TRUSTED):
        assert not leftover.exists()


def test_untrusted_templates_are_refused_with_what_to_do() -> None:
    mine = Template(name="mine", agent="program", command=("true",))
    with pytest.raises(SandboxError, match=r"mine is not trusted.*install Docker"):
        ProcessSandbox(mine)


@pytest.mark.parametrize("name", ["../out", "/etc/askfirst-test", "link/out"])
def test_a_tar_cannot_write_outside(box: ProcessSandbox, name: str, tmp_path: Path) -> None:
    box.run(["ln", "-s", str(tmp_path), "link"])
    with pytest.raises(SandboxError, match="leave the sandbox"):
        box.put(tar_of(lambda member: setattr(member, "name", name), x="text"))
    assert not list(tmp_path.iterdir())


def test_a_tar_cannot_bring_a_link_that_leads_outside(box: ProcessSandbox) -> None:
    def to_passwd(member: tarfile.TarInfo) -> None:
        member.type, member.linkname, member.size = tarfile.SYMTYPE, "../../../etc/passwd", 0

    with pytest.raises(SandboxError, match="leave the sandbox"):
        box.put(tar_of(to_passwd, x=""))


def test_get_never_follows_a_link(box: ProcessSandbox) -> None:
    box.run(["sh", "-c", "ln -s /etc/passwd result.json; ln -s /etc etc"])
    with tarfile.open(fileobj=box.get("result.json")) as tar:
        assert tar.getmember("result.json").issym()
    for path in ("etc/passwd", "../home", "absent"):
        with pytest.raises(NotThere):
            box.get(path)
