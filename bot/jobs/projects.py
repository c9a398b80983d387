"""What is asked of GitHub about whole repositories, and what becomes of those that were lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.domain import installations, leaving, repo_config, schedules
from bot.domain.installations import Installed
from bot.domain.projects import Repository
from bot.github.files import file_text
from bot.jobs.work import Work
from bot.sandbox import repo as clones
from bot.store.models import Project


def look_everywhere(work: Work) -> None:
    """See where the App is installed: no event may have told of it."""
    if not work.tools.config.has_app:
        return
    there = [one["id"] for one in work.tools.app.installations()]
    with work.finish() as tx:
        installations.look_everywhere(tx, there)


def look(work: Work) -> None:
    """See how the App stands in an account, and what its repositories are like."""
    installation_id = work.args["installation_id"]
    there = work.tools.app.find(installation_id)
    picture = _picture(work, there) if there else None
    with work.finish() as tx:
        if picture is None:
            installations.gone(tx, installation_id)
        else:
            installations.seen(tx, picture)


def read_config(work: Work) -> None:
    """Read `.github/askfirst.yml` of the default branch."""
    with work.db.read() as tx:
        project = tx.get_one(Project, work.args["project_id"])
    text = file_text(work.tools.repo(project, contents="read"), repo_config.PATH)
    with work.finish() as tx:
        schedules.read_config(tx.get_one(Project, project.id), text)


def leave(work: Work) -> None:
    """End the keys and delete the data of projects that were lost long ago."""
    kept = timedelta(days=work.tools.config.askfirst_retention_days)
    with work.note() as tx:
        leaving.revoke_keys(tx)
        over = leaving.over(tx, kept)
    for project_id in over:
        with work.note() as tx:
            leaving.erase(tx, project_id)
        clones.forget(work.tools.config.askfirst_home, project_id)
    with work.finish() as tx:
        leaving.forget(tx, kept)


def _picture(work: Work, there: dict[str, Any]) -> Installed:
    account, suspended = str(there["account"]["login"]), there["suspended_at"] is not None
    owners = {owner.lower() for owner in work.tools.config.askfirst_owners}
    welcome = not owners or account.lower() in owners
    listed = None if suspended or not welcome else work.tools.app.installation(there["id"]).repositories()
    return Installed(
        id=there["id"],
        account=account,
        suspended=suspended,
        welcome=welcome,
        permissions=there["permissions"],
        repositories=None if listed is None else tuple(_repository(work, one) for one in listed),
    )


def _repository(work: Work, there: dict[str, Any]) -> Repository:
    return Repository(
        id=there["id"],
        full_name=there["full_name"],
        url=f"{work.tools.config.github_server_url}/{there['full_name']}",
        default_branch=there["default_branch"],
        archived=there["archived"],
        has_issues=there["has_issues"],
    )
