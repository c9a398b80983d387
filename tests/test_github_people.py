"""What a person may do: asked of GitHub, rounded down, never guessed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.github.client import App
from bot.github.people import Level, Undecided, permission
from bot.github.repo import Repo
from tests.fakes.github import FakeGitHub, Repository


@pytest.fixture
def fake(tmp_path: Path) -> FakeGitHub:
    return FakeGitHub(tmp_path)


@pytest.fixture
def shop(fake: FakeGitHub) -> Repository:
    return fake.create_repository(fake.create_user("mona"), "shop", private=True)


@pytest.fixture
def repo(fake: FakeGitHub, shop: Repository) -> Iterator[Repo]:
    app = fake.create_app()
    installation = fake.install(fake.people["mona"], [shop])
    with App(app.id, app.private_key, fake.api_url, httpx.WSGITransport(fake.app)) as ours:
        yield ours.installation(installation.id, shop.id, {"metadata": "read"}).repo(shop.full_name)
    assert fake.violations == []


@pytest.mark.parametrize("role", ["read", "triage", "write", "maintain", "admin"])
def test_each_role_is_its_level(fake: FakeGitHub, shop: Repository, repo: Repo, role: str) -> None:
    lisa = fake.create_user("lisa")
    shop.add_collaborator(lisa, role)
    assert permission(repo, "lisa") is Level[role.upper()]


def test_a_custom_role_counts_as_the_one_it_inherits(fake: FakeGitHub, shop: Repository, repo: Repo) -> None:
    shop.add_collaborator(fake.create_user("lisa"), "triage", role_name="security-writer")
    assert permission(repo, "lisa") is Level.TRIAGE


def test_strangers_and_unknown_logins_have_no_level(fake: FakeGitHub, repo: Repo) -> None:
    fake.create_user("stranger")
    assert permission(repo, "stranger") is Level.NONE
    assert permission(repo, "no-such-person") is Level.NONE
    assert permission(repo, "../../mona") is Level.NONE


def test_a_login_that_changed_hands_has_no_level(fake: FakeGitHub, repo: Repo) -> None:
    mona = fake.people["mona"].account
    assert permission(repo, "mona", mona.id) is Level.ADMIN
    assert permission(repo, "mona", mona.id + 1) is Level.NONE


def test_a_bot_is_not_even_asked_about(fake: FakeGitHub, repo: Repo) -> None:
    assert permission(repo, "dependabot[bot]") is Level.NONE
    assert fake.requests == []


@pytest.mark.parametrize(
    ("fault", "retry_after"),
    [
        ({"status": 502}, None),
        ({"drop_connection": True}, None),
        ({"status": 429, "headers": {"retry-after": "9"}}, 9),
        ({"status": 403, "message": "Resource not accessible by integration"}, None),
    ],
)
def test_without_an_answer_nothing_is_decided(
    fake: FakeGitHub, repo: Repo, fault: dict[str, object], retry_after: float | None
) -> None:
    fake.fail("GET", "*/collaborators/*", **fault)  # type: ignore[arg-type]
    with pytest.raises(Undecided) as caught:
        permission(repo, "mona")
    assert caught.value.retry_after == retry_after


@pytest.mark.parametrize(
    ("answer", "level"),
    [
        ({"permission": "write", "user": {"type": "User", "id": 1}}, Level.WRITE),
        ({"permission": "admin", "user": {"type": "Bot", "id": 1}}, Level.NONE),
        ({"permission": "admin", "user": None}, Level.NONE),
        ({"permission": "sorcerer", "user": {"type": "User", "id": 1}}, Level.NONE),
        (
            {"permission": "admin", "user": {"type": "User", "permissions": {"pull": True, "push": False}}},
            Level.READ,
        ),
    ],
)
def test_old_servers_and_odd_answers_round_down(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, answer: dict[str, object], level: Level
) -> None:
    monkeypatch.setattr(repo, "request", lambda *_: _Answer(answer))
    assert permission(repo, "mona") is level


class _Answer:
    def __init__(self, data: dict[str, object]) -> None:
        self.data = data


def test_levels_are_ranks() -> None:
    assert sorted(Level) == [Level.NONE, Level.READ, Level.TRIAGE, Level.WRITE, Level.MAINTAIN, Level.ADMIN]
