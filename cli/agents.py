"""Agents by hand: their templates, and a scan without a server."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cli.base import example, main


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
