"""What is there for deploying names only commands and settings that there are, and keeps what the guide promises."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from pydantic import ValidationError

import app
from bot.config import Config
from bot.domain.repo_config import Limits

ROOT = Path(__file__).parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name: each for name, each in SERVICES.items() if each["image"] == "askfirst"}
UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))
SETTINGS = {name.upper() for name in Config.model_fields}
FOR_COMPOSE = {"POSTGRES_PASSWORD", "DOCKER_GID"}
LONGEST_RUN = 60 * 60  # seconds; `limits.minutes` in a repository's configuration is 60 at most


def is_a_command(words: list[str]) -> bool:
    """Whether `askfirst` takes it, with its options: `--help` at the end parses what comes before."""
    return CliRunner().invoke(app.main, [*words, "--help"]).exit_code == 0


def seconds(text: str) -> int:
    span = re.fullmatch(r"(\d+)(s|m|min|)", text)
    assert span, text
    return int(span[1]) * (60 if span[2] in ("m", "min") else 1)


def test_compose_starts_every_part_once_the_database_is_migrated() -> None:
    assert set(OURS) == {"migrate", "web", "relay", "worker", "agents"}
    for name, service in OURS.items():
        assert service["command"][0] == name and is_a_command(service["command"])
        waits = {on: how["condition"] for on, how in service["depends_on"].items()}
        migrated = {} if name == "migrate" else {"migrate": "service_completed_successfully"}
        assert waits.items() >= ({"postgres": "service_healthy"} | migrated).items()
    for name in ("postgres", "redis", "web"):
        assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"


def test_only_the_web_server_has_a_port_and_only_agents_the_engine() -> None:
    assert [name for name, each in SERVICES.items() if "ports" in each] == ["web"]
    assert SERVICES["web"]["ports"][0].startswith("127.0.0.1:")
    assert [name for name, each in SERVICES.items() if "docker.sock" in str(each)] == ["agents"]
    for service in OURS.values():
        assert service["cap_drop"] == ["ALL"] and service["read_only"] and service["init"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "home:/var/lib/askfirst" in service["volumes"]


def test_compose_knows_only_settings_and_holds_no_secret() -> None:
    text = (ROOT / "compose.yaml").read_text()
    for service in OURS.values():
        assert set(service["environment"]) <= SETTINGS and service["env_file"] == ".env"
    assert set(re.findall(r"\$\{(\w+)", text)) == FOR_COMPOSE
    guide = (ROOT / "docs/how-to/deploying.md").read_text()
    assert all(name in guide for name in FOR_COMPOSE)


def unit(path: Path) -> dict[str, dict[str, list[str]]]:
    """A unit's sections; a name may come more than once."""
    sections: dict[str, dict[str, list[str]]] = {}
    section: dict[str, list[str]] = {}
    for line in path.read_text().splitlines():
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            name, _, value = line.partition("=")
            section.setdefault(name, []).append(value)
    return sections


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_runs_a_command_that_there_is_with_no_right_that_it_does_not_need(path: Path) -> None:
    service = unit(path)["Service"]
    [start] = service["ExecStart"]
    program, *words = start.split()
    assert program == "/opt/askfirst/.venv/bin/askfirst" and is_a_command(words)
    assert service["EnvironmentFile"] == ["/etc/askfirst/env"] and service["User"] == ["askfirst"]
    assert {each.partition("=")[0] for each in service["Environment"]} <= SETTINGS
    for name, value in (
        ("NoNewPrivileges", "yes"), ("ProtectSystem", "strict"), ("PrivateTmp", "yes"),
        ("CapabilityBoundingSet", ""), ("StateDirectory", "askfirst"),
    ):  # fmt: skip
        assert service[name] == [value], name


def test_the_target_wants_every_part() -> None:
    wants = unit(ROOT / "deploy/systemd/askfirst.target")["Unit"]["Wants"][0].split()
    started = {name.replace("@1", "@").replace("@2", "@") for name in wants}
    assert started == {path.name for path in UNITS} - {"askfirst-migrate.service"}


def test_a_run_is_given_its_time_to_end() -> None:
    service = unit(ROOT / "deploy/systemd/askfirst-agents.service")["Service"]
    assert seconds(service["TimeoutStopSec"][0]) > LONGEST_RUN and service["KillMode"] == ["mixed"]
    assert seconds(SERVICES["agents"]["stop_grace_period"]) > LONGEST_RUN
    with pytest.raises(ValidationError):
        Limits(minutes=LONGEST_RUN // 60 + 1)


def test_the_procfile_starts_what_the_others_start() -> None:
    lines = (ROOT / "Procfile").read_text().splitlines()
    commands = {line.partition(": askfirst ")[2] for line in lines}
    assert commands == set(OURS)


def test_the_dockerfile_is_well_kept() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    told = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout
