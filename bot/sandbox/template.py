"""Templates: a TOML file that names an agent, the command it is, and what it may use."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot.sandbox.base import Limits, SandboxError

SHIPPED = Path(__file__).parent / "templates"

IMAGES = "askfirst-"

Kind = Literal["scan", "ask", "fix"]


class Template(BaseModel):
    """A named sandbox with the agent for it.

    `trusted`: the agent executes neither code nor configuration of the repository, so it may run
    without a container; only shipped templates can say so. `image`: the container's, by default our own of this
    name; `programs`: of this machine, which are put into it when it is built. `files`: name in the sandbox →
    file beside the TOML. `script`: a file below ASKFIRST_HOME, `{kind}` in it is replaced; put in as `script.json`
    where it exists.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")
    description: str = Field("", max_length=500)
    agent: Literal["keyless", "model", "program"]
    command: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ("scan",)
    trusted: bool = False
    limits: Limits = Limits()
    image: str = Field("", max_length=255)
    programs: tuple[str, ...] = ()
    files: dict[str, str] = {}
    script: str | None = None

    @model_validator(mode="after")
    def _command_fits_agent(self) -> Template:
        if (self.agent == "program") != bool(self.command):
            raise ValueError("`command` is needed for agent `program`, and only there")
        return self

    @property
    def own_image(self) -> str:
        """The image that `template build` makes."""
        return f"{IMAGES}{self.name}"


def load_templates(home: Path) -> dict[str, Template]:
    """The shipped templates and the operator's own, by name; SandboxError names the file and the field."""
    found: dict[str, Template] = {}
    for file in sorted(SHIPPED.glob("*.toml")):
        template = _read(file, home)
        found[template.name] = template
    for file in sorted((home / "templates").glob("*.toml")):
        template = _read(file, home)
        if template.name in found:
            raise SandboxError(f"{file}: name: {template.name} is taken; choose another")
        found[template.name] = template.model_copy(update={"trusted": False})
    return found


def _read(file: Path, home: Path) -> Template:
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
        # by way of JSON: in strict mode only that turns TOML's arrays into tuples
        template = Template.model_validate_json(json.dumps(raw, default=str))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SandboxError(f"{file}: not valid TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "template"
        raise SandboxError(f"{file}: {field}: {first['msg']}") from error
    files = {name: str(_beside(file, source)) for name, source in template.files.items()}
    script = str(home / template.script) if template.script else None
    image = template.image or template.own_image
    return template.model_copy(update={"files": files, "script": script, "image": image})


def _beside(file: Path, source: str) -> Path:
    path = file.parent / source
    if not path.is_file():
        raise SandboxError(f"{file}: files: {source} is not there")
    return path
