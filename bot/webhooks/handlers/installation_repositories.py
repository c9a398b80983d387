"""`installation_repositories`: repositories were added to an installation, or taken from it."""

from __future__ import annotations

from bot.webhooks.handlers.installation import handle as handle
