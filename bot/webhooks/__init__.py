"""The GitHub door: takes webhooks, and says what each event means for the nouns."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Put `/webhooks/github` on the application."""
    from bot.webhooks.receive import door

    app.register_blueprint(door)
