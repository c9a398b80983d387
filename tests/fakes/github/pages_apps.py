"""Pages about Apps: signing in with one, making one from a manifest, installing it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Flask, abort, jsonify, redirect, render_template, request

from .acts import signing_in
from .errors import Refused
from .page_tools import person_of
from .state import Account, App

if TYPE_CHECKING:
    from .fake import FakeGitHub


def add_app_pages(app: Flask, fake: FakeGitHub) -> None:
    """Register the pages."""

    @app.get("/login/oauth/authorize")
    def authorize_page() -> Any:
        chosen, problem = _asking(fake), _redirect_problem(fake)
        return render_template("authorize.html", app=chosen, problem=problem), 400 if problem else 200

    @app.post("/login/oauth/authorize")
    def authorize() -> Any:
        chosen = _asking(fake)
        if _redirect_problem(fake):
            abort(400)
        back, state = request.args["redirect_uri"], request.args.get("state", "")
        if request.form.get("act") != "authorize":
            said = {
                "error": "access_denied",
                "error_description": "The user has denied your application access.",
            }
            return redirect(f"{back}?{urlencode({**said, 'state': state})}")
        with fake.lock:
            challenge = request.args.get("code_challenge", "")
            code = signing_in.agree(fake, chosen, person_of(fake).account, back, challenge)
        return redirect(f"{back}?{urlencode({'code': code, 'state': state})}")

    @app.post("/login/oauth/access_token")
    def access_token() -> Any:
        with fake.lock:
            given = request.get_json() if request.is_json else request.form.to_dict()
            return jsonify(signing_in.exchange(fake, given))

    @app.post("/settings/apps/new")
    @app.post("/organizations/<organisation>/settings/apps/new")
    def new_app(organisation: str = "") -> Any:
        text = request.form.get("manifest", "")
        try:
            manifest = json.loads(text)
        except ValueError:
            abort(400, "The manifest is not JSON.")
        name = request.form.get("name", manifest.get("name", ""))
        if "act" not in request.form:
            return render_template("new_app.html", organisation=organisation, manifest=text, name=name)
        try:
            person = person_of(fake).account
            owner = _owner(fake, person, organisation)
            code = signing_in.make_app(fake, owner, name, manifest)
        except Refused as refusal:
            page = render_template(
                "new_app.html", organisation=organisation, manifest=text, name=name, refusal=refusal
            )
            return page, refusal.status
        said = {"code": code, "state": request.args.get("state", "")}
        return redirect(f"{manifest['redirect_url']}?{urlencode(said)}")

    @app.get("/apps/<slug>")
    def app_page(slug: str) -> Any:
        return render_template("app.html", app=_by_slug(fake, slug))

    @app.get("/apps/<slug>/installations/new")
    def installation_page(slug: str) -> Any:
        return render_template("install.html", app=_by_slug(fake, slug))

    @app.post("/apps/<slug>/installations/new")
    def install(slug: str) -> Any:
        chosen, account = _by_slug(fake, slug), _account(fake, request.form["account"])
        wanted = request.form.getlist("repository")
        repositories = [
            one for one in fake.repositories.values() if one.full_name in wanted and one.owner is account
        ]
        installation = fake.install(account, repositories or None, by=person_of(fake), app=chosen)
        return redirect(f"/settings/installations/{installation.id}")

    @app.get("/settings/installations/<int:number>")
    def installed(number: int) -> Any:
        found = fake.installations.get(number) or abort(404)
        return render_template("installation.html", installation=found)


def _asking(fake: FakeGitHub) -> App:
    wanted = request.args.get("client_id")
    return next((one for one in fake.apps.values() if one.client_id == wanted), None) or abort(404)


def _redirect_problem(fake: FakeGitHub) -> str | None:
    allowed = _asking(fake).callback_urls
    if "redirect_uri" not in request.args or (allowed and request.args["redirect_uri"] not in allowed):
        return "The redirect_uri is not associated with this application."
    return None


def _by_slug(fake: FakeGitHub, slug: str) -> App:
    return next((one for one in fake.apps.values() if one.slug == slug), None) or abort(404)


def _account(fake: FakeGitHub, login: str) -> Account:
    return fake.accounts.get(login.lower()) or abort(404)


def _owner(fake: FakeGitHub, person: Account, organisation: str) -> Account:
    if not organisation:
        return person
    found = _account(fake, organisation)
    if person.login not in found.members:
        raise Refused(403, f"You are no owner of {organisation}.")
    return found
