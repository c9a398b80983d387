"""Working a chain: an agent fixes one issue, we commit and push what it changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy.orm import Session

from bot.agents.base import FixResult, Task, TaskLimits
from bot.domain import answers, chain_results, chains, here, runs, workflows
from bot.github import committext
from bot.jobs import agent, fixing
from bot.jobs.agent import RunFailed
from bot.jobs.answering import asked, brief
from bot.jobs.chainbranch import Foreign, Pushed, look, must_be_usable, put
from bot.jobs.fixing import Fixed
from bot.jobs.thinking import brain
from bot.jobs.work import Work
from bot.sandbox.changes import one_file
from bot.store.models import ChainItem, Issue, Project, Run, WorkChain


class IssueGone(Exception):
    """Nothing is to be done about the issue any more; the text says what became of it."""


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
        # a workflow that was taken away since the run was queued has no say any more
        workflow = workflows.find(project, chain.workflow_id) or workflows.get(project, workflows.DEFAULT)
        task = Task(
            kind="fix", issues=[brief(tx, issue)], limits=TaskLimits(timeout_ms=workflow.minutes * 60_000)
        )
        starter = here.starter(tx, chain)
        rests_on = answers.names_for(tx, project.id, issue)
        tries = runs.listed(tx, project.id, {"chain_id": chain.id, "issue_id": issue.id}).rows
    try:
        message = partial(_message, work, issue, run, rests_on, starter)
        outcome = _fix(work, run, chain, project, task, workflow.verify, message, [one.id for one in tries])
    except RunFailed as failed:
        with work.finish() as tx:
            died(tx, work.args, str(failed))
        return
    except IssueGone as gone:
        with work.finish() as tx:
            if (found := _load(tx, work)) is not None:
                chain_results.issue_gone(tx, project, found[1], found[2], str(gone))
        return
    with work.finish() as tx:
        if (found := _load(tx, work)) is not None:
            _take_over(tx, project, found[1], found[2], outcome)


def died(tx: Session, args: dict[str, str], error: str) -> None:
    """The last try failed: the item says so."""
    if (found := _current(tx, args["run_id"])) is not None:
        _, chain, item, project = found
        chain_results.went_wrong(tx, project, chain, item, error)


def tidy(work: Work) -> None:
    """The work is done: the questions file goes from the branch."""
    with work.db.read() as tx:
        chain = tx.get_one(WorkChain, work.args["chain_id"])
        project = tx.get_one(Project, chain.project_id)
        path = f".askfirst/{chain.answering_session_id}.md"
    if chain.head is None:
        return
    with agent.checkout(work, project, branch=chain.branch_name) as source:
        if not source.on_wanted_branch or isinstance(look(work, chain, source, ()), Foreign):
            return  # somebody took it away, or works there
        head = source.commit
        if (source.folder / path).exists() and not source.config.questions.keep_file:
            gone = one_file(path, None)
            there = put(work, project, chain, source, gone, committext.removing(), by=chain.id)
            if isinstance(there, Foreign):
                return
            head = there.head
    with work.finish() as tx:
        kept = tx.get_one(WorkChain, chain.id)
        if kept.head != head:
            kept.head = head
            chains.show(tx, project, kept)


def _fix(
    work: Work,
    run: Run,
    chain: WorkChain,
    project: Project,
    task: Task,
    verify: str | None,
    message: Callable[[str], str],
    tries: Sequence[str],
) -> Outcome:
    with agent.live(work, run.id) as live, agent.reasons(project):
        template = work.tools.template(run.template_id)
        with agent.checkout(work, project, chain.base_branch, branch=chain.branch_name) as source:
            must_be_usable(work, project, chain, source)
            if there := look(work, chain, source, tries):
                return there
            task = task.model_copy(update={"protected_paths": source.config.protected_paths})
            mind = brain(work, template, project, run.id)
            made = fixing.fix(work, live, template, task, source, verify, mind)
            if isinstance(made, FixResult):
                return Asks(made, source.commit) if made.outcome == "needs_answer" else made
            first = partial(_note_result, work, made)
            there = put(work, project, chain, source, made.changes, message(made.summary), run.id, first)
            if isinstance(there, Foreign):
                return there
            verified = None if there.on_theirs else made.verified
            return replace(there, summary=made.summary, verified=verified)


def _note_result(work: Work, made: Fixed, tx: Session, on_theirs: bool) -> None:
    """Before the push, for whoever takes over after it.

    Nothing is pushed for a run that was cancelled, or an issue that was closed, while its agent came to an end.
    """
    found = _load(tx, work)
    if found is None:
        raise RunFailed("it was cancelled")
    issue = tx.get_one(Issue, found[2].issue_id)
    if issue.status != "running" or issue.deleted_at:
        raise IssueGone(f"the issue is {'deleted' if issue.deleted_at else issue.status}")
    found[0].summary, found[0].verified = made.summary, None if on_theirs else made.verified


def _message(
    work: Work,
    issue: Issue,
    run: Run,
    rests_on: Sequence[str],
    starter: tuple[str, int] | None,
    summary: str,
) -> str:
    return committext.fixing(
        issue.title, summary, run_id=run.id, issue_number=issue.github_number, answers=rests_on,
        co_author=committext.CoAuthor(*starter) if starter else None,
        server_url=work.tools.config.github_server_url,
    )  # fmt: skip


def _take_over(tx: Session, project: Project, chain: WorkChain, item: ChainItem, outcome: Outcome) -> None:
    if isinstance(outcome, Pushed):
        chain_results.pushed(
            tx, project, chain, item, outcome.commit, outcome.summary, outcome.head, outcome.verified
        )
    elif isinstance(outcome, Foreign):
        chains.pause(tx, project, chain, "foreign_commit", foreign=outcome.commit or None)
    elif isinstance(outcome, Asks):
        found = [asked(one) for one in outcome.result.questions]
        chain_results.needs_answer(tx, project, chain, item, found, outcome.result.summary, outcome.commit)
    elif outcome.outcome == "no_change":
        chain_results.changed_nothing(tx, project, chain, item, outcome.summary)
    else:
        chain_results.went_wrong(tx, project, chain, item, outcome.summary)


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
