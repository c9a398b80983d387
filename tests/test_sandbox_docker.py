"""The sandbox in a container, tried from inside by a hostile program, on a real engine."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import docker as sdk
import pytest

from bot.agents import AgentFailed
from bot.agents.archive import read
from bot.sandbox import engine, images, open_sandbox
from bot.sandbox.base import Limits, SandboxError, TimedOut
from bot.sandbox.changes import Refused, take
from bot.sandbox.docker import DockerSandbox
from bot.sandbox.template import Template
from tests import warm

HOSTILE = Path(__file__).with_name("hostile.py")
SMALL = Limits(timeout_ms=60_000, memory_mb=256, file_mb=8, disk_mb=32, pids=64, cpu_count=1)


def ours(client: sdk.DockerClient, pid: int | None = None) -> list[str]:
    """What of this process, or that one, is on the engine: containers and volumes."""
    only = {"label": f"{engine.OWNER}={engine.owner(pid or os.getpid())}"}
    volumes = client.api.volumes(filters=only)["Volumes"] or []
    return [each["Id"] for each in client.api.containers(all=True, filters=only)] + [
        each["Name"] for each in volumes
    ]


def tar_of(files: dict[str, bytes]) -> BytesIO:
    spool = BytesIO()
    with tarfile.open(fileobj=spool, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, BytesIO(content))
    spool.seek(0)
    return spool


@pytest.fixture(scope="module")
def box(client: sdk.DockerClient, container_template: Template) -> Iterator[DockerSandbox]:
    """One sandbox with small limits, which holds the hostile program."""
    with DockerSandbox(client, container_template, SMALL) as opened:
        opened.put(tar_of({"hostile.py": HOSTILE.read_bytes(), "repo/shop/cart.py": b"x = 1\n"}))
        yield opened


def test_it_reaches_nothing_and_gains_nothing(box: DockerSandbox) -> None:
    with socket.socket() as here, socket.socket(socket.AF_UNIX) as abstract:
        here.bind(("0.0.0.0", 0))
        here.listen()
        abstract.bind(b"")  # Linux finds a name
        abstract.listen()
        addresses = {"127.0.0.1", "172.17.0.1", socket.gethostbyname(socket.gethostname())}
        name = abstract.getsockname()[1:].decode()
        asked = json.dumps({"port": here.getsockname()[1], "hosts": sorted(addresses), "abstract": name})
        ended = box.run(["python3", "hostile.py", asked])
    assert ended.exit_code == 0, ended.log
    assert json.loads(ended.log) == {
        "reached": [],
        "written": [],
        "places": ["/dev/mqueue", "/dev/shm"],
        "sockets": [],
        "gained": [],
        "capabilities": ["0" * 16] * 4,
        "no new privileges": "1",
        "user": [10001, 10001],
        "environment": ["ASKFIRST_REPO", "ASKFIRST_RESULT", "ASKFIRST_ROOT", "ASKFIRST_TASK", "HOME",
                        "HOSTNAME", "LANG", "PATH", "PWD"],
    }  # fmt: skip


def test_its_own_files_are_its_own(box: DockerSandbox) -> None:
    script = "echo y >> repo/shop/cart.py && mkdir repo/new && touch repo/shop/b repo/new/c /tmp/d && id -u"
    assert box.run(["sh", "-c", script]).log == "10001"


def test_a_fork_bomb_is_contained(box: DockerSandbox) -> None:
    bomb = "import os, time\nwhile True:\n    if os.fork() == 0: time.sleep(99)"
    ended = box.run(["python3", "-c", bomb])
    assert ended.exit_code == 1 and "It wanted more processes than its limit (pids)." in ended.log
    assert box.run(["sh", "-c", "set -- /proc/[0-9]*; echo $#"]).log in ("4", "5"), "nothing of it is left"


def test_a_memory_bomb_is_named(box: DockerSandbox) -> None:
    with pytest.raises(SandboxError, match="more than the 256 MiB of memory"):
        box.run(["python3", "-c", "x = b'x' * 2**30"])
    child = box.run(["sh", "-c", "python3 -c \"x = b'x' * 2**30\" || exit 3"])
    assert child.exit_code == 3 and child.log.endswith("It wanted more memory than its limit (memory_mb).")
    assert box.run(["sh", "-c", "echo still here; exit 3"]).log == "still here"


def test_a_disk_is_filled_only_so_far(box: DockerSandbox) -> None:
    for folder in ("/askfirst", "/tmp"):
        fill = f"for n in 1 2 3 4 5 6 7; do head -c 7000000 /dev/zero > {folder}/fill$n || exit 1; done"
        assert box.run(["sh", "-c", fill]).log.endswith(f"{folder} is full: its limit is disk_mb.")
        box.run(["sh", "-c", f"rm {folder}/fill*"])
    ended = box.run(["sh", "-c", "head -c 9000000 /dev/zero > big; wc -c < big; rm big"])
    assert str(8 * 2**20) in ended.log.splitlines()


def test_time_is_up_for_all_that_it_started(box: DockerSandbox) -> None:
    script = "trap '' TERM; (trap '' TERM; sleep 99 &) ; echo begun; while :; do sleep 1; done"
    with pytest.raises(TimedOut) as late:
        box.run(["sh", "-c", script], timeout=0.5)
    assert late.value.log.startswith("begun")
    assert "sleep 99" not in box.run(["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"]).log


def test_an_orphan_does_not_outlive_its_command_nor_keep_it_waiting(box: DockerSandbox) -> None:
    assert box.run(["sh", "-c", "(sleep 98 &) ; echo done"], timeout=30).log == "done"
    assert "sleep 98" not in box.run(["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"]).log


def test_links_and_oddities_bring_nothing_of_ours_out(box: DockerSandbox, tmp_path: Path) -> None:
    box.run(["ln", "-s", "/etc/passwd", "result.json"])
    with pytest.raises(AgentFailed, match="not a regular file"):
        read(box, "result.json", 1000)
    box.run(["python3", "-c", "import os; os.mkfifo('repo/pipe')"])
    with pytest.raises(Refused, match="pipe"):
        take(box.get("repo"), tmp_path)
    box.run(["sh", "-c", "mv repo old && ln -s / repo"])
    with pytest.raises(Refused):
        take(box.get("repo"), tmp_path)
    box.run(["sh", "-c", "rm repo && mv old repo && rm repo/pipe result.json"])


def test_holes_are_no_way_to_fill_our_disk(box: DockerSandbox) -> None:
    holes = "import os; os.mkdir('holes'); [open(f'holes/{n}', 'w').truncate(2**23) for n in range(5)]"
    assert box.run(["python3", "-c", holes]).exit_code == 0
    with pytest.raises(SandboxError, match="more than the 32 MiB of disk"):
        box.get("holes")


@pytest.mark.parametrize("name", ["../out", "/etc/out", "repo/../../out"])
def test_nothing_is_put_elsewhere(box: DockerSandbox, name: str) -> None:
    with pytest.raises(SandboxError, match="would leave the sandbox"):
        box.put(tar_of({name: b"x"}))


def test_it_can_be_stopped_from_elsewhere_and_leaves_nothing(
    client: sdk.DockerClient, container_template: Template
) -> None:
    before = ours(client)
    opened = DockerSandbox(client, container_template, SMALL)
    begun = threading.Event()

    def stop() -> None:
        begun.wait()
        opened.close()

    stopping = threading.Thread(target=stop)
    stopping.start()
    with pytest.raises(SandboxError, match="was closed while its command ran"):
        opened.run(["sh", "-c", "echo begun; exec sleep 60"], on_line=lambda _line: begun.set())
    stopping.join()
    opened.close()
    assert ours(client) == before


def test_a_flood_of_output_ends_it(client: sdk.DockerClient, container_template: Template) -> None:
    before = ours(client)
    with DockerSandbox(client, container_template, SMALL) as opened:
        with pytest.raises(SandboxError, match="more than 64 MiB of output"):
            opened.run(["head", "-c", "1000000000", "/dev/zero"])
        assert ours(client) == before


def test_what_a_killed_worker_left_is_swept(client: sdk.DockerClient, container_template: Template) -> None:
    program = (
        "import sys; from bot.sandbox import engine, docker; from bot.sandbox.template import Template\n"
        "t = Template.model_validate_json(sys.argv[1]); b = docker.DockerSandbox(engine.connect(), t)\n"
        "b.run(['sh', '-c', 'echo; sleep 99'], on_line=lambda line: print('begun', flush=True))"
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", program, container_template.model_dump_json()], stdout=subprocess.PIPE
    )
    assert worker.stdout is not None and worker.stdout.readline() == b"begun\n"
    assert len(ours(client, worker.pid)) == 3
    os.kill(worker.pid, signal.SIGKILL)
    worker.communicate()
    engine.sweep(client)
    warm.until(lambda: not ours(client, worker.pid))


def test_what_another_machine_uses_is_left_until_its_time_is_over(
    client: sdk.DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = {engine.OWNER: "elsewhere:1", engine.UNTIL: str(int(time.time()))}
    volume = client.volumes.create(labels=foreign)
    try:
        engine.sweep(client)
        assert client.volumes.list(filters={"name": volume.name}) == [volume]
        monkeypatch.setattr(engine, "LATE", -1)
        engine.sweep(client)
        assert client.volumes.list(filters={"name": volume.name}) == []
    finally:
        engine.remove_volume(client, volume.name)


def test_without_an_engine_only_what_is_trusted_runs(
    container_template: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///no/such/socket")
    trusted = container_template.model_copy(update={"trusted": True})
    with open_sandbox(trusted) as opened:
        assert not isinstance(opened, DockerSandbox)
    for template, wanted in ((container_template, "auto"), (trusted, "docker")):
        with pytest.raises(SandboxError, match="no container engine answers: install Docker"):
            open_sandbox(template, wanted=wanted)


def test_without_its_image_a_template_says_how_to_make_it(container_template: Template) -> None:
    unbuilt = container_template.model_copy(update={"image": "askfirst-unbuilt"})
    with pytest.raises(SandboxError, match="`askfirst template build unbuilt` makes it"):
        open_sandbox(unbuilt)
    elsewhere = container_template.model_copy(update={"image": "example/none:1"})
    with pytest.raises(SandboxError, match=r"has no image example/none:1: `docker pull`"):
        open_sandbox(elsewhere)


def test_an_image_can_be_built_on_another(client: sdk.DockerClient, container_template: Template) -> None:
    mine = container_template.model_copy(
        update={"image": f"{container_template.image}-mine", "programs": ("ruff", "no-such-program")}
    )
    with pytest.raises(SandboxError, match="no image example/none:1"):
        images.build(client, mine, base="example/none:1")
    assert images.build(client, mine, base=container_template.image) == ["no-such-program"]
    try:
        with open_sandbox(mine) as opened:
            assert opened.run(["ruff", "--version"]).log.startswith("ruff ")
            assert opened.run(["git", "--version"]).exit_code == 0
    finally:
        client.images.remove(mine.image, force=True)
