"""Signing in with GitHub, and out."""

from __future__ import annotations

import secrets

from cryptography.fernet import InvalidToken
from flask import Response, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from bot.console import who
from bot.console.door import console as console
from bot.console.door import shown
from bot.console.extensions import ledger, settings
from bot.console.under_way import UnderWay
from bot.domain import sign_ins
from bot.github.errors import GitHubError
from bot.github.oauth import SignInRefused

GOING = UnderWay("askfirst-sign-in", 600)  # GitHub's codes live as long
STALE = "You came back too late, or from a page that was opened elsewhere. Start again."


@console.get("/auth/sign-in")
def begin_sign_in() -> AnyResponse:
    """To GitHub's page, with what makes sure that the same browser comes back."""
    config = settings()
    if not config.can_sign_in:
        return shown("sign_in.html", status=503)
    going = {"state": secrets.token_urlsafe(24), "verifier": secrets.token_urlsafe(48),
             "next": who.safe_path(request.args.get("next"))}  # fmt: skip
    url = who.github().sign_in(config.github_client_id, going["state"], going["verifier"], _back())
    response = current_app.make_response(redirect(url))
    GOING.keep(response, going)
    return response


@console.get("/auth/callback")
def come_back() -> AnyResponse:
    """From GitHub's page, with a code; or with the setup of the App, which says nothing about who it is."""
    config, going = settings(), GOING.read()
    if not config.can_sign_in:
        return shown("sign_in.html", status=503)
    if "setup_action" in request.args and "state" not in request.args:
        return redirect(url_for("console.projects"))
    if going is None or not secrets.compare_digest(going["state"], request.args.get("state", "")):
        return shown("sign_in.html", status=400, problem=STALE)
    if "code" not in request.args:
        return _without(
            shown("sign_in.html", problem="GitHub did not sign you in: the page was left or refused.")
        )
    github = who.github()
    try:
        token = github.token(
            config.github_client_id,
            config.github_client_secret,
            request.args["code"],
            going["verifier"],
            _back(),
        )
    except SignInRefused as refused:
        current_app.logger.warning("GitHub refused a sign-in: %s", refused)
        return _without(shown("sign_in.html", status=400, problem=_said(refused)))
    person, access = github.person(token), github.access(token)
    with ledger().write() as tx:
        if (before := request.cookies.get(who.cookie_name())) and (stay := sign_ins.find(tx, before)):
            sign_ins.end(tx, stay.id)
        secret = sign_ins.begin(
            tx, user_id=person.id, login=person.login, token=who.sealed(token), access=access
        )
    response = _without(current_app.make_response(redirect(who.safe_path(going["next"]))))
    who.keep(response, who.cookie_name(), secret, int(sign_ins.STAYS.total_seconds()))
    return response


@console.post("/auth/sign-out")
def sign_out() -> AnyResponse:
    """Ends the stay here, and the token at GitHub."""
    config, visitor = settings(), who.visitor()
    with ledger().write() as tx:
        sign_ins.end(tx, visitor.sign_in.id)
    try:
        token = who.token_of(visitor.sign_in)
        who.github().revoke(config.github_client_id, config.github_client_secret, token)
    except (GitHubError, InvalidToken) as error:
        # nobody has it any more, and it ends by itself within hours
        current_app.logger.warning("a token was not revoked at sign-out: %s", error)
    response = current_app.make_response(redirect(url_for("console.front")))
    who.drop(response, who.cookie_name())
    return response


def _back() -> str:
    return f"{settings().public_url}/auth/callback"


def _without(response: Response) -> Response:
    """What was under way is over: its code works once."""
    who.drop(response, GOING.name)
    return response


def _said(refused: SignInRefused) -> str:
    if "incorrect_client_credentials" in refused.message:
        return (
            "GitHub does not take this server's GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET: whoever runs it makes a new "
            "client secret on the App's settings page and sets it here."
        )
    if "redirect_uri" in refused.message:
        return f"The App at GitHub does not list {_back()} as a callback URL: whoever runs this server adds it there."
    return "GitHub did not take the code any more. Start again."
