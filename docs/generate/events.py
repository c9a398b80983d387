"""What GitHub tells us, and what the audit trail says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module

import yaml

from api import ROUTES
from bot.domain.verbs import VERBS
from bot.webhooks.handlers import ACTIONS, issues
from docs.generate.markup import ROOT, code, page, table


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
        "`created`, `submitted`) are also read for [commands](commands.md)."
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
        "cli": _named("cli"),
    }
    for action in sorted(set.union(*written.values())):
        yield [f"`{action}`", code(door for door, actions in written.items() if action in actions)]


def _named(place: str) -> set[str]:
    """The actions that the calls in these files name."""
    calls = r'(?:\brecord|\.did)\([^"]*"([a-z-]+/[a-z-]+)"|\baction="([a-z-]+/[a-z-]+)"'
    return {
        "".join(found)
        for file in (ROOT / place).glob("*.py")
        for found in re.findall(calls, file.read_text())
    }
