"""Labels of repositories and issues: https://docs.github.com/en/rest/issues/labels"""

from __future__ import annotations

from typing import Any

from ..acts import labels as acts
from ..errors import Refused, Reply, invalid, not_found
from ..registry import Call, created, no_content, route
from ..shapes.issues import label_json
from ..state import Issue, Label
from .lookup import issue_of, page

LABELS = "/repos/{owner}/{repo}/labels"
ON_ISSUE = "/repos/{owner}/{repo}/issues/{issue_number}/labels"
READ = "issues=read; pull_requests=read"
WRITE = "issues=write; pull_requests=write"


def names_in(given: list[Any]) -> list[str]:
    """Labels may be given as names or as objects with a name."""
    names = [one if isinstance(one, str) else one.get("name", "") for one in given]
    if not all(name.strip() for name in names):
        raise invalid("Label", "name", "missing_field")
    return names


@route("GET", LABELS, READ)
def list_labels(call: Call) -> Any:
    return [label_json(call.fake, call.repo, label) for label in page(call, call.repo.labels)]


@route("POST", LABELS, WRITE)
def create(call: Call) -> Reply:
    body = call.body
    label = acts.create_label(
        call.fake,
        call.actor,
        call.repo,
        body["name"],
        body.get("color", acts.DEFAULT_COLOR),
        body.get("description"),
    )
    return created(label_json(call.fake, call.repo, label))


@route("GET", LABELS + "/{name}", READ)
def get(call: Call) -> Any:
    return label_json(call.fake, call.repo, _label_of(call))


@route("PATCH", LABELS + "/{name}", WRITE)
def update(call: Call) -> Any:
    label, body = _label_of(call), call.body
    acts.update_label(
        call.fake,
        call.actor,
        call.repo,
        label,
        body.get("new_name", label.name),
        body.get("color", label.color),
        body.get("description", label.description),
    )
    return label_json(call.fake, call.repo, label)


@route("DELETE", LABELS + "/{name}", WRITE)
def delete(call: Call) -> Reply:
    acts.delete_label(call.fake, call.actor, call.repo, _label_of(call))
    return no_content()


@route("GET", ON_ISSUE, READ)
def list_of_issue(call: Call) -> Any:
    return [label_json(call.fake, call.repo, label) for label in page(call, issue_of(call).labels)]


@route("POST", ON_ISSUE, WRITE)
def add(call: Call) -> Any:
    issue = issue_of(call)
    acts.add_labels(call.fake, call.actor, issue, names_in(call.body.get("labels", [])))
    return _all_of(call, issue)


@route("PUT", ON_ISSUE, WRITE)
def replace(call: Call) -> Any:
    issue = issue_of(call)
    acts.set_labels(call.fake, call.actor, issue, names_in(call.body.get("labels", [])))
    return _all_of(call, issue)


@route("DELETE", ON_ISSUE, WRITE)
def remove_all(call: Call) -> Reply:
    issue = issue_of(call)
    acts.remove_labels(call.fake, call.actor, issue, [label.name for label in issue.labels])
    return no_content()


@route("DELETE", ON_ISSUE + "/{name}", WRITE)
def remove(call: Call) -> Any:
    issue, name = issue_of(call), call.params["name"]
    if name.lower() not in [label.name.lower() for label in issue.labels]:
        raise Refused(404, "Label does not exist")
    acts.remove_labels(call.fake, call.actor, issue, [name])
    return _all_of(call, issue)


def _label_of(call: Call) -> Label:
    label = call.repo.label(call.params["name"])
    if label is None:
        raise not_found()
    return label


def _all_of(call: Call, issue: Issue) -> list[dict[str, Any]]:
    return [label_json(call.fake, call.repo, label) for label in issue.labels]
