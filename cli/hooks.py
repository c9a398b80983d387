"""Deliveries by hand."""

from __future__ import annotations

import json
from typing import Any

import click

from cli.base import example, main


@example("askfirst send-hook issues payload.json")
@main.command("send-hook")
@click.argument("event")
@click.argument("file", type=click.File("rb"))
@click.option("--url", help="Where to; this server's own webhook address when left out.")
def send_hook(event: str, file: Any, url: str | None) -> None:
    """Sign a payload with GITHUB_WEBHOOK_SECRET and post it as GitHub would."""
    import hashlib
    import hmac
    import urllib.error
    import urllib.request
    import uuid

    from bot.config import load

    config = load()
    if not config.github_webhook_secret:
        raise click.ClickException("GITHUB_WEBHOOK_SECRET is not set, so nothing can be signed.")
    to = url or f"{config.public_url}/webhooks/github"
    if not to.startswith(("http://", "https://")):
        raise click.ClickException(f"--url: {to} does not start with http:// or https://.")
    body = file.read()
    signature = hmac.new(config.github_webhook_secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": str(uuid.uuid4()),
        "X-Hub-Signature-256": f"sha256={signature}",
    }
    request = urllib.request.Request(to, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            click.echo(f"{answer.status} {json.load(answer)['message']}")
    except urllib.error.HTTPError as error:
        raise click.ClickException(
            f"{error.code} {error.read(500).decode(errors='replace').strip()}"
        ) from None
    except OSError as error:
        raise click.ClickException(f"Nothing answers at {to}: {error}") from None
    except (ValueError, LookupError, TypeError):
        raise click.ClickException(f"What answers at {to} is no webhook address of Askfirst.") from None
