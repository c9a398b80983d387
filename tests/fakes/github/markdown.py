"""Text as GitHub would show it: markdown and a few harmless tags; all else is escaped."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup, escape

try:
    from markdown_it import MarkdownIt
except ImportError:  # the pages then show plain text
    MarkdownIt = None  # type: ignore[assignment, misc]

COMMENT = re.compile(r"<!--.*?(-->|\Z)", re.DOTALL)
HARMLESS = re.compile(r"&lt;(/?(?:details|summary|sub|sup|kbd|br))\s*/?&gt;")
NUMBER = re.compile(r"(?<![\w&/#])#(\d+)\b")


def rendered(text: str | None, repository: str | None = None) -> Markup:
    """Safe HTML; HTML comments are hidden, as on GitHub. `repository` is the path that #1 links below."""
    if not (text or "").strip():
        return Markup("<p class=muted><em>No description provided.</em></p>")
    if MarkdownIt is None:
        return Markup("<pre class=wrap>{}</pre>").format(COMMENT.sub("", text or ""))
    return Markup(_parser().render(text or "", {"repository": repository}))


def titled(title: str) -> Markup:
    """A title, in which only code is marked up."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(title))))


def _parser() -> MarkdownIt:
    parser = (
        MarkdownIt("commonmark", {"html": True, "breaks": True})
        .enable(["table", "strikethrough"])
        .disable("image")
    )
    parser.add_render_rule("html_block", _html)
    parser.add_render_rule("html_inline", _html)
    parser.add_render_rule("text", _text)
    return parser


def _html(self: object, tokens: list[Any], index: int, options: object, env: object) -> str:
    escaped = str(escape(COMMENT.sub("", tokens[index].content)))
    return HARMLESS.sub(r"<\1>", escaped)


def _text(self: object, tokens: list[Any], index: int, options: object, env: dict[str, Any]) -> str:
    escaped = str(escape(tokens[index].content))
    inside_link = sum(token.nesting for token in tokens[:index] if token.type.startswith("link"))
    if not env.get("repository") or inside_link:
        return escaped
    return NUMBER.sub(rf'<a href="{env["repository"]}/issues/\1">#\1</a>', escaped)
