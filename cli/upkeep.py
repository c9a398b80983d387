"""What an operator does for a server: migrate it, ask how it is, wake work, back it up."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.base import example, ledger, main

if TYPE_CHECKING:
    from bot.store.models import Outbox


@example("askfirst migrate")
@main.command()
@click.option(
    "--back-to", metavar="REVISION", help="Take back what came after this one; what it held is lost."
)
def migrate(back_to: str | None) -> None:
    """Bring the database to the shape this version needs, or before going back, to an older one's."""
    from bot.store import migrate as migrations

    with ledger() as (_, db):
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

    with ledger() as (config, db):
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


@main.group("outbox")
def outbox_group() -> None:
    """Work that was promised: what waits, and what was given up."""


@example("askfirst outbox list")
@outbox_group.command("list")
@click.option("--limit", default=50, show_default=True, help="At most so many of each kind.")
def outbox_list(limit: int) -> None:
    """Show what was given up, newest first, and what waits, in the order in which it is due."""
    from bot.domain import backlog

    with ledger() as (_, db), db.read() as tx:
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

    with ledger() as (_, db), db.write() as tx:
        backlog.wake(tx, backlog.find(tx, row_id))


@example("askfirst outbox drop 4711")
@outbox_group.command("drop")
@click.argument("row_id", type=int)
def outbox_drop(row_id: int) -> None:
    """Forget a dead row. What still waits is not dropped: cancel what it is for."""
    from bot.domain import backlog

    with ledger() as (_, db), db.write() as tx:
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
