"""Wires everything: `create_app()` for the web, and the `askfirst` command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

    from bot.config import Config
    from bot.store.db import Database
    from bot.store.models import Outbox


def create_app(config: Config | None = None, db: Database | None = None) -> Flask:
    """The web application: REST, webhooks, health, pages."""
    from flask import Flask

    import api
    from api.auth import KnownKeys
    from api.limits import Limits
    from bot import console, webhooks
    from bot.config import load
    from bot.sandbox.template import load_templates
    from bot.store.counted import Counted
    from bot.store.db import Database
    from bot.store.doorbell import Doorbell, Soon

    config = config or load()
    _watch(config)
    app = Flask("askfirst", static_folder=None)
    doorbell = Doorbell(config.redis_url)
    db = db or Database(config.database_url, Soon(doorbell.ring).ring, template=config.template)
    app.extensions |= {
        "config": config,
        "db": db,
        "doorbell": doorbell,
        "keys": KnownKeys(db),
        "counted": Counted(config.redis_url),
        "limits": Limits(config.redis_url, config),
        "templates": load_templates(config.askfirst_home),
    }
    api.register(app)
    webhooks.register(app)
    console.register(app)
    return app


def _watch(config: Config) -> None:
    """Begin to log, and to tell those whom the operator names; no secret gets there."""
    from bot import logs, telemetry
    from bot.github.errors import redacting

    redact = redacting(config.secrets)
    logs.begin(config.askfirst_log_level, redact)
    telemetry.begin(redact)


class Commands(click.Group):
    """Turns what is the user's to mend into one sentence and a non-zero exit status."""

    def invoke(self, context: click.Context) -> Any:
        from sqlalchemy.exc import OperationalError, ProgrammingError

        from bot.agents.base import AgentFailed
        from bot.config import ConfigError
        from bot.domain.errors import DomainError
        from bot.redis_server import NoRedis
        from bot.sandbox.base import SandboxError
        from bot.store.backup import BackupError

        try:
            return super().invoke(context)
        except (AgentFailed, BackupError, ConfigError, DomainError, NoRedis, SandboxError) as error:
            raise click.ClickException(str(error)) from None
        except (OperationalError, ProgrammingError) as error:
            reason = str(error.orig).splitlines()[0]
            raise click.ClickException(f"DATABASE_URL: {reason}. Has `askfirst migrate` been run?") from None


def example(text: str) -> Callable[[Any], Any]:
    """Show an example at the end of a command's help."""

    def shown(command: click.Command) -> click.Command:
        command.epilog = f"Example: {text}"
        return command

    return shown


@contextmanager
def _ledger() -> Iterator[tuple[Config, Database]]:
    from sqlalchemy.exc import ArgumentError

    from bot.config import load
    from bot.store.db import Database

    config = load()
    _watch(config)
    try:
        db = Database(config.database_url, template=config.template)
    except (ArgumentError, ModuleNotFoundError):
        wanted = "DATABASE_URL: it must start with sqlite:/// or postgresql+psycopg://."
        raise click.ClickException(wanted) from None
    try:
        yield config, db
    finally:
        db.close()


def _record(tx: Session, project_id: str, action: str, object_id: str) -> None:
    from bot.domain import events

    tx.flush()
    events.record(tx, project_id, by="operator", door="cli", action=action, object_id=object_id)


def _redis_url(config: Config) -> str:
    if not config.redis_url:
        raise click.ClickException("REDIS_URL is not set; `askfirst up` starts a Redis of its own.")
    if not config.redis_url.startswith(("redis://", "rediss://", "unix://")):
        raise click.ClickException("REDIS_URL: it must start with redis://, rediss:// or unix://.")
    return config.redis_url


def _must_be_free(host: str, port: int) -> None:
    import socket

    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(address)
    except (OSError, OverflowError) as error:
        raise click.ClickException(
            f"Cannot listen on {host}:{port}: {error}; choose another --port."
        ) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="askfirst", prog_name="askfirst")
def main() -> None:
    """Askfirst finds work in a repository, asks before it acts, then does it."""


