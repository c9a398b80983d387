"""Every setting, typed, checked once, frozen. `.env.example` lists each with its default."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot import credentials


class ConfigError(Exception):
    """A setting is wrong: the message names it and says what to do."""


def _words(value: object) -> object:
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


def _url(value: object) -> object:
    if isinstance(value, str):
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError("must be a URL that starts with http:// or https://")
        return value.rstrip("/")
    return value


Url = Annotated[str, BeforeValidator(_url)]
Words = Annotated[tuple[str, ...], BeforeValidator(_words)]


class Config(BaseModel):
    """The settings of this server, each field named as its variable, in lower case."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_url: str = Field("", repr=False)  # may hold a password, as the next one
    redis_url: str = Field("", repr=False)
    askfirst_home: Path = Path("var")
    public_url: Url = "http://localhost:8000"
    secret_key: str = Field("", repr=False)

    github_app_id: int | None = None
    github_private_key: str = Field("", repr=False)
    github_webhook_secret: str = Field("", repr=False)
    github_client_id: str = ""
    github_client_secret: str = Field("", repr=False)
    github_api_url: Url = "https://api.github.com"
    github_server_url: Url = "https://github.com"

    sandbox: Literal["auto", "docker", "process"] = "auto"

    askfirst_model: str = ""
    askfirst_model_url: Url | None = None
    askfirst_model_key: str = Field("", repr=False)

    askfirst_owners: Words = ()
    askfirst_admins: Words = ()
    askfirst_reads_per_minute: int = Field(600, ge=1)
    askfirst_writes_per_minute: int = Field(120, ge=1)
    askfirst_starts_per_hour: int = Field(20, ge=1)
    askfirst_retention_days: int = Field(30, ge=1)
    askfirst_log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def has_app(self) -> bool:
        """Whether a GitHub App is configured; without one the webhook door answers 503."""
        return bool(self.github_app_id and self.github_private_key and self.github_webhook_secret)

    @property
    def can_sign_in(self) -> bool:
        """Whether people can sign in with the App."""
        return bool(self.has_app and self.github_client_id and self.github_client_secret)

    @property
    def template(self) -> str:
        """The template that is used where none is named."""
        return "model" if self.askfirst_model else "base"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no log line and no error may show: the values of the secret settings, and passwords in URLs."""
        held = [str(getattr(self, name)) for name, field in type(self).model_fields.items() if not field.repr]
        return tuple(_password(text) if "://" in text else text for text in held)

    @property
    def production(self) -> bool:
        return self.public_url.startswith("https://")


def load(env: Mapping[str, str] | None = None) -> Config:
    """Read the settings from the environment, make ASKFIRST_HOME and what it keeps.

    Raises ConfigError for an unknown ASKFIRST_* name or a wrong value.
    """
    env = os.environ if env is None else env
    names = {name.upper(): name for name in Config.model_fields}
    unknown = sorted(name for name in env if name.startswith("ASKFIRST_") and name not in names)
    if unknown:
        raise ConfigError(f"{unknown[0]} is not a setting; .env.example lists those there are.")
    values: dict[str, object] = {
        names[name]: text for name, text in env.items() if name in names and text != ""
    }
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise ConfigError(f"{str(first['loc'][0]).upper()}: {first['msg']}.") from None
    return _complete(config)


def _password(url: str) -> str:
    return urlsplit(url).password or ""


def _complete(config: Config) -> Config:
    home = config.askfirst_home.absolute()
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"ASKFIRST_HOME: cannot make {home}: {error.strerror}.") from None
    complete = config.model_copy(
        update={
            "askfirst_home": home,
            "database_url": config.database_url or f"sqlite:///{home / 'askfirst.db'}",
            "secret_key": config.secret_key or _kept_secret(config, home / "secret_key"),
            "github_private_key": _pem(config.github_private_key),
        }
    )
    return credentials.with_app(complete)


def _kept_secret(config: Config, path: Path) -> str:
    if config.production:
        raise ConfigError("SECRET_KEY: set it when PUBLIC_URL is https (openssl rand -hex 32 makes one).")
    if not path.exists():
        with suppress(FileExistsError):
            credentials.write_once(path, secrets.token_hex(32))
    return path.read_text().strip()


def _pem(key: str) -> str:
    """The key itself, given as PEM text (with real or written `\\n`) or as a path to a file."""
    if not key or key.startswith("-----BEGIN"):
        return key.replace("\\n", "\n")
    try:
        text = Path(key).read_text()
    except OSError as error:
        raise ConfigError(f"GITHUB_PRIVATE_KEY: cannot read the file it names: {error.strerror}.") from None
    if not text.startswith("-----BEGIN"):
        raise ConfigError("GITHUB_PRIVATE_KEY: the file it names is not a PEM key.")
    return text
