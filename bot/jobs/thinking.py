"""What an agent with a model gets to think with: the operator's endpoint, and what is left of the day's tokens."""

from __future__ import annotations

from bot.agents.needs import Brain
from bot.domain import runs
from bot.jobs.agent import RunFailed
from bot.jobs.work import Work
from bot.sandbox.template import Template
from bot.store.models import Project, Run


def brain(work: Work, template: Template, project: Project, run_id: str) -> Brain | None:
    """None for agents that need none. What the model takes is counted at once, so that a kill loses nothing of it.

    A run that nobody wants any more ends with the answer that it waits for.
    Raises RunFailed where there is no model, or nothing is left.
    """
    if template.agent != "model":
        return None
    config = work.tools.config
    if not config.askfirst_model:
        raise RunFailed(f"template {template.name} needs a model: the operator sets ASKFIRST_MODEL")

    def left() -> int:
        with work.db.read() as tx:
            return runs.tokens_left(tx, tx.get_one(Project, project.id))

    if left() <= 0:
        with work.db.read() as tx:
            raise RunFailed(runs.spent(tx, tx.get_one(Project, project.id)) or "no tokens are left")

    def spend(tokens: int) -> None:
        with work.note() as tx:
            runs.spend(tx, tx.get_one(Run, run_id), tokens)
            wanted = runs.is_live(tx, run_id)
        if not wanted:
            raise RunFailed("the run was stopped")

    return Brain(config.askfirst_model, config.askfirst_model_url, config.askfirst_model_key, left, spend)
