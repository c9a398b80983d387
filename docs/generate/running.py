"""What an operator looks up: settings, commands, metrics."""

from __future__ import annotations

from collections.abc import Iterator

import click

import app
from api.metrics import METRICS
from docs.generate.markup import ROOT, code, page, table


def settings() -> str:
    """Each variable of `.env.example`, which a test compares with `bot/config.py`."""
    parts: list[str] = []
    for section in (ROOT / ".env.example").read_text().split("# --- ")[1:]:
        (title, *about), *paragraphs = (part.splitlines() for part in section.strip().split("\n\n"))
        rows, said = [], list[str]()
        for line in [line for lines in paragraphs for line in lines]:
            if line.startswith("#"):
                said.append(line)
            else:
                name, default = line.split("=", 1)
                rows.append([f"`{name}`", code([default] if default else []), _comment(said)])
                said.clear()
        parts += [
            f"## {title}",
            *([_comment(about)] if about else []),
            table("name | default | what it is", rows),
        ]
    intro = (
        "Environment variables, read once at the start; `make run` reads `.env` too. Without a default it is empty. "
        "A wrong value, or a name with `ASKFIRST_` that is not here, stops the start with a sentence that names it."
    )
    return page("Settings", "`.env.example`", intro, *parts)


def _comment(lines: list[str]) -> str:
    return " ".join(line.removeprefix("# ") for line in lines)


def command_line() -> str:
    """What `--help` says, command by command."""
    root = click.Context(app.main, info_name="askfirst", terminal_width=100, **app.main.context_settings)
    parts = [
        f"## {context.command_path}\n\n```text\n{context.get_help()}\n```" for context in _contexts(root)
    ]
    intro = (
        "`make install` puts the command at `.venv/bin/askfirst`. It reads the [settings](settings.md). "
        "What is wrong is said in one sentence on standard error, with an exit status that is not 0."
    )
    return page("The command line", "`cli/`", intro, *parts)


def _contexts(context: click.Context) -> Iterator[click.Context]:
    yield context
    if isinstance(context.command, click.Group):
        for name, command in sorted(context.command.commands.items()):
            yield from _contexts(click.Context(command, parent=context, info_name=name))


def metrics() -> str:
    """What `/metrics` tells."""
    rows = ([f"`{name}`", kind, code(metric.labels), metric.says] for name, (kind, metric) in METRICS.items())
    intro = (
        "`/metrics` has Prometheus' text format and tells of all processes together. Counters only grow; a Redis "
        "that was emptied has them begin at 0 again. [Operate it](../how-to/operating.md) says what to look at."
    )
    return page(
        "Metrics", "`bot/counters.py` and `api/metrics.py`", intro, table("name | type | labels | what", rows)
    )
