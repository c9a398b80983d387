"""`/setup`: makes the GitHub App from `app.yml`, keeps its credentials, and tries it out. Closed once there is one."""

from __future__ import annotations

import hmac
import ipaddress
import json
import re
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from flask import Response, abort, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from bot import credentials
from bot.console import selftest
from bot.console.door import console as console
from bot.console.door import shown
from bot.console.extensions import settings
from bot.console.under_way import UnderWay
from bot.github import manifest
from bot.github.errors import GitHubError, NotFound

MANIFEST = Path(__file__).parents[2] / "app.yml"
LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?")
GOING = UnderWay("askfirst-setup", 3600)  # GitHub's codes live as long
WRONG_CODE = (
    "That is not the code. `askfirst up` prints it when it starts, and `askfirst doctor` at any time."
)
NO_LOGIN = "An organisation's name has letters, digits and single hyphens, as in its address on GitHub."
USED = "GitHub does not know this code: it works once, and for an hour. Start again; the App that was made is not used."


@console.get("/setup")
def setup() -> Response:
    """Asks for the code."""
    _must_be_open()
    return shown("setup.html", loopback=_is_loopback(settings().public_url))


@console.post("/setup")
def begin_setup() -> Response:
    """With the right code: what the App will be allowed, and the button that sends its manifest to GitHub."""
    _must_be_open()
    config, organisation = settings(), request.form.get("organisation", "").strip()
    right = hmac.compare_digest(request.form.get("code", "").strip().encode(), _code().encode())
    problem = (
        WRONG_CODE if not right else NO_LOGIN if organisation and not LOGIN.fullmatch(organisation) else None
    )
    loopback = _is_loopback(config.public_url)
    if problem:
        status = 400 if right else 403
        return shown(
            "setup.html", status=status, problem=problem, organisation=organisation, loopback=loopback
        )
    state, wanted = secrets.token_urlsafe(24), wanted_app(config.public_url)
    response = shown(
        "manifest.html",
        form_to=config.github_server_url,
        action=manifest.new_app(config.github_server_url, state, organisation),
        organisation=organisation,
        manifest=json.dumps(wanted),
        wanted=wanted,
        loopback=loopback,
    )
    GOING.keep(response, {"state": state})
    return response


@console.get("/setup/created")
def created() -> AnyResponse:
    """GitHub made the App, and sends the person back with a code for its credentials."""
    config, going = settings(), GOING.read()
    if going is None or not hmac.compare_digest(going["state"], request.args.get("state", "")):
        abort(404)
    if config.has_app:  # the page was loaded once more
        return redirect(url_for("console.check"))
    try:
        made = manifest.made_app(config.github_api_url, request.args.get("code", ""))
    except NotFound:
        return shown("setup.html", status=400, problem=USED, loopback=_is_loopback(config.public_url))
    except GitHubError as error:
        return shown("setup_wait.html", status=503, problem=str(error), again=request.full_path)
    kept = {
        "github_app_id": made.id, "github_private_key": made.private_key, "github_webhook_secret": made.webhook_secret,
        "github_client_id": made.client_id, "github_client_secret": made.client_secret,
    }  # fmt: skip
    try:
        credentials.keep_app(config, kept)
    except FileExistsError:
        abort(404)  # somebody else was faster
    current_app.extensions["config"] = credentials.with_app(config)
    return redirect(url_for("console.check"))


@console.get("/setup/check")
def check() -> Response:
    """How the new App works, for the browser that made it; asks again by itself until all is well."""
    config, going = settings(), GOING.read()
    if going is None or not config.has_app:
        abort(404)
    found = selftest.steps(config, may_ask=selftest.is_due(going.get("asked_at")))
    response = shown("check.html", found=found)
    if found.asked:
        GOING.keep(response, going | {"asked_at": selftest.now()})
    return response


def wanted_app(public_url: str) -> dict[str, Any]:
    """The manifest: `app.yml` with this server's address."""
    found: dict[str, Any] = yaml.safe_load(MANIFEST.read_text().replace("${PUBLIC_URL}", public_url))
    return found


def _must_be_open() -> None:
    if settings().has_app:
        abort(404, "This server has its GitHub App.")


def _code() -> str:
    return credentials.setup_code(settings()) or abort(404)


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified
