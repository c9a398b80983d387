"""The image of the Dockerfile, made on a stand-in for its base, on a real engine: it works as nobody, and ends."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from docker import DockerClient, from_env
from docker.models.containers import Container
from docker.models.images import Image

from bot.sandbox.images import Layer

ROOT = Path(__file__).parents[1]
NAME = f"askfirst-tried-{os.getpid()}"
SECRET = "planted-secret"
USED = (
    "api",
    "bot.console",
    "bot.jobs.relay",
    "bot.jobs.runner",
    "bot.jobs.worker",
    "bot.store.migrate",
    "granian",
)
# asks until it is answered with a 2xx, so that a wait costs one process and not many
CALL = """
import sys, time, urllib.request
seconds, path, *rest = sys.argv[1:]
key, body = rest or ("", None)
headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
request = urllib.request.Request(f"http://127.0.0.1:8000{path}", body and body.encode(), headers)
give_up = time.monotonic() + int(seconds)
while True:
    try:
        print(urllib.request.urlopen(request, timeout=10).read().decode())
        break
    except OSError:
        if time.monotonic() > give_up:
            raise
        time.sleep(0.1)
"""


@pytest.fixture(scope="module")
def engine(client: DockerClient) -> DockerClient:
    """The engine, with patience: a step of a build says nothing for long."""
    return from_env(timeout=300)


@pytest.fixture(scope="module")
def base(engine: DockerClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """As Debian's image of Python, of this machine's own files; it holds the wheels, since builds have no network."""
    folder = tmp_path_factory.mktemp("base")
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    download += ["--requirement", str(ROOT / "requirements-run.lock"), "--dest", str(folder / "wheels")]
    with subprocess.Popen(download) as fetching, tarfile.open(folder / "base.tar", "w") as tar:
        layer = Layer(tar)
        layer.add_system()
        assert layer.add_program("pip") and layer.add_program("chown")
        layer.add_libraries(str(path) for path in Path(sys.prefix, "lib").rglob("*.so*"))
        assert fetching.wait() == 0
        tar.add(folder / "wheels", "wheels")
    # bytecode for all that is installed would take half a minute
    said = ["ENV PATH=/usr/local/bin:/usr/bin:/bin PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels PIP_COMPILE=0"]
    with open(folder / "base.tar", "rb") as file:
        engine.api.import_image(file, repository=f"{NAME}-base", tag="latest", changes=said)
    yield f"{NAME}-base"
    engine.images.remove(f"{NAME}-base", force=True)


@pytest.fixture(scope="module")
def image(engine: DockerClient, base: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """Built from a checkout in which secrets lie about."""
    checkout = tmp_path_factory.mktemp("build") / "askfirst"
    left_out = shutil.ignore_patterns(".*", "var", "tests", "__pycache__", "*.egg-info")
    shutil.copytree(ROOT, checkout, ignore=left_out)
    shutil.copy(ROOT / ".dockerignore", checkout)
    (checkout / "var").mkdir()
    for name in (".env", "var/secret_key", "github.pem"):
        (checkout / name).write_text(SECRET)
    for target, tag in (("builder", f"{NAME}-builder"), (None, NAME)):  # named, so that both can be removed
        built, _ = engine.images.build(
            path=str(checkout), buildargs={"BASE": base}, target=target, tag=tag, rm=True, forcerm=True
        )
    yield built
    for tag in (NAME, f"{NAME}-builder"):
        engine.images.remove(tag, force=True)


@pytest.fixture
def bytecode(engine: DockerClient, image: Image) -> Iterator[dict[str, Any]]:
    """A volume with the bytecode of what is used: else each process would compile all of it anew, at once."""
    shared: dict[str, Any] = {
        "environment": {"SANDBOX": "process", "PYTHONPYCACHEPREFIX": "/bytecode"},
        "volumes": {f"{NAME}-bytecode": {"bind": "/bytecode"}},
    }
    command = ["-c", f"import {', '.join(USED)}"]
    engine.containers.run(
        image.id, command, entrypoint="python", user="0", remove=True, network_mode="none", **shared
    )
    yield shared
    engine.volumes.get(f"{NAME}-bytecode").remove()


@pytest.fixture
def container(engine: DockerClient, image: Image, bytecode: dict[str, Any]) -> Iterator[Container]:
    """Bounded as in compose.yaml; without a network, so it is talked to from inside."""
    started = engine.containers.run(
        image.id, detach=True, network_mode="none", init=True, read_only=True, tmpfs={"/tmp": "exec"}, **bytecode,
        cap_drop=["ALL"], security_opt=["no-new-privileges"],
    )  # fmt: skip
    yield started
    started.remove(force=True, v=True)


def told(container: Container, *command: str, user: str = "") -> str:
    """What a command in the container prints; empty where it does not go well."""
    code, output = container.exec_run(list(command), user=user, stderr=False)
    return str(output.decode()) if code == 0 else ""


def test_the_image_works_as_nobody_holds_no_secret_and_ends_when_told(
    container: Container, image: Image
) -> None:
    ready = told(container, "python", "-c", CALL, "180", "/readyz")
    assert ready, container.logs().decode()
    assert json.loads(ready)["database"] == "ok"
    check, *command = image.attrs["Config"]["Healthcheck"]["Test"]
    assert check == "CMD" and container.exec_run(command).exit_code == 0

    told(container, "askfirst", "project", "create", "shop", "--repo", "/srv/git/shop.git")
    key = told(container, "askfirst", "key", "create", "--project", "shop").strip()
    create = ["/api/v1/issues/create", key, '{"title": "Made in a container"}']
    made = told(container, "python", "-c", CALL, "0", *create)
    assert json.loads(made)["data"]["title"] == "Made in a container"

    assert image.attrs["Config"]["User"] == "10000:10000" and told(container, "id", "-u") == "10000\n"
    beside = told(container, "ls", "-A", "/opt/askfirst", user="0").split()
    assert {"api", "app.py", "app.yml", "bot", "docs"} < set(beside)
    assert {".env", ".git", "var", "tests", "github.pem"}.isdisjoint(beside)
    look = f"grep -rlF {SECRET} /opt /var; ls -d /root/.cache /opt/askfirst/.venv/lib/*/site-packages/pip"
    assert told(container, "sh", "-c", f"{look}; echo looked", user="0") == "looked\n"
    assert not any(SECRET in text for text in image.attrs["Config"]["Env"])

    container.kill("SIGTERM")
    assert container.wait(timeout=15)["StatusCode"] == 0
    assert b"Traceback" not in container.logs()
