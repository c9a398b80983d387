"""The way of an API request: fault, contract, who, where, may they, act, and GitHub's headers."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from typing import TYPE_CHECKING, Any

from flask import Request, Response

from . import auth, contract, graph, rest
from .errors import Refused, Reply, not_found
from .limits import kind_of, limits
from .registry import ROUTES, Call
from .state import Installation, Repository

if TYPE_CHECKING:
    from .fake import FakeGitHub

__all__ = ["answer", "rest"]  # importing `rest` registers every route
ROOTS = frozenset(operation.template.split("/")[1] for operation in contract.operations()) | {"repositories"}
BY_NAME = re.compile(r"/repos/([^/]+)/([^/]+)(/.*)?\Z")
BY_ID = re.compile(r"/repositories/(\d+)(/.*)?\Z")
PAGES = re.compile(r"/(apps/[^/]+(/installations/new)?|organizations/[^/]+/settings/.*)\Z")  # for people
VERSIONS = ("2022-11-28", "2026-03-10")
DROPPED = "fake.dropped"  # set in the WSGI environment: the server closes the connection unanswered


def is_api(path: str) -> bool:
    if PAGES.match(path):
        return False
    return path.startswith("/api/v3") or path.split("/")[1] in ROOTS or path in graph.PATHS


def answer(fake: FakeGitHub, request: Request) -> Response:
    """Answer one API request and note it in `fake.requests`."""
    path = _path(fake, request)
    body = _json(request)
    with fake.lock:
        fault = fake.faults.take(request.method, path)
    headers: dict[str, str] = {}
    who: dict[str, Installation] = {}
    if fault and fault.when == "before":
        reply = fault.reply()
    else:
        try:
            with fake.acting():
                reply = _act(fake, request, path, body, headers, who)
        except Refused as refusal:
            reply = refusal.reply()
        reply = fault.reply() if fault else reply
    dropped = bool(fault and fault.drop_connection)
    request.environ[DROPPED] = dropped
    fake.note(request, path, None if dropped else reply.status, who.get("installation"), body)
    return _response(fake, request, reply, headers, who.get("installation"))


def _act(
    fake: FakeGitHub,
    request: Request,
    path: str,
    body: Any,
    headers: dict[str, str],
    who: dict[str, Installation],
) -> Reply:
    if not request.headers.get("User-Agent"):
        fake.violate(request.method, path, "no User-Agent")
        raise Refused(
            403,
            "Request forbidden by administrative rules. Please make sure your request has a "
            "User-Agent header.",
        )
    if request.headers.get("X-GitHub-Api-Version", VERSIONS[0]) not in VERSIONS:
        fake.violate(request.method, path, "no such API version")
        raise Refused(400, "Invalid API version.")
    if request.path in graph.PATHS and request.method == "POST":
        return graph.answer(fake, request.headers.get("Authorization", ""), body, who)
    found = contract.find(request.method, path)
    if found is None:
        fake.violate(request.method, path, "GitHub has no such operation")
        raise not_found()
    operation, params = found
    route = ROUTES.get((request.method, operation.template))
    if route is None:
        fake.violate(request.method, path, "the fake GitHub does not have this operation yet")
        raise Refused(501, f"The fake GitHub does not have {operation.method} {operation.template} yet.")
    actor, token = auth.authenticate(fake, request.headers.get("Authorization", ""), route.auth)
    if token:
        who["installation"] = token.installation
    query = _checked(fake, request, path, operation, body)
    repository = _repository_of(fake, request, path, params)
    if token:
        fake.spend(token.installation, kind_of(request.method))
    if repository and token and not token.covers(repository):
        raise not_found()
    if token:
        auth.require(token, route.accepts)
    link_path = path if repository is None else f"/repositories/{repository.id}{_rest(path)}"
    headers |= {"x-accepted-github-permissions": route.accepts} if route.accepts else {}
    call = Call(fake, route, params, query, body or {}, actor, token, repository, link_path, headers)
    result = route.handler(call)
    return result if isinstance(result, Reply) else Reply(200, result)


def _checked(
    fake: FakeGitHub, request: Request, path: str, operation: contract.Operation, body: Any
) -> dict[str, Any]:
    """The typed query of a request that keeps to the contract; else 400 or 422, and a violation is noted."""
    if isinstance(body, Malformed):
        fake.violate(request.method, path, "the body is not JSON")
        raise Refused(400, "Problems parsing JSON")
    query, problems = operation.check_query(request.args.to_dict(flat=False))
    problems += operation.check_body(body)
    for problem in problems:
        fake.violate(request.method, path, problem)
    if problems:
        raise Refused(422, "Invalid request.\n\n" + "\n".join(problems))
    return query


def _repository_of(
    fake: FakeGitHub, request: Request, path: str, params: dict[str, Any]
) -> Repository | None:
    """The repository of the path; a redirect by id where it has another name by now."""
    if "repo" not in params:
        return None
    if repository := fake.find_repository(params["owner"], params["repo"]):
        return repository
    moved = fake.renamed(params["owner"], params["repo"])
    if moved is None:
        raise not_found()
    query = f"?{request.query_string.decode()}" if request.query_string else ""
    url = f"{fake.api_url}/repositories/{moved.id}{_rest(path)}{query}"
    if request.method == "GET":
        raise Refused(301, "Moved Permanently", headers={"Location": url}, url=url)
    raise Refused(307, "Temporary Redirect", headers={"Location": url}, url=url)


def _rest(path: str) -> str:
    """What follows the repository in a path by name."""
    match = BY_NAME.match(path)
    return (match[3] if match else None) or ""


def _path(fake: FakeGitHub, request: Request) -> str:
    """Without `/api/v3`, and with `/repositories/{id}/…` said by owner and name."""
    if request.path in graph.PATHS:
        return graph.PATH
    path = request.path.removeprefix("/api/v3") or "/"
    match = BY_ID.match(path)
    if not match or int(match[1]) not in fake.repositories:
        return path
    return f"/repos/{fake.repositories[int(match[1])].full_name}{match[2] or ''}"


class Malformed(bytes):
    """A body that is not JSON, as it came."""


def _json(request: Request) -> Any:
    data = request.get_data()
    if not data.strip():
        return None
    try:
        return json.loads(data)
    except ValueError:
        return Malformed(data)


def _response(
    fake: FakeGitHub,
    request: Request,
    reply: Reply,
    headers: dict[str, str],
    installation: Installation | None,
) -> Response:
    body = b"" if reply.json is None else json.dumps(reply.json).encode()
    response = Response(body, reply.status, content_type="application/json; charset=utf-8")
    told = limits(installation) if fake.limited else {}
    headers = told | headers | {"x-github-request-id": uuid.uuid4().hex[:20].upper()} | reply.headers
    if request.method == "GET" and reply.status == 200:
        headers["ETag"] = f'W/"{hashlib.sha256(body).hexdigest()}"'
        if request.headers.get("If-None-Match") == headers["ETag"]:
            response = Response(b"", 304)
            if installation and fake.limited:
                installation.rate_used -= 1
                headers |= limits(installation)
    response.headers.update(headers)
    return response
