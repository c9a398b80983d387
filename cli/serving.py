"""The parts of a server, each a process, and all of them together."""

from __future__ import annotations

import click

from cli.base import example, ledger, main, redis_url, watch


@example("askfirst up --port 8000")
@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, help="The port to listen on.")
def up(host: str, port: int) -> None:
    """Run everything on this machine: web, relay, workers, and a Redis if REDIS_URL is not set."""
    from bot import credentials, redis_server
    from bot.store.migrate import migrate
    from bot.supervisor import Supervisor

    _must_be_free(host, port)
    with ledger() as (config, db):
        migrate(db)
    redis, url = (None, redis_url(config)) if config.redis_url else redis_server.start(config.askfirst_home)
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

    redis_url(load())
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

    with ledger() as (config, db):
        sweeping = Relay(db, Doorbell(redis_url(config)))
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
    watch(config)
    try:
        work(redis_url(config), *queues)
    except RedisError as error:
        raise click.ClickException(f"REDIS_URL: {error}") from None


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
