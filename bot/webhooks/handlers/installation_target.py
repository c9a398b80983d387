"""`installation_target`: the account that the App is installed on has another name."""

from __future__ import annotations

from bot.webhooks.handlers.installation import handle as handle
