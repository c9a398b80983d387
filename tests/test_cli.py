"""The command line, as somebody at a terminal meets it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, text
from werkzeug.serving import make_server

import app
from bot.config import Config
from bot.domain import projects, repo_config
from bot.store.db import Database
from bot.store.models import Base, Delivery, Event
from tests.house import FLAWED

ASKFIRST = str(Path(sys.executable).parent / "askfirst")
SECRET = "it is a secret"


@pytest.fixture
def run(config: Config, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs a command in this process, with the settings of the test's server."""
    for name in [name for name in os.environ if name.startswith(("ASKFIRST_", "GITHUB_"))]:
        monkeypatch.delenv(name)
    given = {
        "DATABASE_URL": config.database_url,
        "ASKFIRST_HOME": str(config.askfirst_home),
        "REDIS_URL": "",
        "SANDBOX": "process",
    }

    def invoke(*arguments: str, **settings: str) -> Result:
        return CliRunner().invoke(app.main, list(arguments), env=given | settings)

    return invoke


def said(result: Result) -> str:
    """What a command that went well printed."""
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return result.stdout


def refused(result: Result) -> str:
    """The one sentence of a command that did not go well."""
    assert result.exit_code != 0 and result.stdout == "", result.output
    assert isinstance(result.exception, SystemExit), result.exception
    lines = result.stderr.strip().splitlines()
    assert lines[-1].startswith("Error: ") and "Traceback" not in result.stderr, result.stderr
    return lines[-1].removeprefix("Error: ")


