"""Addresses at GitHub."""

from __future__ import annotations

import time

from flask import current_app

from bot.config import Config
from bot.github import manifest
from bot.github.errors import GitHubError

AGAIN_SECONDS = 60.0  # GitHub is not asked again for so long after it did not tell


def install(config: Config) -> str | None:
    """Where the App is installed; None where there is none, or GitHub did not tell its name."""
    slug = slug_of(config)
    return install_page(config, slug) if slug else None


def install_page(config: Config, slug: str) -> str:
    """Where the App of this name is installed."""
    return f"{config.github_server_url}/apps/{slug}/installations/new"


def slug_of(config: Config) -> str | None:
    """The App's name in addresses, asked once; None where there is no App, or GitHub did not tell."""
    if not config.has_app:
        return None
    known: dict[int | None, tuple[str | None, float]] = current_app.extensions.setdefault("slugs", {})
    slug, asked = known.get(config.github_app_id, (None, -AGAIN_SECONDS))
    if slug is None and time.monotonic() - asked >= AGAIN_SECONDS:
        known[config.github_app_id] = (slug := _slug(config)), time.monotonic()
    return slug


def _slug(config: Config) -> str | None:
    try:
        with manifest.our_app(config) as app:
            return app.slug
    except GitHubError:
        return None
