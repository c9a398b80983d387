"""git over HTTP, by git's own `git http-backend`: https://git-scm.com/docs/git-http-backend"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from flask import Request, Response

from . import auth
from .acts.pushes import pushed
from .api import DROPPED
from .errors import Refused
from .git_report import with_reasons
from .gitstore import environment
from .state import Actor, Installation, Repository, Token

if TYPE_CHECKING:
    from .fake import FakeGitHub

CHUNK = 64 * 1024


def answer(fake: FakeGitHub, request: Request, owner: str, name: str, rest: str) -> Response:
    """Answer one request of a git client and note it in `fake.requests`."""
    path = f"/{owner}/{name}.git/{rest}"
    installation: Installation | None = None
    with fake.lock:
        fault = fake.faults.take(request.method, path)
    try:
        if fault and fault.when == "before":
            raise Refused(fault.status, fault.message, headers=fault.headers)
        repository = fake.find_repository(owner, name)
        if repository is None:
            response = _elsewhere(fake, request, owner, name, rest)
        else:
            token = _enter(fake, request, repository, rest)
            installation = token.installation if token else None
            response = _serve(fake, request, repository, token, rest)
        if fault:
            response.get_data()  # lets git finish
            raise Refused(fault.status, fault.message, headers=fault.headers)
    except Refused as refusal:
        response = Response(
            refusal.message + "\n", refusal.status, refusal.headers, content_type="text/plain"
        )
    dropped = bool(fault and fault.drop_connection)
    request.environ[DROPPED] = dropped
    fake.note(request, path, None if dropped else response.status_code, installation)
    return response


def _elsewhere(fake: FakeGitHub, request: Request, owner: str, name: str, rest: str) -> Response:
    moved = fake.renamed(owner, name)
    if moved is None:
        raise _ask() if request.authorization is None else Refused(404, "Repository not found.")
    url = f"{fake.server_url}/{moved.full_name}.git/{rest}?{request.query_string.decode()}"
    return Response(b"", 301, {"Location": url})


def _enter(fake: FakeGitHub, request: Request, repository: Repository, rest: str) -> Token | None:
    """The token that opens this repository, None for reading a public one."""
    writes = "git-receive-pack" in (rest, request.args.get("service"))
    given = request.authorization
    if given is None:
        if writes or repository.private:
            raise _ask()
        return None
    if given.type != "basic" or given.username != "x-access-token":
        raise _ask()
    if writes and repository.archived:
        raise Refused(403, "This repository was archived so it is read-only.")
    return auth.git_access(fake, repository, given.password or "", writes)


def _ask() -> Refused:
    return Refused(401, "Authentication required.", headers={"WWW-Authenticate": 'Basic realm="GitHub"'})


def _serve(
    fake: FakeGitHub, request: Request, repository: Repository, token: Token | None, rest: str
) -> Response:
    with tempfile.TemporaryFile() as body:
        while chunk := request.stream.read(CHUNK):
            body.write(chunk)
        variables = _cgi(request, repository, token, rest, body.tell())
        body.seek(0)
        if token is None or rest != "git-receive-pack":
            return Response(*_run(body, variables))
        with fake.acting():  # one push at a time, and its events with it
            return _receive(fake, repository, token, body, variables)


def _receive(
    fake: FakeGitHub, repository: Repository, token: Token, body: IO[bytes], variables: dict[str, str]
) -> Response:
    before = repository.git.refs()
    with tempfile.NamedTemporaryFile(mode="r") as reasons:
        stream, status, headers = _run(body, variables | _rules(repository, token, reasons.name))
        content = with_reasons(b"".join(stream), reasons.read())
    installation = token.installation
    pushed(fake, Actor(installation.app.bot, installation.app, installation), repository, before)
    return Response(content, status, [one for one in headers if one[0].lower() != "content-length"])


def _run(body: IO[bytes], variables: dict[str, str]) -> tuple[Iterator[bytes], int, list[tuple[str, str]]]:
    process = subprocess.Popen(["git", "http-backend"], stdin=body, stdout=subprocess.PIPE, env=variables)
    assert process.stdout is not None
    status, headers = _head(process.stdout)
    return _stream(process, process.stdout), status, headers


def _cgi(
    request: Request, repository: Repository, token: Token | None, rest: str, size: int
) -> dict[str, str]:
    path = repository.git.path
    variables = {
        "GIT_PROJECT_ROOT": str(path.parent),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{path.name}/{rest}",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.query_string.decode(),
        "CONTENT_TYPE": request.content_type or "",
        "CONTENT_LENGTH": str(size),
        "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        "REMOTE_ADDR": "127.0.0.1",
    }
    if token:
        variables["REMOTE_USER"] = token.installation.app.bot.login
    return environment() | variables


def _rules(repository: Repository, token: Token, reasons: str) -> dict[str, str]:
    """What our update hook asks for."""
    lines = [f"refs/heads/{branch} {code}" for branch, code in repository.guarded.items()]
    may = auth.allows(token.permissions, "workflows=write")
    told = {"FAKE_GUARDED": "\n".join(lines), "FAKE_REASONS": reasons}
    return told | ({"FAKE_WORKFLOWS": "yes"} if may else {})


def _head(output: IO[bytes]) -> tuple[int, list[tuple[str, str]]]:
    status, headers = 200, []
    while line := output.readline().strip():
        name, _, value = line.decode("latin-1").partition(":")
        if name.lower() == "status":
            status = int(value.split()[0])
        else:
            headers.append((name, value.strip()))
    return status, headers


def _stream(process: subprocess.Popen[bytes], output: IO[bytes]) -> Iterator[bytes]:
    try:
        while chunk := output.read1(CHUNK):  # type: ignore[attr-defined]
            yield chunk
    finally:
        output.close()
        process.wait()
