"""Whether the App works: its key, where its webhooks go, and whether one has come. Each trouble says what to click."""

from __future__ import annotations

import time
from dataclasses import dataclass

from bot.config import Config
from bot.console.extensions import ledger
from bot.console.links import install_page
from bot.domain import backlog
from bot.domain.errors import NotFound
from bot.github import manifest
from bot.github.errors import GitHubError

AGAIN_SECONDS = 20.0


@dataclass(frozen=True)
class Step:
    """`state`: well, wrong, or waiting."""

    what: str
    state: str
    text: str


@dataclass(frozen=True)
class SelfTest:
    """`asked`: GitHub was asked to deliver once more; `install`: where to go when all is well."""

    steps: list[Step]
    asked: bool
    settings_url: str | None
    install: str | None

    @property
    def well(self) -> bool:
        return all(step.state == "well" for step in self.steps)

    @property
    def waits(self) -> bool:
        return any(step.state == "waiting" for step in self.steps)


def now() -> float:
    return time.time()


def is_due(asked_at: float | None) -> bool:
    """Whether GitHub may be asked to deliver again."""
    return asked_at is None or now() - asked_at >= AGAIN_SECONDS


def steps(config: Config, *, may_ask: bool) -> SelfTest:
    """Try the App out. The first ping may have come before its secret was known here: then it is asked for again."""
    try:
        with manifest.our_app(config) as app:
            trial = manifest.tried(app)
            delivered = _delivery(config, trial)
            asked = (
                delivered.state == "waiting"
                and trial.attempt is not None
                and trial.status is not None
                and may_ask
            )
            if asked:
                manifest.send_again(app, trial.attempt or 0)
    except manifest.WrongKey as wrong:
        return SelfTest([Step("The App's key", "wrong", _wrong_key(wrong))], False, None, None)
    except GitHubError as error:
        return SelfTest([Step("GitHub", "waiting", f"GitHub could not be asked: {error}")], False, None, None)
    key = Step("The App's key", "well", f"GitHub knows this server as {trial.slug}.")
    install = install_page(config, trial.slug)
    return SelfTest([key, _address(config, trial), delivered], asked, trial.settings_url, install)


def _address(config: Config, trial: manifest.Trial) -> Step:
    wanted = f"{config.public_url}/webhooks/github"
    if trial.hook_url == wanted:
        return Step("The webhook's address", "well", f"GitHub sends webhooks to {wanted}.")
    return Step(
        "The webhook's address", "wrong",
        f"GitHub sends webhooks to {trial.hook_url or 'nowhere'}. On the App's settings page, set Webhook URL to "
        f"{wanted}, tick Active, and click Save changes.",
    )  # fmt: skip


def _delivery(config: Config, trial: manifest.Trial) -> Step:
    what = "A signed delivery"
    if trial.ping is not None and _has_come(trial.ping):
        return Step(what, "well", "A delivery came, and its signature is right.")
    if trial.ping is None or trial.status is None:
        return Step(what, "waiting", "GitHub has sent nothing yet.")
    if trial.status == 401:
        return Step(
            what, "wrong",
            "A delivery came, but its signature is wrong: the webhook secret here is not the App's. On the App's "
            "settings page, enter a new Webhook secret, click Save changes, and set the same as GITHUB_WEBHOOK_SECRET.",
        )  # fmt: skip
    if trial.status == 503 or 200 <= trial.status < 300:
        return Step(
            what, "waiting", "The first one came before its secret was known here; it was asked for again."
        )
    reached = f"was answered with {trial.status}" if trial.status else "was not answered"
    return Step(
        what, "waiting",
        f"GitHub's delivery {reached}: see that {config.public_url} can be reached from the internet and leads to this "
        "server. It is asked for again every 20 seconds.",
    )  # fmt: skip


def _has_come(delivery_id: str) -> bool:
    try:
        with ledger().read() as tx:
            backlog.delivery(tx, delivery_id)
    except NotFound:
        return False
    return True


def _wrong_key(wrong: manifest.WrongKey) -> str:
    return (
        f"GitHub does not take it ({wrong.message}). On the App's settings page, click Generate a private key, and set "
        "the file as GITHUB_PRIVATE_KEY and the App's number as GITHUB_APP_ID."
    )