@example("askfirst up --port 8000")
@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, help="The port to listen on.")
def up(host: str, port: int) -> None:
    """Run everything on this machine: web, relay, workers, and a Redis if REDIS_URL is not set."""
    from bot import credentials, redis_server
    from bot.store.migrate import migrate as bring_up_to_date
    from bot.supervisor import Supervisor

    _must_be_free(host, port)
    with _ledger() as (config, db):
        bring_up_to_date(db)
    redis, url = (None, _redis_url(config)) if config.redis_url else redis_server.start(config.askfirst_home)
    commands = {
        "web": ["web", "--host", host, "--port", str(port)],
        "relay": ["relay"],
        "worker 1": ["worker"],
        "worker 2": ["worker"],
        "agents": ["agents"],
    }
    click.echo(f"Askfirst listens on http://{host}:{port} (its data: {config.askfirst_home})")
    if code := credentials.setup_code(config):
        click.echo(
            f"No GitHub App is set up: plain projects work, webhooks are refused.\n"
            f"To make one, open {config.public_url}/setup; the setup code is {code}"
        )
    environment = {"REDIS_URL": url, "ASKFIRST_HOME": str(config.askfirst_home)}
    Supervisor(commands, environment, {"redis": redis} if redis else {}).run()


@example("askfirst web --host 0.0.0.0 --port 8000")
@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, help="The port to listen on.")
@click.option("--workers", default=2, show_default=True, help="How many processes.")
def web(host: str, port: int, workers: int) -> None:
    """Serve REST and webhooks."""
    from bot.config import load

    _redis_url(load())
    _must_be_free(host, port)
    serve("app:create_app", host, port, workers)


def serve(target: str, host: str, port: int, workers: int) -> None:
    """Serve what the factory `target` ("module:function") makes, until SIGTERM or SIGINT."""
    from granian import Granian
    from granian.constants import Interfaces

    Granian(
        target, host, port, interface=Interfaces.WSGI, factory=True, workers=workers, blocking_threads=2,
        respawn_failed_workers=True, websockets=False, log_enabled=False,
        # a client that never finishes would hold the stop for good; containers are given 10 s
        workers_kill_timeout=5,
    ).serve()  # fmt: skip


@example("askfirst relay")
@main.command()
def relay() -> None:
    """Ring for work that is due and was not rung for."""
    import signal

    from bot.jobs.relay import Relay
    from bot.store.doorbell import Doorbell

    with _ledger() as (config, db):
        sweeping = Relay(db, Doorbell(_redis_url(config)))
        signal.signal(signal.SIGTERM, lambda *_: sweeping.stopped.set())
        sweeping.run()


@example("askfirst worker")
@main.command()
def worker() -> None:
    """Do short jobs: deliveries, and what GitHub is to show."""
    _work("jobs", "bulk")


@example("askfirst agents")
@main.command()
def agents() -> None:
    """Do agent runs, one at a time."""
    _work("agents")


def _work(*queues: str) -> None:
    from redis.exceptions import RedisError

    from bot.config import load
    from bot.jobs.worker import work

    config = load()
    _watch(config)
    try:
        work(_redis_url(config), *queues)
    except RedisError as error:
        raise click.ClickException(f"REDIS_URL: {error}") from None


@example("askfirst migrate")
@main.command()
@click.option(
    "--back-to", metavar="REVISION", help="Take back what came after this one; what it held is lost."
)
def migrate(back_to: str | None) -> None:
    """Bring the database to the shape this version needs, or before going back, to an older one's."""
    from bot.store import migrate as migrations

    with _ledger() as (_, db):
        if back_to is None:
            migrations.migrate(db)
            return
        try:
            migrations.take_back(db, back_to)
        except LookupError as error:
            raise click.ClickException(f"--back-to: {error}.") from None


@example("askfirst doctor")
@main.command()
def doctor() -> None:
    """Say what needs somebody, and what to do; the exit status is 1 where something does."""
    from bot import credentials
    from bot.jobs.checkup import findings

    with _ledger() as (config, db):
        found = findings(config, db)
        code = credentials.setup_code(config)
    for finding in found:
        click.echo(finding)
    if code:
        click.echo(
            f"No GitHub App is set up. To make one, open {config.public_url}/setup; the setup code is {code}"
        )
    if found:
        sys.exit(1)
    click.echo("All is well.")


@main.group()
def project() -> None:
    """Projects: one for each repository."""


@example("askfirst project create shop --repo /srv/git/shop.git")
@project.command("create")
@click.argument("name")
@click.option("--repo", required=True, help="A path on this machine, or a git URL.")
@click.option(
    "--test", is_flag=True, help="A test project: runs the template `scripted`, writes nothing to GitHub."
)
def project_create(name: str, repo: str, test: bool) -> None:
    """Add a plain project. Repositories on GitHub get theirs when the App is installed."""
    from bot.domain import projects

    url = repo if "://" in repo else str(Path(repo).absolute())
    with _ledger() as (_, db), db.write() as tx:
        made = projects.create(tx, name, url, mode="test" if test else "live")
        _record(tx, made.id, "project/create", made.id)
        click.echo(made.id)


