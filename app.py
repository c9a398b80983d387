"""Wires everything: `create_app()` for the web, and the `askfirst` command line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from cli import main
from cli.base import watch

if TYPE_CHECKING:
    from flask import Flask

    from bot.config import Config
    from bot.store.db import Database


def create_app(config: Config | None = None, db: Database | None = None) -> Flask:
    """The web application: REST, webhooks, health, pages."""
    from flask import Flask

    import api
    from api.auth import KnownKeys
    from api.limits import Limits
    from bot import console, webhooks
    from bot.config import load
    from bot.sandbox.template import load_templates
    from bot.store.counted import Counted
    from bot.store.db import Database
    from bot.store.doorbell import Doorbell, Soon

    config = config or load()
    watch(config)
    app = Flask("askfirst", static_folder=None)
    doorbell = Doorbell(config.redis_url)
    db = db or Database(config.database_url, Soon(doorbell.ring).ring, template=config.template)
    app.extensions |= {
        "config": config,
        "db": db,
        "doorbell": doorbell,
        "keys": KnownKeys(db),
        "counted": Counted(config.redis_url),
        "limits": Limits(config.redis_url, config),
        "templates": load_templates(config.askfirst_home),
    }
    api.register(app)
    webhooks.register(app)
    console.register(app)
    return app


if __name__ == "__main__":
    sys.exit(main())
