"""Plain pages for people: repositories, issues, and an issue to comment on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Flask, abort, redirect, render_template, request, url_for

from .errors import Refused
from .markdown import titled
from .page_tools import faces, ink, people_of, person_of, repository_of, shown, typed
from .pages_apps import add_app_pages
from .pages_code import add_code_pages
from .pages_pulls import add_pull_pages
from .pages_sign_in import add_sign_in_pages
from .people import Person
from .state import Issue, Repository

if TYPE_CHECKING:
    from .fake import FakeGitHub


def add_pages(app: Flask, fake: FakeGitHub) -> None:
    """Register the pages, and what they need in their templates."""
    app.jinja_env.filters.update(rendered=shown, titled=titled, faces=faces, ink=ink)
    app.jinja_env.globals.update(fake=fake)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    add_code_pages(app, fake)
    add_pull_pages(app, fake)
    add_app_pages(app, fake)
    add_sign_in_pages(app, fake)

    @app.get("/")
    def repositories() -> str:
        with fake.lock:
            return render_template("repositories.html", repositories=fake.repositories.values())

    @app.get("/<owner>/<name>")
    @app.get("/<owner>/<name>/issues")
    def issues(owner: str, name: str) -> Any:
        with fake.lock:
            return _issues_page(fake, repository_of(fake, owner, name))

    @app.post("/<owner>/<name>/issues")
    def open_issue(owner: str, name: str) -> Any:
        repository = repository_of(fake, owner, name)
        try:
            issue = person_of(fake).opens_issue(repository, request.form["title"], typed("body"))
        except Refused as refusal:
            return _issues_page(fake, repository, refusal), refusal.status
        return redirect(
            url_for("issue", owner=owner, name=name, number=issue.number, person=request.form["person"])
        )

    @app.get("/<owner>/<name>/issues/<int:number>")
    def issue(owner: str, name: str, number: int) -> Any:
        repository = repository_of(fake, owner, name)
        if number in repository.pulls:
            return redirect(f"/{repository.full_name}/pull/{number}")
        if moved := repository.gone.get(number):
            return redirect(f"/{moved.repository.full_name}/issues/{moved.number}")
        with fake.lock:
            return _issue_page(fake, _issue(repository, number))

    @app.post("/<owner>/<name>/issues/<int:number>")
    def act(owner: str, name: str, number: int) -> Any:
        found = _issue(repository_of(fake, owner, name), number)
        try:
            _do(person_of(fake), found, request.form["act"], typed("body"))
        except Refused as refusal:
            return _issue_page(fake, found, refusal), refusal.status
        return redirect(
            url_for(
                "issue", owner=owner, name=name, number=number, person=request.form["person"], _anchor="end"
            )
        )


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
        people=people_of(fake, repository),
    )


def _issue_page(fake: FakeGitHub, issue: Issue, refusal: Refused | None = None) -> str:
    chosen = request.values.get("person", "")
    return render_template(
        "issue.html",
        repository=issue.repository,
        issue=issue,
        refusal=refusal,
        chosen=chosen,
        people=people_of(fake, issue.repository),
        text=typed("body") if refusal else "",
    )


def _issue(repository: Repository, number: int) -> Issue:
    return repository.issues.get(number) or abort(404)
