"""Pages and the address with which people sign in with an App.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Flask, Response, abort, jsonify, redirect, render_template, request

from .acts import signing_in
from .page_tools import person_of, with_query
from .state import App

if TYPE_CHECKING:
    from .fake import FakeGitHub


def add_sign_in_pages(app: Flask, fake: FakeGitHub) -> None:
    """Register the pages."""

    @app.get("/login/oauth/authorize")
    def authorize_page() -> Any:
        asking = _asking(fake)
        problem = _problem(asking)
        return render_template("authorize.html", app=asking, problem=problem), 400 if problem else 200

    @app.post("/login/oauth/authorize")
    def authorize() -> Any:
        asking = _asking(fake)
        if problem := _problem(asking):
            abort(400, problem)
        back, state = request.args["redirect_uri"], request.args.get("state", "")
        if request.form.get("act") != "authorize":
            denied = "The user has denied your application access."
            return redirect(with_query(back, error="access_denied", error_description=denied, state=state))
        with fake.lock:
            challenge = request.args.get("code_challenge", "")
            code = signing_in.agree(fake, asking, person_of(fake).account, back, challenge)
        return redirect(with_query(back, code=code, state=state))

    @app.post("/login/oauth/access_token")
    def access_token() -> Any:
        given = request.get_json() if request.is_json else request.form.to_dict()
        with fake.lock:
            answer = signing_in.exchange(fake, given)
        if "application/json" in request.headers.get("Accept", ""):
            return jsonify(answer)
        return Response(urlencode(answer), content_type="application/x-www-form-urlencoded; charset=utf-8")


def _asking(fake: FakeGitHub) -> App:
    wanted = request.args.get("client_id")
    return next((one for one in fake.apps.values() if one.client_id == wanted), None) or abort(404)


def _problem(app: App) -> str | None:
    back = request.args.get("redirect_uri")
    if not back or (app.callback_urls and back not in app.callback_urls):
        return "The redirect_uri is not associated with this application."
    if "code_challenge" in request.args and request.args.get("code_challenge_method") != "S256":
        return "The code_challenge_method must be S256."
    return None
