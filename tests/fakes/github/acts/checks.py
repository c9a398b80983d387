"""Check runs: https://docs.github.com/en/rest/checks/runs"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..errors import Refused, at_most, invalid
from ..shapes.checks import check_run_json
from ..state import Actor, App, Repository
from ..state_pulls import CheckRun
from .issues import require

if TYPE_CHECKING:
    from ..fake import FakeGitHub

LONGEST_TEXT = 65_535
MOST_ANNOTATIONS = 50


def create_check(
    fake: FakeGitHub, actor: Actor, repository: Repository, name: str, head: str, fields: dict[str, Any]
) -> CheckRun:
    """`fields` as the API takes them."""
    assert actor.app is not None, "only Apps make check runs"
    if repository.git.resolve(head) is None:
        raise Refused(422, f"No commit found for SHA: {head}")
    if not name.strip():
        raise invalid("CheckRun", "name", "missing_field")
    check = CheckRun(fake.next_id(), repository, actor.app, name, head, fake.clock())
    _set(fake, check, fields)
    repository.checks.append(check)
    tell(fake, actor, "completed" if check.status == "completed" else "created", check)
    return check


def update_check(fake: FakeGitHub, actor: Actor, check: CheckRun, fields: dict[str, Any]) -> None:
    if actor.app is not check.app:
        raise Refused(403, "Check run can only be modified by the GitHub App that created it.")
    was = check.status
    _set(fake, check, fields)
    if check.status == "completed" and was != "completed":
        tell(fake, actor, "completed", check)


def rerequest(fake: FakeGitHub, actor: Actor, check: CheckRun) -> None:
    """Only the App that made the check run hears of it."""
    require(actor, check.repository, "write")
    tell(fake, actor, "rerequested", check, only=check.app)


def tell(fake: FakeGitHub, actor: Actor, action: str, check: CheckRun, only: App | None = None) -> None:
    told = check_run_json(fake, check, in_event=True)
    fake.webhooks.emit(actor, "check_run", action, check.repository, only=only, check_run=told)


def _set(fake: FakeGitHub, check: CheckRun, fields: dict[str, Any]) -> None:
    conclusion = fields.get("conclusion", check.conclusion)
    status = "completed" if "conclusion" in fields else fields.get("status", check.status)
    output = fields.get("output", {})
    if status == "completed" and conclusion is None:
        raise invalid("CheckRun", "conclusion", "missing_field")
    for part in ("summary", "text"):
        at_most(LONGEST_TEXT, output.get(part), "CheckRun", part)
    added = output.get("annotations", [])
    if len(added) > MOST_ANNOTATIONS:
        raise Refused(422, f"No more than {MOST_ANNOTATIONS} annotations per request are allowed.")
    check.name = fields.get("name", check.name)
    check.status, check.conclusion = status, conclusion if status == "completed" else None
    check.completed_at = _moment(fields.get("completed_at")) or check.completed_at
    if status == "completed":
        check.completed_at = check.completed_at or fake.clock()
    else:
        check.completed_at = None
    check.started_at = _moment(fields.get("started_at")) or check.started_at
    check.external_id = fields.get("external_id", check.external_id)
    check.details_url = fields.get("details_url", check.details_url)
    check.output = check.output | {k: v for k, v in output.items() if k in ("title", "summary", "text")}
    check.annotations = [*check.annotations, *added]


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