@example("askfirst project list")
@project.command("list")
def project_list() -> None:
    """Show all projects."""
    from bot.domain import projects

    with _ledger() as (_, db), db.read() as tx:
        for row in projects.everything(tx):
            state = f"paused: {row.paused_reason}" if row.paused_reason else "on"
            click.echo(f"{row.id}  {row.mode}  {row.name}  {row.url}  {state}")


@example('askfirst project pause shop --reason "moving house"')
@project.command("pause")
@click.argument("name")
@click.option("--reason", default="the operator paused it", show_default=True)
def project_pause(name: str, reason: str) -> None:
    """Let nothing start in a project."""
    from bot.domain import projects

    with _ledger() as (_, db), db.write() as tx:
        found = projects.find(tx, name)
        projects.pause(tx, found, reason)
        _record(tx, found.id, "project/pause", found.id)


@example("askfirst project resume shop")
@project.command("resume")
@click.argument("name")
def project_resume(name: str) -> None:
    """Let a paused project go on."""
    from bot.domain import projects

    with _ledger() as (_, db), db.write() as tx:
        found = projects.find(tx, name)
        projects.resume(tx, found)
        _record(tx, found.id, "project/resume", found.id)


@main.group()
def key() -> None:
    """API keys of a project."""


@example("askfirst key create --project shop --scope issues:read")
@key.command("create")
@click.option("--project", "name", required=True, help="The project's name or id.")
@click.option("--name", "key_name", default="key", show_default=True, help="What the key is for.")
@click.option(
    "--scope", multiple=True, help="What it may do; all when left out. Can be given more than once."
)
def key_create(name: str, key_name: str, scope: tuple[str, ...]) -> None:
    """Make an API key and print it, alone, on standard output. It is not shown again."""
    from bot.domain import keys, projects

    with _ledger() as (_, db), db.write() as tx:
        made, text = keys.make(tx, projects.find(tx, name), key_name, list(scope))
        _record(tx, made.project_id, "keys/create", made.id)
    click.echo(text)


@example("askfirst key list --project shop")
@key.command("list")
@click.option("--project", "name", required=True, help="The project's name or id.")
def key_list(name: str) -> None:
    """Show a project's keys; of each only its beginning is known."""
    from bot.domain import keys, projects

    with _ledger() as (_, db), db.read() as tx:
        for row in keys.listed(tx, projects.find(tx, name)):
            state = f"revoked {row.revoked_at:%Y-%m-%d}" if row.revoked_at else "good"
            used = f"{row.last_used_at:%Y-%m-%d %H:%M}" if row.last_used_at else "never"
            click.echo(f"{row.id}  {row.display}…  {row.name}  {' '.join(row.scopes)}  used {used}  {state}")


@example("askfirst key revoke key_01k…")
@key.command("revoke")
@click.argument("key_id")
def key_revoke(key_id: str) -> None:
    """End a key."""
    from bot.domain import keys

    with _ledger() as (_, db), db.write() as tx:
        ended = keys.revoke(tx, key_id)
        _record(tx, ended.project_id, "keys/revoke", ended.id)


@main.group()
def template() -> None:
    """Templates: named sandboxes, each with its agent."""


@example("askfirst template list")
@template.command("list")
def template_list() -> None:
    """Show all templates, and where each would run."""
    from bot.config import load
    from bot.jobs import tryout

    for line in tryout.listed(load()):
        click.echo(line)


@example("askfirst template build base")
@template.command("build")
@click.argument("name")
@click.option(
    "--base", help="An image of the engine to build on; else it is made of this machine's own files."
)
def template_build(name: str, base: str | None) -> None:
    """Make a template's image. No registry is asked."""
    from bot.config import load
    from bot.jobs import tryout

    for line in tryout.build(load(), name, base):
        click.echo(line)


@example("askfirst template check base")
@template.command("check")
@click.argument("name")
def template_check(name: str) -> None:
    """Try a template's agent against a small sample, once for each kind of task that it does."""
    from bot.config import load
    from bot.jobs import tryout

    for line in tryout.check(load(), name):
        click.echo(line)


@main.group("outbox")
def outbox_group() -> None:
    """Work that was promised: what waits, and what was given up."""


