"""The page of a pull request: conversation, commits, checks and the diff, for one of several people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Flask, abort, redirect, render_template, request

from .changes import commits_of, files_of, mergeable
from .errors import Refused
from .page_tools import people_of, person_of, repository_of, typed
from .people import Person
from .state import Comment
from .state_pulls import PullRequest, Review, Thread

if TYPE_CHECKING:
    from .fake import FakeGitHub

PARTS = {"files": "files", "commits": "commits", "checks": "checks"}
ACTS = {
    "merge": Person.merges,
    "squash": lambda person, pull: person.merges(pull, "squash"),
    "close": Person.closes_pull_request,
    "reopen": Person.reopens_pull_request,
    "ready": Person.marks_ready,
    "draft": Person.converts_to_draft,
}


def add_pull_pages(app: Flask, fake: FakeGitHub) -> None:
    @app.get("/<owner>/<name>/pulls")
    def pulls(owner: str, name: str) -> str:
        repository = repository_of(fake, owner, name)
        state = request.args.get("state", "open")
        every = sorted(repository.pulls.values(), key=lambda pull: -pull.number)
        counts = {word: sum(pull.state == word for pull in every) for word in ("open", "closed")}
        found = [pull for pull in every if state in (pull.state, "all")]
        return render_template("pulls.html", repository=repository, state=state, counts=counts, pulls=found)

    @app.get("/<owner>/<name>/pull/<int:number>")
    def pull(owner: str, name: str, number: int) -> Any:
        repository = repository_of(fake, owner, name)
        if number in repository.issues:
            return redirect(f"/{repository.full_name}/issues/{number}")
        with fake.lock:
            return _page(fake, repository.pulls.get(number) or abort(404))

    @app.post("/<owner>/<name>/pull/<int:number>")
    def act_on_pull(owner: str, name: str, number: int) -> Any:
        found = repository_of(fake, owner, name).pulls.get(number) or abort(404)
        try:
            anchor = _do(person_of(fake), found, request.form["act"], typed("body"))
        except Refused as refusal:
            return _page(fake, found, refusal), refusal.status
        return redirect(f"{request.path}?person={request.form['person']}#{anchor}")

    @app.get("/<owner>/<name>/pull/<int:number>/<part>")
    def part_of_pull(owner: str, name: str, number: int, part: str) -> Any:
        return redirect(f"/{owner}/{name}/pull/{number}#{PARTS.get(part) or abort(404)}")

    @app.get("/<owner>/<name>/runs/<int:number>")
    def check(owner: str, name: str, number: int) -> Any:
        repository = repository_of(fake, owner, name)
        check = next((check for check in repository.checks if check.id == number), None)
        sha = check.head_sha if check else ""
        pull = next((pull for pull in repository.pulls.values() if pull.head_sha == sha), None)
        if pull is None:
            abort(404)
        return redirect(f"/{repository.full_name}/pull/{pull.number}#check-{number}")


def _do(person: Person, pull: PullRequest, act: str, text: str) -> str:
    """Do what a button says; the anchor to go to. A comment goes with the other buttons if one was typed."""
    if act in ("reply", "resolve", "unresolve"):
        return _in_thread(person, pull, act, text)
    if act == "approve":
        person.reviews(pull, "APPROVE", text)
    elif act == "request_changes":
        person.reviews(pull, "REQUEST_CHANGES", text)
    else:
        if act in ACTS:
            ACTS[act](person, pull)
        if text.strip() or act == "comment":
            person.comments(pull, text)
    return "end"


def _in_thread(person: Person, pull: PullRequest, act: str, text: str) -> str:
    wanted = request.form.get("thread", type=int)
    thread = next((thread for thread in pull.threads if thread.id == wanted), None) or abort(404)
    if act == "resolve":
        person.resolves(thread)
    elif act == "unresolve":
        person.unresolves(thread)
    if text.strip() or act == "reply":
        person.replies(thread, text)
    return f"thread-{thread.id}"


def _page(fake: FakeGitHub, pull: PullRequest, refusal: Refused | None = None) -> str:
    checks = {c.name: c for c in pull.repository.checks if c.head_sha == pull.head_sha}
    return render_template(
        "pull.html",
        repository=pull.repository,
        pull=pull,
        refusal=refusal,
        conversation=_conversation(pull),
        commits=commits_of(pull),
        checks=list(checks.values()),
        files=files_of(pull),
        threads=pull.threads,
        mergeable=mergeable(pull),
        people=people_of(fake, pull.repository),
        chosen=request.values.get("person", ""),
        failed_thread=request.form.get("thread", type=int) if refusal else None,
        text=typed("body") if refusal else "",
    )


def _conversation(pull: PullRequest) -> list[tuple[Comment | Review, list[Thread]]]:
    """Comments and reviews in their order; a review comes with the threads that it started."""
    found: list[tuple[Comment | Review, list[Thread]]] = [(comment, []) for comment in pull.comments]
    for review in pull.reviews:
        started = [thread for thread in pull.threads if thread.comments[0].review is review]
        if started or review.body or review.state != "COMMENTED":
            found.append((review, started))
    return sorted(found, key=lambda entry: entry[0].id)
