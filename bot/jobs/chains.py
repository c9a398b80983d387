"""Working a chain: an agent fixes one issue, we commit and push what it changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bot.agents.base import FixResult, Task, TaskLimits
from bot.agents.run import run_fix
from bot.domain import chains, questions, runs, workflows
from bot.github import committext
from bot.jobs import agent
from bot.jobs.agent import Checkout, RunFailed
from bot.jobs.answering import asked, brief
from bot.jobs.work import Work
from bot.sandbox import commits, push
from bot.sandbox.changes import one_file, take
from bot.sandbox.checks import check
from bot.store.models import ChainItem, Issue, Project, Run, WorkChain


@dataclass(frozen=True)
class Pushed:
    """The agent's change is on the branch."""

    commit: str
    summary: str


@dataclass(frozen=True)
class Foreign:
    """Somebody else's commit is on the branch: people decide what happens."""

    commit: str


@dataclass(frozen=True)
class Asks:
    """The agent wants to know something first, about the files of this commit."""

    result: FixResult
    commit: str


Outcome = Pushed | Foreign | Asks | FixResult


def fix(work: Work) -> None:
    """Work one item: run its agent, and put what it changed on the chain's branch as one commit."""
    with work.note() as tx:
        found = _load(tx, work)
        if found is None:
            return
        run, chain, item, project = found
        runs.start(run)
        issue = tx.get_one(Issue, item.issue_id)
        minutes = workflows.get(project, chain.workflow_id).minutes
        task = Task(kind="fix", issues=[brief(tx, issue)], limits=TaskLimits(timeout_ms=minutes * 60_000))
        answers = questions.names_for(tx, project.id, issue)
        tries = runs.listed(tx, project.id, {"chain_id": chain.id, "issue_id": issue.id}).rows
    try:
        outcome = _fix(work, run, chain, issue, project, task, answers, [one.id for one in tries])
    except RunFailed as failed:
        with work.finish() as tx:
            died(tx, work.args, str(failed))
        return
    with work.finish() as tx:
        if (found := _load(tx, work)) is not None:
            _take_over(tx, project, found[1], found[2], outcome)


def died(tx: Session, args: dict[str, str], error: str) -> None:
    """The last try failed: the item says so."""
    if (found := _current(tx, args["run_id"])) is not None:
        _, chain, item, project = found
        chains.went_wrong(tx, project, chain, item, error)


def tidy(work: Work) -> None:
    """The work is done: the questions file goes from the branch."""
    with work.db.read() as tx:
        chain = tx.get_one(WorkChain, work.args["chain_id"])
        project = tx.get_one(Project, chain.project_id)
        path = f".askfirst/{chain.answering_session_id}.md"
    if chain.head is None:
        return
    with agent.checkout(work, project, branch=chain.branch_name) as source:
        if source.config.questions.keep_file or not (source.folder / path).exists():
            return
        if source.commit != chain.head:
            return  # somebody works there
        file = one_file(path, None)
        commit = commits.commit(source.mirror, source.commit, file, committext.removing(), *agent.AUTHOR)
        if _push(work, project, chain, source, commit) is not None:
            return
    with work.finish() as tx:
        kept = tx.get_one(WorkChain, chain.id)
        kept.head = commit
        chains.show(tx, project, kept)


