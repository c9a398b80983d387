"""Pages of docs/reference, made from the code: `make reference` writes them, tests/test_reference.py compares."""

from __future__ import annotations

from collections.abc import Callable

from docs.generate import events, licences, rest, running
from docs.generate.markup import ROOT

PAGES_AT = ROOT / "docs" / "reference"

PAGES: dict[str, Callable[[], str]] = {
    "command-line": running.command_line,
    "endpoints": rest.endpoints,
    "errors": rest.errors,
    "licences": licences.licences,
    "metrics": running.metrics,
    "settings": running.settings,
    "webhook-events": events.webhook_events,
}
