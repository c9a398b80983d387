"""The pages: setup, sign-in, keys, and what is going on. GitHub is the product's screen; these show the rest."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Put the pages on the application."""
    from bot.console import admin, front, guides, keys, projects, setup, sign_in, work
    from bot.console.door import console

    for part in (front, guides, setup, sign_in, projects, keys, work, admin):
        assert part.console is console, "a page that is not imported is not there"
    app.register_blueprint(console)