def _fix(
    work: Work,
    run: Run,
    chain: WorkChain,
    issue: Issue,
    project: Project,
    task: Task,
    answers: Sequence[str],
    tries: Sequence[str],
) -> Outcome:
    with agent.live(work, run.id) as live, agent.reasons(project):
        template = work.tools.template(run.template_id)
        with (
            agent.checkout(work, project, chain.base_branch, branch=chain.branch_name) as source,
            agent.sandbox(live, template, timeout_ms=task.limits.timeout_ms) as box,
        ):
            if chain.head and not source.on_wanted_branch:
                raise RunFailed(
                    f"branch {chain.branch_name} is not there any more, nor is what was pushed to it: restore it, "
                    f"and start the chain again"
                )
            if ours := _already_there(source, chain, tries):
                return ours
            task = task.model_copy(update={"protected_paths": source.config.protected_paths})
            result = run_fix(template, task, source.folder, box, live.progress, live.log)
            if result.outcome == "needs_answer":
                return Asks(result, source.commit)
            if result.outcome != "done":
                return result
            changes = take(box.get("repo"), source.folder)
            if not changes:
                return FixResult(outcome="no_change", summary=result.summary or "The agent changed nothing.")
            check(changes, task.protected_paths)
            message = _message(work, issue, run, answers, result.summary)
            commit = commits.commit(source.mirror, source.commit, changes, message, *agent.AUTHOR)
            _must_be_wanted(work)
            return _push(work, project, chain, source, commit) or Pushed(commit, result.summary)


def _already_there(source: Checkout, chain: WorkChain, tries: Sequence[str]) -> Pushed | Foreign | None:
    """What a lost or stopped run for this item pushed, or what somebody else did."""
    if chain.head in (None, source.commit):
        # before our first commit the branch is whoever's made it: the round of questions, or a person
        ours = chain.head is None and _made_by(source, tries)
        return Pushed(source.commit, "") if ours else None
    return Pushed(source.commit, "") if _made_by(source, tries) else Foreign(source.commit)


def _made_by(source: Checkout, tries: Sequence[str]) -> bool:
    message = commits.message(source.mirror, source.commit)
    return any(f"\nAskfirst-Run: {run_id}" in message for run_id in tries)


def _push(work: Work, project: Project, chain: WorkChain, source: Checkout, commit: str) -> Foreign | None:
    remote = work.tools.remote(project, contents="write")
    expected = source.commit if source.on_wanted_branch else None
    try:
        push.push(source.mirror, remote, chain.branch_name, commit, expected)
    except push.LostRace as lost:
        return Foreign(lost.actual or "")
    return None


def _must_be_wanted(work: Work) -> None:
    """Nothing is pushed for a run that was cancelled while its agent came to an end."""
    with work.note() as tx:
        if _load(tx, work) is None:
            raise RunFailed("it was cancelled")


def _message(work: Work, issue: Issue, run: Run, answers: Sequence[str], summary: str) -> str:
    return committext.fixing(
        issue.title, summary, run_id=run.id, issue_number=issue.github_number, answers=answers,
        server_url=work.tools.config.github_server_url,
    )  # fmt: skip


def _take_over(tx: Session, project: Project, chain: WorkChain, item: ChainItem, outcome: Outcome) -> None:
    if isinstance(outcome, Pushed):
        chains.pushed(tx, project, chain, item, outcome.commit, outcome.summary)
    elif isinstance(outcome, Foreign):
        chains.pause(tx, project, chain, "foreign_commit", foreign=outcome.commit or None)
    elif isinstance(outcome, Asks):
        found = [asked(one) for one in outcome.result.questions]
        chains.needs_answer(tx, project, chain, item, found, outcome.result.summary, outcome.commit)
    elif outcome.outcome == "no_change":
        chains.changed_nothing(tx, project, chain, item, outcome.summary)
    else:
        chains.went_wrong(tx, project, chain, item, outcome.summary)


def _load(tx: Session, work: Work) -> tuple[Run, WorkChain, ChainItem, Project] | None:
    return _current(tx, work.args["run_id"])


def _current(tx: Session, run_id: str) -> tuple[Run, WorkChain, ChainItem, Project] | None:
    """The run with its chain and item, while it is what the chain is at."""
    run = tx.get_one(Run, run_id)
    # the project before the chain, as a pause of the project does: neither waits for the other
    project = tx.get_one(Project, run.project_id, with_for_update={"read": True})
    chain = tx.get_one(WorkChain, run.chain_id, with_for_update=True)
    item = chains.current(tx, chain)
    if run.status not in runs.LIVE or chain.status != "running" or item is None or item.run_id != run.id:
        return None
    return run, chain, item, project
