"""What the commands share: the group, its way to say what is wrong, the settings and the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from bot.config import Config
    from bot.store.db import Database


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


def watch(config: Config) -> None:
    """Begin to log, and to tell those whom the operator names; no secret gets there."""
    from bot import logs, telemetry
    from bot.github.errors import redacting

    redact = redacting(config.secrets)
    logs.begin(config.askfirst_log_level, redact)
    telemetry.begin(redact)


@contextmanager
def ledger() -> Iterator[tuple[Config, Database]]:
    """The settings of the environment, and their database."""
    from sqlalchemy.exc import ArgumentError

    from bot.config import load
    from bot.store.db import Database

    config = load()
    watch(config)
    try:
        db = Database(config.database_url, template=config.template)
    except (ArgumentError, ModuleNotFoundError):
        wanted = "DATABASE_URL: it must start with sqlite:/// or postgresql+psycopg://."
        raise click.ClickException(wanted) from None
    try:
        yield config, db
    finally:
        db.close()


def record(tx: Session, project_id: str, action: str, object_id: str) -> None:
    """Note in the audit trail that the operator did this here."""
    from bot.domain import events

    tx.flush()
    events.record(tx, project_id, by="operator", door="cli", action=action, object_id=object_id)


def redis_url(config: Config) -> str:
    """Of the Redis that a part needs. Raises ClickException where it is none."""
    if not config.redis_url:
        raise click.ClickException("REDIS_URL is not set; `askfirst up` starts a Redis of its own.")
    if not config.redis_url.startswith(("redis://", "rediss://", "unix://")):
        raise click.ClickException("REDIS_URL: it must start with redis://, rediss:// or unix://.")
    return config.redis_url


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="askfirst", prog_name="askfirst")
def main() -> None:
    """Askfirst finds work in a repository, asks before it acts, then does it."""
