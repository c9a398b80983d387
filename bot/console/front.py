"""What this server is, whether it is well, and its guides."""

from __future__ import annotations

import functools
from pathlib import Path

from flask import Response, abort, current_app
from markdown_it import MarkdownIt
from markupsafe import Markup

from bot.console import links
from bot.console.door import console as console
from bot.console.door import shown
from bot.console.extensions import ledger, settings
from bot.store.doorbell import Doorbell
from bot.store.migrate import is_current

GUIDES = Path(__file__).parents[2] / "docs"
# HTML in them is shown as text; nothing of theirs runs
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


@console.get("/")
def front() -> Response:
    """The start page, for everybody."""
    return shown("front.html", health=_health(), install=links.install(settings()))


@console.get("/docs/guides")
def guides() -> Response:
    """All guides."""
    titles = {name: _title(path.read_text()) for name, path in _guides().items()}
    return shown("guides.html", titles=titles)


@console.get("/docs/guides/<path:name>")
def guide(name: str) -> Response:
    """A guide from the repository's own Markdown."""
    path = _guides().get(name.removesuffix(".md"))
    if path is None:
        abort(404)
    return shown("guide.html", title=_title(path.read_text()), text=_rendered(path))


def _guides() -> dict[str, Path]:
    """Every guide, and every page of the reference, by its name here."""
    found = [*sorted(GUIDES.glob("*.md")), *sorted(GUIDES.glob("reference/*.md"))]
    return {path.relative_to(GUIDES).with_suffix("").as_posix(): path for path in found}


@functools.cache
def _rendered(path: Path) -> Markup:
    tokens = _MARKDOWN.parse(path.read_text())
    for picture in (child for token in tokens for child in token.children or () if child.type == "image"):
        picture.type, picture.tag = "text", ""  # only its words: no file beside the guides is served
    for link in (child for token in tokens for child in token.children or () if child.type == "link_open"):
        href = str(link.attrs["href"])
        if "://" not in href and GUIDES not in (path.parent / href).resolve().parents:
            link.attrs.pop("href")  # a file of the source, which is not served here
    text = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    # what may have to be scrolled can be reached by the keyboard
    text = text.replace("<pre>", '<pre tabindex="0">').replace("<table>", '<table tabindex="0">')
    return Markup(text)  # noqa: S704 - ours, and HTML in it is escaped


def _title(text: str) -> str:
    return text.partition("\n")[0].lstrip("# ")


def _health() -> list[tuple[str, bool, str]]:
    """(what, whether it is well, what that means) for each part."""
    doorbell: Doorbell = current_app.extensions["doorbell"]
    workers = doorbell.workers()
    current = is_current(ledger())
    working = bool(workers) and all(workers.values()) if workers is not None else False
    return [
        (
            "Database",
            current,
            "has the shape that this version needs" if current else "needs `askfirst migrate`",
        ),
        (
            "Redis",
            workers is not None,
            "answers" if workers is not None else "does not answer; nothing is lost meanwhile",
        ),
        (
            "Workers",
            working,
            _people(workers) if working else "some are missing: what is to be done waits for them",
        ),
    ]


def _people(workers: dict[str, int] | None) -> str:
    there = workers or {}
    return f"{there.get('jobs', 0)} for short jobs, {there.get('agents', 0)} for agent runs"
