"""Plain pages for people: repositories, issues, an issue to comment on, and files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Flask, abort, redirect, render_template, request, url_for

from .errors import Refused
from .markdown import rendered
from .people import Person
from .state import REACTIONS, Issue, Repository

if TYPE_CHECKING:
    from .fake import FakeGitHub

FACES = dict(zip(REACTIONS, ["👍", "👎", "😄", "😕", "❤️", "🎉", "🚀", "👀"], strict=True))


def add_pages(app: Flask, fake: FakeGitHub) -> None:
    """Register the pages, and what they need in their templates."""
    app.jinja_env.filters.update(rendered=rendered, faces=_faces, ink=_ink)
    app.jinja_env.globals.update(fake=fake)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.get("/")
    def repositories() -> str:
        with fake.lock:
            return render_template("repositories.html", repositories=fake.repositories.values())

    @app.get("/<owner>/<name>")
    @app.get("/<owner>/<name>/issues")
    def issues(owner: str, name: str) -> Any:
        with fake.lock:
            return _issues_page(fake, _repository(fake, owner, name))

    @app.post("/<owner>/<name>/issues")
    def open_issue(owner: str, name: str) -> Any:
        repository = _repository(fake, owner, name)
        try:
            issue = _person(fake).opens_issue(repository, request.form["title"], _typed("body"))
        except Refused as refusal:
            return _issues_page(fake, repository, refusal), refusal.status
        return redirect(
            url_for("issue", owner=owner, name=name, number=issue.number, person=request.form["person"])
        )

    @app.get("/<owner>/<name>/issues/<int:number>")
    def issue(owner: str, name: str, number: int) -> Any:
        repository = _repository(fake, owner, name)
        if moved := repository.gone.get(number):
            return redirect(f"/{moved.repository.full_name}/issues/{moved.number}")
        with fake.lock:
            return _issue_page(fake, _issue(repository, number))

    @app.post("/<owner>/<name>/issues/<int:number>")
    def act(owner: str, name: str, number: int) -> Any:
        found = _issue(_repository(fake, owner, name), number)
        try:
            _do(_person(fake), found, request.form["act"], _typed("body"))
        except Refused as refusal:
            return _issue_page(fake, found, refusal), refusal.status
        return redirect(
            url_for(
                "issue", owner=owner, name=name, number=number, person=request.form["person"], _anchor="end"
            )
        )

    @app.get("/<owner>/<name>/blob/<path:place>")
    def blob(owner: str, name: str, place: str) -> str:
        repository = _repository(fake, owner, name)
        ref, path = _ref_and_path(repository, place)
        commit = repository.git.resolve(ref) or abort(404)
        content = repository.git.read(commit, path)
        if content is None:
            abort(404)
        lines = content.decode("utf-8", "replace").splitlines()
        return render_template("blob.html", repository=repository, ref=ref, path=path, lines=lines)


def _do(person: Person, issue: Issue, act: str, text: str) -> None:
    """Close or reopen, and comment where something was written; who may not close says nothing either."""
    if act in ("completed", "not_planned"):
        person.closes_issue(issue, act)
    elif act == "reopen":
        person.reopens(issue)
    if text.strip() or act == "comment":
        person.comments(issue, text)


def _issues_page(fake: FakeGitHub, repository: Repository, refusal: Refused | None = None) -> str:
    state = request.args.get("state", "open")
    every = sorted(repository.issues.values(), key=lambda issue: -issue.number)
    counts = {word: sum(issue.state == word for issue in every) for word in ("open", "closed")}
    return render_template(
        "issues.html",
        repository=repository,
        state=state,
        counts=counts,
        refusal=refusal,
        issues=[issue for issue in every if state in (issue.state, "all")],
        people=_people(fake, repository),
    )


def _issue_page(fake: FakeGitHub, issue: Issue, refusal: Refused | None = None) -> str:
    chosen = request.values.get("person", "")
    return render_template(
        "issue.html",
        repository=issue.repository,
        issue=issue,
        refusal=refusal,
        chosen=chosen,
        people=_people(fake, issue.repository),
        text=_typed("body") if refusal else "",
    )


def _repository(fake: FakeGitHub, owner: str, name: str) -> Repository:
    found = fake.find_repository(owner, name) or fake.renamed(owner, name)
    return found or abort(404)


def _issue(repository: Repository, number: int) -> Issue:
    return repository.issues.get(number) or abort(404)


def _person(fake: FakeGitHub) -> Person:
    return fake.people.get(request.form.get("person", "")) or abort(400, "No such person.")


def _people(fake: FakeGitHub, repository: Repository) -> list[tuple[str, str]]:
    return [(login, repository.role_of(person.account)) for login, person in fake.people.items()]


def _typed(name: str) -> str:
    return request.form.get(name, "").replace("\r\n", "\n")


def _ref_and_path(repository: Repository, place: str) -> tuple[str, str]:
    """Branch names may hold slashes, so the longest one that fits is taken, else the first step."""
    branches = [ref.removeprefix("refs/heads/") for ref in repository.git.refs()]
    fitting = [name for name in branches if place.startswith(f"{name}/")]
    ref = max(fitting, key=len, default=place.split("/")[0])
    return ref, place[len(ref) + 1 :]


def _faces(reactions: list[Any]) -> list[tuple[str, int, str]]:
    """(face, count, who) for each kind of reaction that is there."""
    found = []
    for content, face in FACES.items():
        logins = [reaction.user.login for reaction in reactions if reaction.content == content]
        found += [(face, len(logins), ", ".join(logins))] if logins else []
    return found


def _ink(color: str) -> str:
    """Black or white, whichever can be read on a label's colour."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (0, 2, 4))
    return "#000" if red * 0.299 + green * 0.587 + blue * 0.114 > 150 else "#fff"
