"""The documentation, as this server shows it: the repository's own Markdown."""

from __future__ import annotations

import functools
import re
from itertools import pairwise
from pathlib import Path

from flask import Response, abort
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from bot.console.door import console as console
from bot.console.door import shown

DOCS = Path(__file__).resolve().parents[2] / "docs"
MAP = DOCS / "README.md"
# HTML in them is shown as text; nothing of theirs runs
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


@console.get("/docs/guides")
def guides() -> Response:
    """The map of all pages."""
    return shown("guide.html", title=_title(MAP), text=_rendered(MAP))


@console.get("/docs/guides/<name>")
@console.get("/docs/guides/reference/<name>")
def guide(name: str) -> Response:
    """A page, by its name wherever it is kept, so that an address once given stays good."""
    path = _pages().get(name.removesuffix(".md"))
    if path is None:
        abort(404)
    return shown("guide.html", title=_title(path), text=_rendered(path))


@functools.cache
def _pages() -> dict[str, Path]:
    return {path.stem: path for path in DOCS.rglob("*.md") if path != MAP}


@functools.cache
def _rendered(page: Path) -> Markup:
    tokens, named = _MARKDOWN.parse(page.read_text()), set[str]()
    for before, token in pairwise(tokens):
        # as on GitHub, so that a link to a heading leads there
        heading = re.sub(r"[^\w -]", "", token.content.lower()).replace(" ", "-")
        if before.type == "heading_open" and heading not in named:
            before.attrSet("id", heading)
            named.add(heading)
        for child in token.children or ():
            _led(page, child)
    text = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    # what may have to be scrolled can be reached by the keyboard
    text = text.replace("<pre>", '<pre tabindex="0">').replace("<table>", '<table tabindex="0">')
    return Markup(text)  # noqa: S704 - ours, and HTML in it is escaped


def _led(page: Path, token: Token) -> None:
    """A link to another page leads to its address here; no file beside the pages is served."""
    if token.type == "image":
        token.type, token.tag = "text", ""  # only its words
    elif token.type == "link_open" and "://" not in (href := str(token.attrs["href"])):
        file, _, heading = href.partition("#")
        target = (page.parent / file).resolve() if file else page
        if target in _pages().values():
            token.attrs["href"] = f"/docs/guides/{target.stem}" + (f"#{heading}" if heading else "")
        else:
            token.attrs.pop("href")


def _title(page: Path) -> str:
    return page.read_text().partition("\n")[0].lstrip("# ")
