"""What all pages share: headers, forms that only our own pages can send, and errors as pages."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
)
from markupsafe import Markup
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from bot import credentials
from bot.console import who
from bot.console.extensions import settings
from bot.domain.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from bot.github.errors import GitHubError
from bot.store.db import is_full

console = Blueprint(
    "console", __name__, template_folder="templates", static_folder="static", static_url_path="/assets"
)

# no inline script or style, no other host, in nobody's frame; {} is where else a form may lead
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'{}"
)
STATUSES: dict[type[DomainError], int] = {NotFound: 404, Forbidden: 403, Conflict: 409, Invalid: 400}
TITLES = {
    400: "That cannot be done like this", 403: "You may not do that", 404: "There is nothing here",
    405: "That cannot be done here", 409: "That does not go at the moment", 413: "That is too much at once",
    500: "Something went wrong here", 503: "Not at the moment",
}  # fmt: skip
WORDS = {
    403: "Your form has expired. Go back, reload the page, and send it again.",
    404: "The address leads to no page, or what was there is gone.",
    500: "That is our fault; the server's log says more.",
}
BUSY = "The database is busy or cannot be reached. Nothing was changed; try again in a moment."
FULL = "The disk of the database is full. Nothing was changed; try again when its operator has made room."
AWAY = "GitHub cannot be asked at the moment, and only GitHub knows what you may see. Try again in a moment."


def shown(template: str, *, status: int = 200, form_to: str = "", **values: Any) -> Response:
    """A page. `form_to`: another origin that its form may be sent to."""
    made = make_response(_rendered(template, who.visitor_or_none(), values), status)
    made.headers["Content-Security-Policy"] = POLICY.format(f" {form_to}" if form_to else "")
    return made


@console.app_template_filter("web")
def web_address(url: str | None) -> str:
    """An address that a link may lead to; others lead nowhere."""
    return url if url and url.startswith(("https://", "http://")) else "#"


@console.app_template_filter("inline")
def with_code(text: str) -> Markup:
    """Text whose parts in backticks are shown as code."""
    parts = re.split(r"`([^`\n]+)`", text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if at % 2 else part for at, part in enumerate(parts)
    )


@console.before_app_request
def _take_over_app() -> None:
    """The App that another process of this server has made is ours as well."""
    if not settings().has_app:
        current_app.extensions["config"] = credentials.with_app(settings())


@console.before_request
def _only_our_forms() -> None:
    """A form of a person who is signed in carries what only our page knows."""
    if request.method != "POST":
        return
    visitor = who.visitor_or_none()
    given = request.form.get("form", "")
    if visitor is not None and not hmac.compare_digest(given.encode(), visitor.form.encode()):
        abort(403)


@console.after_request
def _guard(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", POLICY.format(""))
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if request.endpoint != "console.static":
        response.headers["Cache-Control"] = "no-store"
    return response


@console.errorhandler(who.SignInNeeded)
def _sign_in_first(_error: who.SignInNeeded) -> AnyResponse:
    return redirect(who.sign_in_url())


@console.errorhandler(DomainError)
def _domain(error: DomainError) -> Response:
    return _wrong(STATUSES[type(error)], error.message)


@console.errorhandler(GitHubError)
def _github(error: GitHubError) -> Response:
    current_app.logger.warning("GitHub was asked for a page, and refused: %s", error)
    return _wrong(503, AWAY)


@console.errorhandler(HTTPException)
def _http(error: HTTPException) -> Response:
    status = error.code or 500
    return _wrong(status, WORDS.get(status) or error.description or "", dict(error.get_headers()))


@console.errorhandler(OperationalError)
@console.errorhandler(InterfaceError)
@console.errorhandler(TimeoutError)
def _unreachable(error: Exception) -> Response:
    current_app.logger.error("The database did not answer: %s", error)
    return _wrong(503, FULL if is_full(error) else BUSY)


def _rendered(template: str, visitor: who.Visitor | None, values: Mapping[str, Any]) -> str:
    """`ours` belongs into every form: see `_only_our_forms`."""
    ours = Markup('<input type="hidden" name="form" value="{}">').format(visitor.form if visitor else "")
    return render_template(template, visitor=visitor, config=settings(), ours=ours, **values)


def _wrong(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    title = TITLES.get(status, TITLES[400])
    page = _rendered("error.html", who.known(), {"title": title, "message": message})
    kept = {name: value for name, value in (headers or {}).items() if name == "Allow"}
    return Response(page, status, kept, mimetype="text/html")
