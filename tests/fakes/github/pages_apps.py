"""Pages about Apps: making one from a manifest, installing it, and what its installations are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flask import Flask, abort, redirect, render_template, request

from .acts import manifests
from .acts.installations import covered
from .errors import Refused
from .page_tools import person_of, typed, with_query
from .people import Person
from .state import Account, App, Installation, Repository

if TYPE_CHECKING:
    from .fake import FakeGitHub


def add_app_pages(app: Flask, fake: FakeGitHub) -> None:
    """Register the pages."""

    @app.post("/settings/apps/new")
    @app.post("/organizations/<organisation>/settings/apps/new")
    def new_app(organisation: str = "") -> Any:
        manifest = _manifest()
        name = typed("name") or str(manifest.get("name", ""))
        refusal = None
        if "act" in request.form:
            try:
                person = person_of(fake).account
                owner = _account(fake, organisation) if organisation else person
                code = manifests.make_app(fake, person, owner, name, manifest)
                return redirect(
                    with_query(manifest["redirect_url"], code=code, state=request.args.get("state", ""))
                )
            except Refused as refused:
                refusal = refused
        page = render_template(
            "new_app.html", organisation=organisation, manifest=typed("manifest"), name=name, refusal=refusal
        )
        return page, refusal.status if refusal else 200

    @app.get("/apps/<slug>")
    def app_page(slug: str) -> Any:
        return render_template("app.html", app=_by_slug(fake, slug))

    @app.get("/apps/<slug>/installations/new")
    def installation_page(slug: str) -> Any:
        return _installation_page(fake, _by_slug(fake, slug))

    @app.post("/apps/<slug>/installations/new")
    def install(slug: str) -> Any:
        chosen = _by_slug(fake, slug)
        account = _account(fake, typed("account"))
        try:
            installation = _install(
                fake, person_of(fake), chosen, account, request.form.getlist("repository")
            )
        except Refused as refusal:
            return _installation_page(fake, chosen, refusal), refusal.status
        if chosen.setup_url:
            told = {"installation_id": str(installation.id), "setup_action": "install"}
            return redirect(with_query(chosen.setup_url, **told))
        return redirect(f"/settings/installations/{installation.id}")

    @app.get("/settings/installations/<int:number>")
    def installed(number: int) -> Any:
        return _installed_page(fake, _by_number(fake, number))

    @app.post("/settings/installations/<int:number>")
    def change(number: int) -> Any:
        found, person, wanted = _by_number(fake, number), person_of(fake), typed("act")
        acts = {"suspend": person.suspends, "unsuspend": person.unsuspends, "uninstall": person.uninstalls}
        if wanted not in acts:
            abort(400, "No such act.")
        if not found.account.is_run_by(person.account):
            refusal = Refused(403, f"{person.login} is no owner of {found.account.login}.")
            return _installed_page(fake, found, refusal), refusal.status
        acts[wanted](found)
        return redirect(f"/apps/{found.app.slug}" if wanted == "uninstall" else request.path)


def _install(fake: FakeGitHub, person: Person, app: App, account: Account, names: list[str]) -> Installation:
    """Where it is installed already, that installation stays as it is."""
    if not account.is_run_by(person.account):
        raise Refused(403, f"{person.login} is no owner of {account.login}.")
    if not (app.public or account is app.owner):
        raise Refused(404, f"{app.title} is private: only {app.owner.login} may install it.")
    with fake.acting():
        for installation in fake.installations.values():
            if installation.app is app and installation.account is account:
                return installation
        ours = [one for one in fake.repositories.values() if one.full_name in names and one.owner is account]
        if len(ours) < len(names):
            raise Refused(422, f"Not every chosen repository is one of {account.login}.")
        return fake.install(account, ours or None, by=person, app=app)


def _installation_page(fake: FakeGitHub, app: App, refusal: Refused | None = None) -> str:
    people = [one for one in fake.accounts.values() if one.type != "Bot"]
    accounts = people if app.public else [app.owner]
    repositories: list[Repository] = [one for one in fake.repositories.values() if one.owner in accounts]
    return render_template(
        "install.html", app=app, accounts=accounts, repositories=repositories, refusal=refusal
    )


def _installed_page(fake: FakeGitHub, installation: Installation, refusal: Refused | None = None) -> str:
    with fake.lock:
        repositories = covered(fake, installation)
    return render_template(
        "installation.html", installation=installation, repositories=repositories, refusal=refusal
    )


def _manifest() -> dict[str, Any]:
    try:
        manifest = json.loads(typed("manifest"))
    except ValueError:
        abort(400, "The manifest is not JSON.")
    return manifest if isinstance(manifest, dict) else abort(400, "The manifest is not an object.")


def _by_slug(fake: FakeGitHub, slug: str) -> App:
    return next((one for one in fake.apps.values() if one.slug == slug), None) or abort(404)


def _by_number(fake: FakeGitHub, number: int) -> Installation:
    return fake.installations.get(number) or abort(404)


def _account(fake: FakeGitHub, login: str) -> Account:
    return fake.accounts.get(login.lower()) or abort(404)
