"""`askfirst template …`: which templates there are, the making of their images, and a try against a sample."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bot.agents import AgentFailed, IssueBrief, Span, Task, run_ask, run_fix, run_scan
from bot.config import Config
from bot.sandbox import open_sandbox
from bot.sandbox.base import SandboxError
from bot.sandbox.changes import Refused, take
from bot.sandbox.scratch import scratch
from bot.sandbox.template import Template, load_templates

SAMPLE = {
    "shop/cart.py": "def add(item, items=[]):\n    items.append(item)\n    return items\n",
    "shop/__init__.py": "",
    "deploy.sh": "#!/bin/sh\ncd $1\nrm -rf build\n",
    "README.md": "# Shop\n\nA sample for trying an agent.\n",
}
LOG_LINES = 20
ISSUE = IssueBrief(
    id="iss_sample",
    title="The cart is shared between callers",
    description="The default of `items` is made once and kept from call to call.",
    rule="B006",
    area="shop",
    locations=[Span(path="shop/cart.py", start_line=1, end_line=1)],
    autofix=True,
)


def find(config: Config, name: str) -> Template:
    """The template. Raises SandboxError with those there are."""
    templates = load_templates(config.askfirst_home)
    if name not in templates:
        raise SandboxError(f"there is no template {name}; there are {', '.join(sorted(templates))}")
    return templates[name]


def listed(config: Config) -> Iterator[str]:
    """A line for each template."""
    from bot.sandbox import engine

    client = engine.connect() if config.sandbox != "process" else None
    for template in load_templates(config.askfirst_home).values():
        built = client is not None and engine.has_image(client, template.image)
        where = (
            f"in {template.image}"
            if built
            else "outside a container"
            if template.trusted
            else "needs its image"
        )
        yield f"{template.name}  {template.agent}  {', '.join(template.kinds)}  {where}  {template.description}"


def build(config: Config, name: str, base: str | None) -> Iterator[str]:
    """Make the template's image; its name, and what of it is not on this machine. Raises SandboxError."""
    from bot.sandbox import engine, images

    template = find(config, name)
    if template.image != template.own_image:
        raise SandboxError(f"template {name} uses the image {template.image}, which is not made from it")
    client = engine.connect()
    if client is None:
        raise SandboxError("no container engine answers: install Docker, or set DOCKER_HOST")
    missing = images.build(client, template, base)
    yield template.image
    for program in missing:
        yield f"without {program}, which is not installed on this machine"


def check(config: Config, name: str) -> Iterator[str]:
    """Play each kind of task of a template against a small sample; what came of it, in lines.

    Raises SandboxError and AgentFailed, which say what is wrong.
    """
    template = find(config, name)
    for kind in template.kinds:
        with scratch("sample") as checkout:
            for path, text in SAMPLE.items():
                (checkout / path).parent.mkdir(exist_ok=True)
                (checkout / path).write_text(text)
            log: list[str] = []
            first, *more = _play(config, template, kind, checkout, log)
            yield f"{kind}: {first}"
            yield from (f"  {line}" for line in more)
            yield from (f"  | {line}" for line in log[-LOG_LINES:])


def _play(config: Config, template: Template, kind: str, checkout: Path, log: list[str]) -> list[str]:
    def on_progress(stage: str, percent: int, message: str) -> None:
        log.append(f"{percent:3d} % {stage} {message}".rstrip())

    with open_sandbox(template, wanted=config.sandbox) as box:
        try:
            if kind == "scan":
                found = run_scan(template, Task(kind="scan"), checkout, box, on_progress, log.append)
                return [f"{len(found.issues)} issues", *(issue.title for issue in found.issues)]
            if kind == "ask":
                task = Task(kind="ask", issues=[ISSUE])
                asked = run_ask(template, task, checkout, box, on_progress, log.append)
                return [f"{len(asked.questions)} questions", *(one.question for one in asked.questions)]
            task = Task(kind="fix", issues=[ISSUE])
            done = run_fix(template, task, checkout, box, on_progress, log.append)
            changed = take(box.get("repo"), checkout).changes
            return [f"{done.outcome}: {done.summary}", *(f"{one.kind} {one.path}" for one in changed)]
        except Refused as refused:
            raise AgentFailed(f"{kind}: {refused.reason}", "\n".join(log)) from refused
        except AgentFailed as failed:
            raise AgentFailed(
                f"{kind}: {failed.reason}\n{failed.log_tail}".strip(), failed.log_tail
            ) from failed
