"""Settings: read once, checked once, and a wrong one is said by its name."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from bot.config import Config, ConfigError, load

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def settings(home: Path, **env: str) -> Config:
    return load({"ASKFIRST_HOME": str(home)} | env)


def test_nothing_set_gives_a_server_for_this_machine(home: Path) -> None:
    config = settings(home)
    assert config.database_url == f"sqlite:///{home}/askfirst.db"
    assert config.public_url == "http://localhost:8000"
    assert config.sandbox == "auto"
    assert not config.production
    assert not config.has_app


def test_the_process_environment_is_read(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASKFIRST_HOME", str(home))
    monkeypatch.setenv("PUBLIC_URL", "https://askfirst.example/")
    monkeypatch.setenv("SECRET_KEY", "given")
    config = load()
    assert config.public_url == "https://askfirst.example", "links are made by adding a path"
    assert config.production


def test_an_empty_value_is_the_default(home: Path) -> None:
    assert settings(home, GITHUB_APP_ID="", SANDBOX="", ASKFIRST_OWNERS="") == settings(home)


@pytest.mark.parametrize("text", ["acme,octo-org", "acme octo-org", " acme, octo-org "])
def test_a_list_takes_commas_and_spaces(home: Path, text: str) -> None:
    assert settings(home, ASKFIRST_OWNERS=text).askfirst_owners == ("acme", "octo-org")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GITHUB_APP_ID", "twelve"),
        ("PUBLIC_URL", "askfirst.example"),
        ("GITHUB_API_URL", "ftp://github.example"),
        ("SANDBOX", "chroot"),
        ("ASKFIRST_LOG_LEVEL", "loud"),
        ("ASKFIRST_SPEED", "11"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_named(home: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=rf"^{name}\b"):
        settings(home, **{name: value})
    assert not home.exists()


def test_what_others_keep_in_the_environment_is_none_of_ours(home: Path) -> None:
    assert settings(home, PATH="/bin", HOMEPAGE="x", GITHUB_TOKEN="x") == settings(home)


def test_a_home_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"^ASKFIRST_HOME: cannot make"):
        settings(tmp_path / "file" / "home")


def test_without_a_secret_one_is_made_kept_and_only_the_owner_reads_it(home: Path) -> None:
    first = settings(home).secret_key
    kept = home / "secret_key"
    assert len(first) == 64
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert settings(home).secret_key == first
    assert settings(home.with_name("other")).secret_key != first


def test_processes_that_start_together_agree_on_the_secret(home: Path) -> None:
    together = Barrier(8)

    def start(_: int) -> str:
        together.wait(10)
        return settings(home).secret_key

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(start, range(8)))
    assert len(keys) == 1
    assert [path.name for path in home.iterdir()] == ["secret_key"]


def test_production_demands_a_secret(home: Path) -> None:
    with pytest.raises(ConfigError, match=r"^SECRET_KEY: .*openssl rand"):
        settings(home, PUBLIC_URL="https://askfirst.example")
    assert settings(home, PUBLIC_URL="https://askfirst.example", SECRET_KEY="given").secret_key == "given"


@pytest.mark.parametrize("text", [PEM, PEM.replace("\n", "\\n")], ids=["lines", "written line ends"])
def test_the_private_key_is_taken_as_text(home: Path, text: str) -> None:
    assert settings(home, GITHUB_PRIVATE_KEY=text).github_private_key == PEM


def test_the_private_key_is_taken_as_a_path(home: Path, tmp_path: Path) -> None:
    (tmp_path / "app.pem").write_text(PEM)
    assert settings(home, GITHUB_PRIVATE_KEY=str(tmp_path / "app.pem")).github_private_key == PEM


@pytest.mark.parametrize(
    ("name", "why"), [("nowhere.pem", "No such file"), ("notes.txt", "is not a PEM key")]
)
def test_a_path_without_a_key_is_said_without_what_is_in_it(
    home: Path, tmp_path: Path, name: str, why: str
) -> None:
    (tmp_path / "notes.txt").write_text("confidential")
    with pytest.raises(ConfigError, match=f"^GITHUB_PRIVATE_KEY: .*{why}") as error:
        settings(home, GITHUB_PRIVATE_KEY=str(tmp_path / name))
    assert "confidential" not in str(error.value)


def test_the_app_is_there_when_its_three_parts_are(home: Path) -> None:
    parts = {"GITHUB_APP_ID": "12", "GITHUB_PRIVATE_KEY": PEM, "GITHUB_WEBHOOK_SECRET": "shared"}
    assert settings(home, **parts).has_app
    for name in parts:
        assert not settings(home, **{key: text for key, text in parts.items() if key != name}).has_app


def test_secrets_stay_out_of_what_is_printed(home: Path) -> None:
    secrets = {
        "SECRET_KEY": "s3cret-a",
        "GITHUB_PRIVATE_KEY": PEM,
        "GITHUB_WEBHOOK_SECRET": "s3cret-b",
        "GITHUB_CLIENT_SECRET": "s3cret-c",
        "DATABASE_URL": "postgresql+psycopg://bot:s3cret-d@db/askfirst",
        "REDIS_URL": "redis://:s3cret-e@cache:6379/0",
    }
    printed = repr(settings(home, **secrets))
    assert "s3cret" not in printed
    assert "MIIEow" not in printed


def test_settings_do_not_change_while_the_server_runs(home: Path) -> None:
    with pytest.raises(ValueError, match="frozen"):
        settings(home).sandbox = "docker"
