"""Pages of code: a folder, a file, a commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, abort, render_template

from .diffs import diff
from .page_tools import ref_and_path, repository_of

if TYPE_CHECKING:
    from .fake import FakeGitHub


def add_code_pages(app: Flask, fake: FakeGitHub) -> None:
    @app.get("/<owner>/<name>/blob/<path:place>")
    def blob(owner: str, name: str, place: str) -> str:
        repository = repository_of(fake, owner, name)
        ref, path = ref_and_path(repository, place)
        commit = repository.git.resolve(ref) or abort(404)
        content = repository.git.read(commit, path)
        if content is None:
            abort(404)
        lines = content.decode("utf-8", "replace").splitlines()
        return render_template("blob.html", repository=repository, ref=ref, path=path, lines=lines)

    @app.get("/<owner>/<name>/tree/<path:place>")
    def tree(owner: str, name: str, place: str) -> str:
        repository = repository_of(fake, owner, name)
        ref, path = ref_and_path(repository, place)
        commit = repository.git.resolve(ref) or abort(404)
        entries = sorted(
            repository.git.entries(commit, path), key=lambda entry: (entry[1] != "tree", entry[3])
        )
        return render_template("tree.html", repository=repository, ref=ref, path=path, entries=entries)

    @app.get("/<owner>/<name>/commit/<sha>")
    def commit(owner: str, name: str, sha: str) -> str:
        repository = repository_of(fake, owner, name)
        found = repository.git.log("-1", repository.git.resolve(sha) or abort(404))[0]
        parents = found["parents"].split()
        files = diff(repository.git, parents[0] if parents else None, found["sha"])
        return render_template("commit.html", repository=repository, commit=found, files=files, threads=[])
