"""Looking whether what a scan filed is still there."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.agents.base import ScanResult, Task
from bot.agents.run import run_scan
from bot.domain import findings, places, runs, sessions
from bot.jobs import agent
from bot.jobs.agent import RunFailed
from bot.jobs.sessions import finding, limits, scope
from bot.jobs.thinking import brain
from bot.jobs.work import Work
from bot.store.models import Issue, IssueSession, Project, Run


def recheck(work: Work) -> None:
    """Look for one issue on the default branch's head, with the agent that found it."""
    with work.note() as tx:
        run = tx.get_one(Run, work.args["run_id"])
        if run.status not in runs.LIVE:
            return
        project, issue = tx.get_one(Project, run.project_id), tx.get_one(Issue, run.issue_id)
        agent.must_be_allowed(project)
        runs.start(run)
        scan = tx.get(IssueSession, issue.session_id) if issue.session_id else None
        prints = places.prints_of(tx, issue)
    try:
        result, commit = _look(work, run, issue, scan, project, prints)
    except RunFailed as failed:
        with work.finish() as tx:
            died(tx, work.args, str(failed))
        return
    with work.finish() as tx:
        run = tx.get_one(Run, run.id)
        if run.status in runs.LIVE:
            found = [finding(one) for one in result.issues]
            findings.look_again(tx, tx.get_one(Project, project.id), run, found, scope(result, commit))


def died(tx: Session, args: dict[str, str], error: str) -> None:
    """The last try failed: the run says so."""
    run = tx.get_one(Run, args["run_id"])
    if run.status in runs.LIVE:
        runs.end(run, "failed", error=error)


def _look(
    work: Work, run: Run, issue: Issue, scan: IssueSession | None, project: Project, prints: frozenset[str]
) -> tuple[ScanResult, str]:
    prompt = scan.prompt if scan else sessions.DEFAULT_PROMPT
    there = {place["path"] for place in issue.locations}
    everywhere = {*scan.paths, *there} if scan and scan.paths else set()
    with agent.live(work, run.id) as live, agent.reasons(project):
        template = work.tools.template(run.template_id)
        with agent.checkout(work, project) as source:
            mind = brain(work, template, project, run.id)
            # code that is not where it was may have moved: then all that the first scan looked at is looked at
            for paths in dict.fromkeys((tuple(sorted(there)), tuple(sorted(everywhere)))):
                task = Task(kind="scan", prompt=prompt, paths=list(paths), commit=source.commit)
                with agent.sandbox(work, live, template, **(limits(scan) if scan else {})) as box:
                    result = run_scan(template, task, source.folder, box, live.progress, live.log, mind)
                if prints & result.seen():
                    break
            return result, source.commit
