"""Wires everything: `create_app()` for the web, and the `askfirst` command line."""

from __future__ import annotations

from flask import Flask

from bot.config import Config, load
from bot.store.db import Database
from bot.store.doorbell import Doorbell


def create_app(config: Config | None = None, db: Database | None = None) -> Flask:
    """The web application: REST, webhooks, health."""
    import api
    from bot import webhooks

    config = config or load()
    app = Flask("askfirst", static_folder=None)
    app.extensions["config"] = config
    app.extensions["doorbell"] = doorbell = Doorbell(config.redis_url)
    app.extensions["db"] = db or Database(config.database_url, doorbell.ring)
    api.register(app)
    webhooks.register(app)
    return app
