"""Projects and their keys."""

from __future__ import annotations

from pathlib import Path

import click

from cli.base import example, ledger, main, record


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
    with ledger() as (_, db), db.write() as tx:
        made = projects.create(tx, name, url, mode="test" if test else "live")
        record(tx, made.id, "project/create", made.id)
        click.echo(made.id)


@example("askfirst project list")
@project.command("list")
def project_list() -> None:
    """Show all projects."""
    from bot.domain import projects

    with ledger() as (_, db), db.read() as tx:
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

    with ledger() as (_, db), db.write() as tx:
        found = projects.find(tx, name)
        projects.pause(tx, found, reason)
        record(tx, found.id, "project/pause", found.id)


@example("askfirst project resume shop")
@project.command("resume")
@click.argument("name")
def project_resume(name: str) -> None:
    """Let a paused project go on."""
    from bot.domain import projects

    with ledger() as (_, db), db.write() as tx:
        found = projects.find(tx, name)
        projects.resume(tx, found)
        record(tx, found.id, "project/resume", found.id)


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

    with ledger() as (_, db), db.write() as tx:
        made, text = keys.make(tx, projects.find(tx, name), key_name, list(scope))
        record(tx, made.project_id, "keys/create", made.id)
    click.echo(text)


@example("askfirst key list --project shop")
@key.command("list")
@click.option("--project", "name", required=True, help="The project's name or id.")
def key_list(name: str) -> None:
    """Show a project's keys; of each only its beginning is known."""
    from bot.domain import keys, projects

    with ledger() as (_, db), db.read() as tx:
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

    with ledger() as (_, db), db.write() as tx:
        ended = keys.revoke(tx, key_id)
        record(tx, ended.project_id, "keys/revoke", ended.id)