@example("askfirst outbox list")
@outbox_group.command("list")
@click.option("--limit", default=50, show_default=True, help="At most so many of each kind.")
def outbox_list(limit: int) -> None:
    """Show what was given up, newest first, and what waits, in the order in which it is due."""
    from bot.domain import backlog

    with _ledger() as (_, db), db.read() as tx:
        for row in backlog.dead(tx, limit):
            click.echo(f"{row.id}  dead since {row.dead_at:%Y-%m-%d %H:%M}  {_promise(row)}")
        for row in backlog.waiting(tx, limit):
            click.echo(f"{row.id}  due {row.due_at:%Y-%m-%d %H:%M}  {_promise(row)}")
        depths = backlog.depths(tx).values()
    click.echo(
        f"{sum(one.dead for one in depths)} dead, {sum(one.open for one in depths)} waiting. "
        "`askfirst outbox wake ID` has one tried now, `askfirst outbox drop ID` forgets a dead one.",
        err=True,
    )


def _promise(row: Outbox) -> str:
    tries = f"{row.attempts} {'try' if row.attempts == 1 else 'tries'}"
    why = f"  {row.error.splitlines()[0]}" if row.error else ""
    return f"{row.job}  {row.lane}  {tries}{why}"


@example("askfirst outbox wake 4711")
@outbox_group.command("wake")
@click.argument("row_id", type=int)
def outbox_wake(row_id: int) -> None:
    """Have a row tried now; a dead one begins anew, with all its tries."""
    from bot.domain import backlog

    with _ledger() as (_, db), db.write() as tx:
        backlog.wake(tx, backlog.find(tx, row_id))


@example("askfirst outbox drop 4711")
@outbox_group.command("drop")
@click.argument("row_id", type=int)
def outbox_drop(row_id: int) -> None:
    """Forget a dead row. What still waits is not dropped: cancel what it is for."""
    from bot.domain import backlog

    with _ledger() as (_, db), db.write() as tx:
        backlog.drop(tx, backlog.find(tx, row_id))


@example("askfirst backup /srv/backups/askfirst.tar.gz")
@main.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write the embedded database, and the keys that belong to it, to a file; the server may be running."""
    from bot.config import load
    from bot.store import backup as backups

    config = load()
    backups.backup(config.database_url, config.askfirst_home, file)


@example("askfirst restore /srv/backups/askfirst.tar.gz")
@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Put back what `backup` wrote, while the server is stopped. What was there is kept beside it."""
    from bot.config import load
    from bot.store import backup as backups

    config = load()
    if before := backups.restore(config.database_url, config.askfirst_home, file):
        click.echo(f"The database that was there is {before} now.")


@example("askfirst scan . --json")
@main.command()
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--prompt", default="", help="What to look for.")
@click.option("--json", "form", flag_value="json", help="Print JSON.")
@click.option("--sarif", "form", flag_value="sarif", help="Print SARIF 2.1.0.")
def scan(path: Path, prompt: str, form: str | None) -> None:
    """Scan a folder once, without a server, and print what was found."""
    from bot.agents import report
    from bot.config import load
    from bot.jobs import oneshot

    def show(_stage: str, percent: int, message: str) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r\033[K{percent:3d} %  {message}", err=True, nl=percent == 100)

    write = {"json": report.to_json, "sarif": report.to_sarif}.get(form or "", report.to_text)
    click.echo(write(oneshot.scan(load(), path.absolute(), prompt, show)), nl=False)


@example("askfirst send-hook issues payload.json")
@main.command("send-hook")
@click.argument("event")
@click.argument("file", type=click.File("rb"))
@click.option("--url", help="Where to; this server's own webhook address when left out.")
def send_hook(event: str, file: Any, url: str | None) -> None:
    """Sign a payload with GITHUB_WEBHOOK_SECRET and post it as GitHub would."""
    import hashlib
    import hmac
    import urllib.error
    import urllib.request
    import uuid

    from bot.config import load

    config = load()
    if not config.github_webhook_secret:
        raise click.ClickException("GITHUB_WEBHOOK_SECRET is not set, so nothing can be signed.")
    to = url or f"{config.public_url}/webhooks/github"
    if not to.startswith(("http://", "https://")):
        raise click.ClickException(f"--url: {to} does not start with http:// or https://.")
    body = file.read()
    signature = hmac.new(config.github_webhook_secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": str(uuid.uuid4()),
        "X-Hub-Signature-256": f"sha256={signature}",
    }
    request = urllib.request.Request(to, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            click.echo(f"{answer.status} {json.load(answer)['message']}")
    except urllib.error.HTTPError as error:
        raise click.ClickException(
            f"{error.code} {error.read(500).decode(errors='replace').strip()}"
        ) from None
    except OSError as error:
        raise click.ClickException(f"Nothing answers at {to}: {error}") from None
    except (ValueError, LookupError, TypeError):
        raise click.ClickException(f"What answers at {to} is no webhook address of Askfirst.") from None


if __name__ == "__main__":
    sys.exit(main())