def commands(group: click.Group = app.main, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


@pytest.mark.parametrize("path", list(commands()), ids=" ".join)
def test_every_command_has_help_with_an_example_that_is_one(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app.main, [*path, "--help"], terminal_width=200)
    assert result.exit_code == 0
    found = re.search(r"Example: askfirst (.+)", result.output)
    assert found and found[1].split()[: len(path)] == list(path)
    assert re.search(r"^  [A-Z].+\.$", result.output, re.MULTILINE), "it says what it does"


def test_help_names_every_command() -> None:
    for group in ([], ["project"], ["key"]):
        result = CliRunner().invoke(app.main, [*group, "-h"])
        named = [path[len(group)] for path in commands() if list(path[: len(group)]) == group]
        assert result.exit_code == 0 and all(f"\n  {name} " in result.output for name in named)


def test_the_program_itself_says_its_version_and_fails_in_one_sentence(tmp_path: Path) -> None:
    version = subprocess.run([ASKFIRST, "--version"], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"askfirst, version \d+\.\d+\.\d+\n", version.stdout)
    home = {"PATH": os.environ["PATH"], "ASKFIRST_HOME": str(tmp_path)}
    wrong = subprocess.run(
        [ASKFIRST, "project", "pause", "shop"], env=home, capture_output=True, text=True, check=False
    )
    assert wrong.returncode == 1 and wrong.stdout == ""
    assert wrong.stderr.startswith("Error: ") and len(wrong.stderr.splitlines()) == 1
    assert "askfirst migrate" in wrong.stderr
    for _ in range(2):
        subprocess.run([ASKFIRST, "migrate"], env=home, check=True, capture_output=True)
    made = subprocess.run(
        [ASKFIRST, "project", "create", "shop", "--repo", "."],
        env=home,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.fullmatch(r"proj_\w{26}\n", made.stdout) and made.stderr == ""


def test_migrations_go_forward_and_back(run: Callable[..., Result], db: Database) -> None:
    said(run("migrate", "--back-to", "0012"))
    assert refused(run("migrate", "--back-to", "9999")) == (
        "--back-to: The database is at 0012, and 9999 is none before it."
    )
    said(run("migrate"))


# projects and keys


def test_a_project_is_made_listed_paused_and_resumed(run: Callable[..., Result]) -> None:
    assert said(run("project", "list")) == ""
    made = said(run("project", "create", "shop", "--repo", "/srv/git/shop.git")).strip()
    said(run("project", "create", "tries", "--repo", "https://example.test/x.git", "--test"))
    shop, tries = said(run("project", "list")).splitlines()
    assert shop.split("  ") == [made, "live", "shop", "/srv/git/shop.git", "on"]
    assert tries.split("  ")[1:] == ["test", "tries", "https://example.test/x.git", "on"]
    said(run("project", "pause", "shop", "--reason", "moving house"))
    assert "paused: moving house" in said(run("project", "list")).splitlines()[0]
    said(run("project", "resume", made))
    assert said(run("project", "list")).splitlines()[0] == shop


def test_the_doctor_names_each_project_that_waits_and_what_to_do(
    run: Callable[..., Result], db: Database
) -> None:
    setup, well = said(run("doctor")).splitlines()
    assert re.fullmatch(r"No GitHub App is set up.* the setup code is [0-9a-f]{16}", setup)
    assert well == "All is well."
    said(run("project", "create", "shop", "--repo", "/srv/git/shop.git"))
    said(run("project", "pause", "shop", "--reason", "We move house."))
    with db.write() as tx:
        repo_config.read(projects.find(tx, "shop"), "questions: {max: many}\n")
    result = run("doctor")
    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout.splitlines()[:2] == [
        "shop is paused: We move house. `askfirst project resume shop` lets it go on.",
        "shop: .github/askfirst.yml, line 1: questions.max must be a whole number. "
        "What was right before is still in force.",
    ]


def test_a_relative_repository_is_kept_as_a_whole_path(
    run: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said(run("project", "create", "shop", "--repo", "git/shop"))
    assert f"  {tmp_path}/git/shop  " in said(run("project", "list"))


def test_a_key_is_shown_once_and_good_until_it_is_revoked(
    run: Callable[..., Result], config: Config, db: Database
) -> None:
    said(run("project", "create", "shop", "--repo", "/srv/git/shop.git"))
    printed = said(run("key", "create", "--project", "shop", "--name", "ci", "--scope", "issues:read"))
    assert re.fullmatch(r"cc_live_[0-9A-Za-z]{43}\n", printed), "the key alone, so that it can be piped"
    key = printed.strip()

    def whoami() -> Any:
        http = app.create_app(config, db).test_client()
        return http.get("/api/v1/whoami", headers={"Authorization": f"Bearer {key}"})

    assert whoami().json["data"]["scopes"] == ["issues:read"]
    [line] = said(run("key", "list", "--project", "shop")).splitlines()
    assert key[:16] + "…  ci  issues:read  used 20" in line and line.endswith("  good")
    assert key not in line and key[:20] not in line
    said(run("key", "revoke", line.split()[0]))
    assert whoami().status_code == 401
    assert "  revoked 20" in said(run("key", "list", "--project", "shop"))
    said(run("key", "revoke", line.split()[0]))
    with db.read() as tx:
        rows = [tx.execute(text(f"SELECT * FROM {table}")).all() for table in Base.metadata.tables]
        actions = [
            (event.action, event.by, event.door) for event in tx.scalars(select(Event).order_by(Event.id))
        ]
    assert key[:20] not in repr(rows), "what is kept of it is its beginning and a hash"
    assert actions[:2] == [("project/create", "operator", "cli"), ("keys/create", "operator", "cli")]
    assert {action for action, _, _ in actions[2:]} == {"keys/revoke"}


def test_a_key_of_a_test_project_says_so(run: Callable[..., Result]) -> None:
    said(run("project", "create", "tries", "--repo", "/srv/tries", "--test"))
    assert said(run("key", "create", "--project", "tries")).startswith("cc_test_")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["project", "pause", "nope"], "There is no project 'nope'; `askfirst project list`"),
        (["project", "resume", "nope"], "There is no project 'nope'"),
        (["key", "create", "--project", "nope"], "There is no project 'nope'"),
        (["key", "list", "--project", "nope"], "There is no project 'nope'"),
        (["key", "revoke", "key_nope"], "There is no key key_nope; `askfirst key list`"),
        (["key", "create", "--project", "shop", "--scope", "issues:all"], "There is no scope 'issues:all'"),
        (["project", "create", "shop", "--repo", "/srv/x"], "There is a project 'shop' already"),
        (["project", "create", "  ", "--repo", "/srv/x"], "1 to 200 characters"),
        (["project", "create", "x" * 201, "--repo", "/srv/x"], "1 to 200 characters"),
        (["key", "create", "--project", "shop", "--name", ""], "1 to 200 characters"),
        (["relay"], "REDIS_URL is not set; `askfirst up`"),
        (["worker"], "REDIS_URL is not set; `askfirst up`"),
        (["agents"], "REDIS_URL is not set; `askfirst up`"),
        (["web"], "REDIS_URL is not set; `askfirst up`"),
        (["send-hook", "ping", "/dev/null"], "GITHUB_WEBHOOK_SECRET is not set"),
        (["scan", "/no/such/folder"], "/no/such/folder"),
        (["scan", __file__], "is a file"),
        (["no-such-command"], "No such command"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    run: Callable[..., Result], arguments: list[str], words: str
) -> None:
    said(run("project", "create", "shop", "--repo", "/srv/shop"))
    assert words in refused(run(*arguments))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"ASKFIRST_TYPO": "1"}, "ASKFIRST_TYPO is not a setting"),
        ({"PUBLIC_URL": "ftp://x"}, "PUBLIC_URL: "),
        ({"PUBLIC_URL": "https://x"}, "SECRET_KEY: "),
        ({"SANDBOX": "none"}, "SANDBOX: "),
        ({"ASKFIRST_HOME": "/dev/null/x"}, "ASKFIRST_HOME: "),
        ({"GITHUB_PRIVATE_KEY": "/no/such/file"}, "GITHUB_PRIVATE_KEY: "),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL: "),
        ({"DATABASE_URL": "oracle9://x"}, "DATABASE_URL: "),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL: "),
        ({"DATABASE_URL": "sqlite:////no/such/folder/x.db"}, "DATABASE_URL: "),
        ({"DATABASE_URL": "postgresql+psycopg://x:hunter2@127.0.0.1:1/x"}, "DATABASE_URL: "),
    ],
)
def test_a_wrong_setting_is_named(run: Callable[..., Result], settings: dict[str, str], words: str) -> None:
    sentence = refused(run("project", "list", **settings))
    assert sentence.startswith(words) and "hunter2" not in sentence


