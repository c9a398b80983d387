"""A chain's branch: whose commits are on it, and how ours gets there."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bot.domain import intents
from bot.github.branches import why_not
from bot.jobs import agent
from bot.jobs.agent import Checkout, RunFailed
from bot.jobs.work import Work
from bot.sandbox import commits, push, repo
from bot.sandbox.changes import Changes
from bot.store.models import Project, Run, WorkChain


@dataclass(frozen=True)
class Pushed:
    """The agent's change is on the branch; `head`: with others of ours on top of it; `verified`: by which command.

    `on_theirs`: on top of what somebody pushed meanwhile, which the agent did not see.
    """

    commit: str
    head: str
    summary: str = ""
    verified: str | None = None
    on_theirs: bool = False


@dataclass(frozen=True)
class Foreign:
    """Somebody else's commit is on the branch: people decide what happens."""

    commit: str


def must_be_usable(work: Work, project: Project, chain: WorkChain, source: Checkout) -> None:
    """Raises RunFailed for a branch that is not ours to push to, or that was taken away."""
    branch = chain.branch_name
    if branch == source.default_branch:
        raise RunFailed(f"{branch} is the default branch, and nothing is pushed there: name another one")
    if chain.head and not source.on_wanted_branch:
        raise RunFailed(_gone(branch))
    if chain.head is None and source.on_wanted_branch and project.repository_id is not None:
        reason = why_not(work.tools.repo(project, contents="read", pull_requests="read"), branch)
        if reason:
            raise RunFailed(reason)


def look(work: Work, chain: WorkChain, source: Checkout, tries: Collection[str]) -> Pushed | Foreign | None:
    """What a lost or stopped run for this item pushed, or what somebody else did; None: the branch is as we left it."""
    known = chain.head or repo.resolve(source.mirror, chain.base_branch or source.default_branch)
    goes_on = push.continues(source.mirror, known, source.commit)
    since = commits.between(source.mirror, known, source.commit) if goes_on or not chain.head else []
    with work.db.read() as tx:
        ours = intents.pushed(tx, since)
    all_ours = goes_on and len(ours) == len(since)
    for commit in since:
        if (by := ours.get(commit)) in tries:
            with work.db.read() as tx:
                run = tx.get_one(Run, by)
            return Pushed(commit, source.commit if all_ours else commit, run.summary or "", run.verified)
    # before our first commit the branch is whoever's made it: the round of questions, or a person
    return None if all_ours or chain.head is None else Foreign(source.commit)


def put(
    work: Work,
    project: Project,
    chain: WorkChain,
    source: Checkout,
    changes: Changes,
    message: str,
    by: str,
    first: Callable[[Session, bool], None] = lambda tx, on_theirs: None,
) -> Pushed | Foreign:
    """Push the changes as one commit. Where somebody was faster they are put on top of that, once, if nothing overlaps.

    `by`: the run or session that made them; `first` notes what must be known when we are lost after the push, and
    raises where that is not wanted any more.
    """

    def push_on(parent: str, expected: str | None, *, on_theirs: bool = False) -> str:
        commit = commits.commit(source.mirror, parent, changes, message, *agent.AUTHOR)
        with work.note() as tx:
            first(tx, on_theirs)
            intents.pushing(tx, project, commit, by)
        remote = work.tools.remote(project, contents="write")
        push.push(source.mirror, remote, chain.branch_name, commit, expected)
        return commit

    try:
        commit = push_on(source.commit, source.commit if source.on_wanted_branch else None)
        return Pushed(commit, commit)
    except push.LostRace as lost:
        actual = lost.actual
    if actual is None:
        raise RunFailed(_gone(chain.branch_name))
    if not _is_clean(work, project, source, changes, actual):
        return Foreign(actual)
    try:
        commit = push_on(actual, actual, on_theirs=True)
    except push.LostRace as lost:
        return Foreign(lost.actual or "")
    return Pushed(commit, commit, on_theirs=True)


def _is_clean(work: Work, project: Project, source: Checkout, changes: Changes, actual: str) -> bool:
    """Whether what came meanwhile continues what we worked on, and touches none of our files."""
    agent.mirror(work, project)
    if not push.continues(source.mirror, source.commit, actual):
        return False
    theirs = commits.changed_paths(source.mirror, source.commit, actual)
    return not changes.overlap(theirs)


def _gone(branch: str) -> str:
    return (
        f"branch {branch} is not there any more, nor is what was pushed to it: restore it, "
        f"and start the chain again"
    )
