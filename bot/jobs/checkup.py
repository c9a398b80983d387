"""What `askfirst doctor` looks at: the ledger, and whether those who are to work are there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from importlib.metadata import version

from sqlalchemy.orm import Session

from bot.agents import model
from bot.agents.base import AgentFailed
from bot.agents.needs import Brain
from bot.config import Config
from bot.domain import doctor
from bot.sandbox.template import load_templates
from bot.store import clock, outbox
from bot.store.db import Database
from bot.store.doorbell import Doorbell
from bot.store.models import Outbox

MEBIBYTE = 2**20
ROOM = 500  # MiB, for a clone or two
LATE = timedelta(minutes=1)  # the relay sweeps every second
COMMANDS = {"jobs": "worker", "agents": "agents"}


def findings(config: Config, db: Database) -> list[str]:
    """A sentence or two for each thing that needs somebody, with what to do; none where all is well."""
    with db.read() as tx:
        return [*_full(config), *doctor.findings(tx), *_late(tx, config), *_images(config), *_model(config)]


def _full(config: Config) -> Iterator[str]:
    """A disk that will soon be full."""
    left = shutil.disk_usage(config.askfirst_home).free // MEBIBYTE
    if left < ROOM:
        yield (
            f"The disk of ASKFIRST_HOME has only {left} MiB left. Make room: the database, clones and logs are "
            f"in {config.askfirst_home}."
        )


def _late(tx: Session, config: Config) -> Iterator[str]:
    """Why work that could be done is not."""
    for row_id, job in outbox.due(tx, 1):
        due_at = tx.get_one(Outbox, row_id).due_at
        if due_at < clock.now() - LATE:
            yield f"Work ({job}) has been due since {due_at:%Y-%m-%d %H:%M} UTC: {_idle(config)}"


def _idle(config: Config) -> str:
    workers = Doorbell(config.redis_url).workers() if config.redis_url else None
    if workers is None:
        return "Redis does not answer at REDIS_URL. Start it; nothing is lost meanwhile."
    missing = [command for queue, command in COMMANDS.items() if not workers[queue]]
    if missing:
        return f"no `askfirst {missing[0]}` is running. Start one."
    return "see that `askfirst relay` is running, or start more workers."


def _images(config: Config) -> Iterator[str]:
    """Templates whose image is missing or old, though there is an engine."""
    from bot.sandbox import engine

    client = engine.connect() if config.sandbox != "process" else None
    if client is None:
        if config.sandbox == "docker":
            yield "SANDBOX is docker, and no container engine answers: start Docker, or set DOCKER_HOST."
        elif config.askfirst_model:
            cure = (
                "set SANDBOX to auto" if config.sandbox == "process" else "start Docker, or set DOCKER_HOST"
            )
            yield f"ASKFIRST_MODEL is set, but the agent with a model works in containers only: {cure}."
        return
    for template in load_templates(config.askfirst_home).values():
        if template.image != template.own_image:
            continue
        made, build = (
            engine.image_labels(client, template.image),
            f"`askfirst template build {template.name}`",
        )
        if made is None:
            trusted = template.trusted and config.sandbox == "auto"
            until = "runs outside a container" if trusted else "cannot run"
            yield f"Template {template.name} {until} until its image is made: {build}."
        elif (by := made.get(engine.VERSION)) not in (None, version("askfirst")):
            yield f"The image of template {template.name} was made by Askfirst {by}: {build} makes it anew."


def _model(config: Config) -> Iterator[str]:
    """Whether the model answers: it is asked once, in a few words."""
    if not config.askfirst_model:
        if config.askfirst_model_url or config.askfirst_model_key:
            yield "ASKFIRST_MODEL_URL and ASKFIRST_MODEL_KEY are for nothing while ASKFIRST_MODEL names no model."
        return
    told = Brain(
        config.askfirst_model,
        config.askfirst_model_url,
        config.askfirst_model_key,
        lambda: 0,
        lambda _tokens: None,
    )
    try:
        model.try_out(told)
    except AgentFailed as failed:
        yield f"ASKFIRST_MODEL {config.askfirst_model} does not answer: {failed.reason}."