def test_tables_that_are_missing_are_named_with_what_to_do(
    run: Callable[..., Result], config: Config, tmp_path: Path
) -> None:
    empty = f"sqlite:///{tmp_path / 'empty.db'}"
    if config.database_url.startswith("postgresql"):
        empty = (
            f"{config.database_url}{'&' if '?' in config.database_url else '?'}options=-csearch_path%3Dnone"
        )
    sentence = refused(run("project", "list", DATABASE_URL=empty))
    assert sentence.startswith("DATABASE_URL: ") and "askfirst migrate" in sentence


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("url", ["redis://127.0.0.1:1", "nonsense", "unix:///no/such/socket"])
@pytest.mark.parametrize("command", ["worker", "agents"])
def test_a_redis_that_is_not_there_is_named(run: Callable[..., Result], command: str, url: str) -> None:
    assert refused(run(command, REDIS_URL=url)).startswith("REDIS_URL: ")


# scan


def scan(*arguments: str, cwd: Path | None = None, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "ASKFIRST_HOME": str(home), "SANDBOX": "process"}
    return subprocess.run(
        [ASKFIRST, "scan", *arguments], env=environment, cwd=cwd, capture_output=True, text=True, check=False
    )


@pytest.fixture
def work_tree(tmp_path: Path) -> Path:
    """A git work tree with something committed, changed, added, removed and ignored."""
    folder = tmp_path / "shop"
    (folder / "old").mkdir(parents=True)
    (folder / ".gitignore").write_text("ignored.py\nbuild/\n")
    for name in ("changed.py", "removed.py", "old/kept.py"):
        (folder / name).write_text("x = 1\n" if name == "changed.py" else FLAWED["shop/cart.py"])
    git = ["git", "-C", str(folder), "-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    for arguments in (["init"], ["add", "."], ["commit", "-m", "First"]):
        subprocess.run([*git, *arguments], check=True, capture_output=True)
    for name in ("changed.py", "added.py", "ignored.py"):
        (folder / name).write_text(FLAWED["shop/cart.py"])
    (folder / "removed.py").unlink()
    return folder


def test_a_scan_sees_the_work_tree_as_it_is(work_tree: Path, tmp_path: Path) -> None:
    before = sorted(path for path in work_tree.rglob("*") if ".git" not in path.parts)
    answer = scan(str(work_tree), "--json", home=tmp_path / "home")
    assert (answer.returncode, answer.stderr) == (0, "")
    found = json.loads(answer.stdout)
    places = {place["path"] for issue in found["issues"] for place in issue["locations"]}
    assert places == {"changed.py", "added.py", "old/kept.py"}
    assert sorted(path for path in work_tree.rglob("*") if ".git" not in path.parts) == before


def test_text_says_what_and_where_and_sarif_is_sarif(work_tree: Path, tmp_path: Path) -> None:
    text = scan(".", cwd=work_tree, home=tmp_path / "home")
    assert text.returncode == 0 and text.stderr == "" and "    changed.py:4\n" in text.stdout
    sarif = scan(".", "--sarif", "--prompt", "bugs in old/kept.py", cwd=work_tree, home=tmp_path / "home")
    document = json.loads(sarif.stdout)
    assert document["version"] == "2.1.0"
    [run] = document["runs"]
    places = [place["physicalLocation"] for result in run["results"] for place in result["locations"]]
    assert {place["artifactLocation"]["uri"] for place in places} == {"old/kept.py"}
    assert {result["ruleId"] for result in run["results"]} == {
        rule["id"] for rule in run["tool"]["driver"]["rules"]
    }


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_folder_that_is_no_repository_and_one_with_nothing(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    assert "no file that the analyzers read" in said(run("scan", str(plain)))
    assert json.loads(said(run("scan", str(plain), "--json")))["issues"] == []
    assert json.loads(said(run("scan", str(plain), "--sarif")))["runs"][0]["results"] == []
    (plain / "deploy.sh").write_text(FLAWED["deploy.sh"])
    found = json.loads(said(run("scan", str(plain), "--json")))
    assert {place["path"] for issue in found["issues"] for place in issue["locations"]} == {"deploy.sh"}


# send-hook


@pytest.fixture
def server(config: Config, db: Database) -> Iterator[str]:
    """The URL of a running web server with an App."""
    update = {"github_app_id": 1, "github_private_key": "a key", "github_webhook_secret": SECRET}
    site = app.create_app(config.model_copy(update=update), db)
    for path, answer in (("/text", "hello"), ("/list", [1]), ("/object", {"a": 1})):
        site.add_url_rule(path, path, lambda answer=answer: answer, methods=["POST"])
    web = make_server("127.0.0.1", 0, site, threaded=True)
    thread = threading.Thread(target=web.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{web.server_port}"
    web.shutdown()
    thread.join()
    web.server_close()


def test_a_payload_is_signed_and_taken(
    run: Callable[..., Result], server: str, db: Database, tmp_path: Path
) -> None:
    payload = tmp_path / "payload.json"
    payload.write_text('{"zen": "Ünïcode"}')
    sent = run("send-hook", "ping", str(payload), GITHUB_WEBHOOK_SECRET=SECRET, PUBLIC_URL=server)
    assert said(sent) == "202 Stored.\n"
    with db.read() as tx:
        [delivery] = tx.scalars(select(Delivery))
    assert (delivery.event, delivery.payload) == ("ping", '{"zen": "Ünïcode"}')
    wrong = run("send-hook", "ping", str(payload), GITHUB_WEBHOOK_SECRET="another", PUBLIC_URL=server)
    assert refused(wrong).startswith("401 ") and "signature" in wrong.stderr
    payload.write_text("not JSON")
    url = f"{server}/webhooks/github"
    wrong = run("send-hook", "ping", str(payload), "--url", url, GITHUB_WEBHOOK_SECRET=SECRET)
    assert refused(wrong).startswith("400 ")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:1/webhooks/github", "Nothing answers at http://127.0.0.1:1/webhooks/github"),
        ("nonsense", "nonsense"),
        ("file:///etc/passwd", "file:///etc/passwd"),
        ("{server}/healthz", "405"),
        ("{server}/text", "/text is no webhook address"),
        ("{server}/list", "/list is no webhook address"),
        ("{server}/object", "/object is no webhook address"),
    ],
)
def test_a_url_where_no_webhook_is_taken(
    run: Callable[..., Result], server: str, tmp_path: Path, url: str, words: str
) -> None:
    payload = tmp_path / "payload.json"
    payload.write_text("{}")
    to = url.replace("{server}", server)
    assert words in refused(run("send-hook", "ping", str(payload), "--url", to, GITHUB_WEBHOOK_SECRET=SECRET))
