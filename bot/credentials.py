"""The App that `/setup` made, kept in ASKFIRST_HOME; and the code that opens `/setup` until then."""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.config import Config

APP, CODE = "github_app.json", "setup_code"


def with_app(config: Config) -> Config:
    """The settings with the App that was made here, where the environment names none."""
    path = config.askfirst_home / APP
    if config.github_app_id or not path.exists():
        return config
    return config.model_copy(update=json.loads(path.read_text()))


def keep_app(config: Config, app: dict[str, str | int]) -> None:
    """Keep an App, by the names of the settings, for our eyes only. Raises FileExistsError where one is kept."""
    write_once(config.askfirst_home / APP, json.dumps(app, indent=2) + "\n")
    (config.askfirst_home / CODE).unlink(missing_ok=True)


def setup_code(config: Config) -> str | None:
    """What `/setup` asks for, made when it is first needed; None once there is an App."""
    if with_app(config).github_app_id:
        return None
    path = config.askfirst_home / CODE
    with suppress(FileExistsError):
        write_once(path, secrets.token_hex(8) + "\n")
    return path.read_text().strip()


def write_once(path: Path, text: str) -> None:
    """Write a file that only we can read, whole or not at all: of several that try together, one makes it.

    Raises FileExistsError for the others.
    """
    with NamedTemporaryFile("w", dir=path.parent) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
        os.link(file.name, path)
