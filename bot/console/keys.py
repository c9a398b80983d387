"""API keys of a project: made, shown once, revoked."""

from __future__ import annotations

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from bot.console import who
from bot.console.door import console as console
from bot.console.door import shown
from bot.console.extensions import ledger
from bot.domain import keys as nouns
from bot.domain.errors import Invalid, NotFound


@console.get("/projects/<project_id>/keys")
def keys(project_id: str) -> Response:
    """All keys, revoked ones too, and a form for a new one."""
    return _page(project_id)


@console.post("/projects/<project_id>/keys")
def make_key(project_id: str) -> Response:
    """Makes one, and shows it for the only time: its text is not kept, and this page is not either."""
    visitor = who.visitor()
    name, scopes = request.form.get("name", ""), request.form.getlist("scope")
    try:
        with ledger().write() as tx:
            project = visitor.project(tx, project_id, manage=True)
            key, text = nouns.make(tx, project, name.strip(), scopes)
            visitor.did(tx, project, "keys/create", key.id)
    except Invalid as wrong:
        return _page(project_id, status=400, problem=wrong.message, name=name, chosen=scopes)
    return _page(project_id, status=201, made=text)


@console.post("/projects/<project_id>/keys/<key_id>/revoke")
def revoke_key(project_id: str, key_id: str) -> AnyResponse:
    """Ends one; once is enough."""
    visitor = who.visitor()
    with ledger().write() as tx:
        project = visitor.project(tx, project_id, manage=True)
        if key_id not in {key.id for key in nouns.listed(tx, project)}:
            raise NotFound(f"There is no key {key_id} in this project.")
        nouns.revoke(tx, key_id)
        visitor.did(tx, project, "keys/revoke", key_id)
    return redirect(url_for("console.keys", project_id=project_id))


def _page(project_id: str, status: int = 200, **values: object) -> Response:
    visitor = who.visitor()
    with ledger().read() as tx:
        project = visitor.project(tx, project_id, manage=True)
        listed = nouns.listed(tx, project)
    in_force = [key for key in listed if not key.revoked_at]
    return shown(
        "keys.html", status=status, project=project, keys=in_force,
        revoked=[key for key in reversed(listed) if key.revoked_at][:20], resources=nouns.RESOURCES, **values,
    )  # fmt: skip
