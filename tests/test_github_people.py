"""What a person may do: asked of GitHub, rounded down, never guessed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.github.client import App
from bot.github.people import Level, Recent, Undecided, permission
from bot.github.repo import Repo
from tests.fakes.github import FakeGitHub, Repository


@pytest.fixture
def fake(tmp_path: Path) -> FakeGitHub:
    return FakeGitHub(tmp_path)


@pytest.fixture
def shop(fake: FakeGitHub) -> Repository:
    return fake.create_repository(fake.create_user("mona"), "shop", private=True)


@pytest.fixture
def pem_app(fake: FakeGitHub) -> tuple[int, str]:
    app = fake.create_app()
    return app.id, app.private_key


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


def test_members_of_an_organisation_have_its_base_role_and_others_what_they_were_given(
    fake: FakeGitHub,
) -> None:
    lisa, ravi = fake.create_user("lisa"), fake.create_user("ravi")
    acme = fake.create_organisation("acme", [lisa], base_role="write")
    repository = fake.create_repository(acme, "shop", private=True)
    repository.add_collaborator(ravi, "triage")  # from outside
    app = fake.create_app()
    installation = fake.install(acme, [repository])
    fake.create_user("stranger")
    with App(app.id, app.private_key, fake.api_url, httpx.WSGITransport(fake.app)) as ours:
        repo = ours.installation(installation.id, repository.id, {"metadata": "read"}).repo("acme/shop")
        levels = [permission(repo, login) for login in ("lisa", "ravi", "stranger", "acme")]
    assert levels == [Level.WRITE, Level.TRIAGE, Level.NONE, Level.NONE]


def test_an_account_that_was_deleted_has_no_level(fake: FakeGitHub, shop: Repository, repo: Repo) -> None:
    lisa = fake.create_user("lisa")
    shop.add_collaborator(lisa, "admin")
    del fake.accounts["lisa"]
    assert permission(repo, "lisa", lisa.account.id) is Level.NONE
    assert permission(repo, "ghost") is Level.NONE


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
        ({"status": 500}, None),
        ({"drop_connection": True}, None),
        ({"status": 401, "times": 2}, None),
        ({"status": 403, "message": "You have exceeded a secondary rate limit"}, 60),
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


def test_a_time_out_decides_nothing(pem_app: tuple[int, str]) -> None:
    def slow(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/access_tokens"):
            return httpx.Response(201, json={"token": "x"})
        raise httpx.ReadTimeout("slow")

    with (
        App(*pem_app, "https://api.github.test", httpx.MockTransport(slow)) as ours,
        pytest.raises(Undecided),
    ):
        permission(ours.installation(1, 2).repo("mona/shop"), "mona")


def test_a_level_is_remembered_for_a_minute_and_asked_again_past_that(
    fake: FakeGitHub, shop: Repository, repo: Repo
) -> None:
    lisa, now = fake.create_user("lisa"), [0.0]
    shop.add_collaborator(lisa, "write")
    recent = Recent(lambda: now[0])
    number = lisa.account.id
    assert recent.permission(repo, "lisa", number) is Level.WRITE
    shop.add_collaborator(lisa, "read")
    now[0] = 59.0
    assert recent.permission(repo, "lisa", number) is Level.WRITE
    assert permission(repo, "lisa", number) is Level.READ
    assert recent.permission(repo, "lisa", number + 1) is Level.NONE, "somebody else of that name"
    now[0] = 60.0
    assert recent.permission(repo, "lisa", number) is Level.READ


def test_no_answer_is_not_remembered(fake: FakeGitHub, repo: Repo) -> None:
    recent = Recent(lambda: 0.0)
    fake.fail("GET", "*/collaborators/*", status=500)
    with pytest.raises(Undecided):
        recent.permission(repo, "mona", fake.people["mona"].account.id)
    assert recent.permission(repo, "mona", fake.people["mona"].account.id) is Level.ADMIN


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
