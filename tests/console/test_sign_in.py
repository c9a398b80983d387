"""Signing in: who may see what, and what others try."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.domain import projects
from bot.store import clock
from bot.store.models import SignIn
from tests.console.people import ConsoleHouse

ROOT = "root"


def test_a_person_sees_the_projects_that_github_lets_them_see(house: ConsoleHouse) -> None:
    mona, stranger = house.signed_in(house.mona), house.signed_in(house.stranger)
    assert "mona/shop" in mona.get("/projects").text
    assert mona.get(house.path).status_code == 200
    assert "mona/shop" not in stranger.get("/projects").text
    for page in ("", "/keys", "/configuration", "/sessions", "/chains", "/runs", "/events"):
        assert stranger.get(house.path + page).status_code == 404
        there_is_none = stranger.get("/projects/proj_00000000000000000000000000" + page)
        assert there_is_none.status_code == 404
    assert re.sub("<form.*?</form>", "", stranger.page) == re.sub(
        "<form.*?</form>", "", stranger.get(house.path).text
    )


def test_only_admins_of_the_repository_manage_it(house: ConsoleHouse) -> None:
    house.repository.add_collaborator(house.stranger, "write")
    writer = house.signed_in(house.stranger)
    assert writer.get(house.path).status_code == 200
    assert "Pause the project" not in writer.page and "/keys" not in writer.page
    assert writer.get(f"{house.path}/keys").status_code == 403
    mine = re.findall(r'name="form" value="(\w+)"', writer.page)[0]
    for act in ("pause", "resume", "keys"):
        answer = writer.client.post(f"{house.path}/{act}", data={"form": mine, "name": "x"})
        assert answer.status_code == 403
    assert house.project.paused_reason is None


def test_what_github_takes_away_is_gone_from_the_console_within_minutes(house: ConsoleHouse) -> None:
    house.repository.add_collaborator(house.stranger, "read")
    reader = house.signed_in(house.stranger)
    assert reader.get(house.path).status_code == 200
    del house.repository.collaborators["stranger"]
    _later(house)
    assert reader.get(house.path).status_code == 404
    # GitHub does not answer, and only GitHub knows
    _later(house)
    house.fake.fail("GET", "/user/installations", status=502)
    away = reader.get("/projects")
    assert away.status_code == 503 and "GitHub cannot be asked" in away.text
    assert reader.get("/projects").status_code == 200


def test_signing_out_ends_the_token_at_github_and_the_cookie_here(house: ConsoleHouse) -> None:
    mona = house.signed_in(house.mona)
    cookie = mona.cookies["askfirst"]
    mona.get("/projects")
    assert mona.send("/auth/sign-out").status_code == 200
    assert house.fake.count("DELETE", "/applications/*/token", 204) == 1
    assert "askfirst" not in mona.cookies
    mona.client.set_cookie("askfirst", cookie)  # as somebody who had copied it
    assert mona.client.get("/projects").location.startswith("/auth/sign-in")


def test_the_database_holds_neither_the_cookie_nor_the_token(house: ConsoleHouse) -> None:
    mona = house.signed_in(house.mona)
    with house.db.read() as tx:
        row = tx.scalars(select(SignIn)).one()
    assert mona.cookies["askfirst"] not in repr(vars(row))
    assert "ghu_" not in repr(vars(row))


def test_a_sign_in_ends_after_hours_and_when_the_token_is_revoked(house: ConsoleHouse) -> None:
    mona = house.signed_in(house.mona)
    with house.db.write() as tx:
        tx.execute(update(SignIn).values(expires_at=clock.now()))
    assert mona.client.get("/projects").location.startswith("/auth/sign-in")
    mona = house.signed_in(house.mona)
    house.fake.user_tokens.clear()  # as by GitHub's own settings page
    _later(house)
    assert mona.client.get("/projects").location.startswith("/auth/sign-in")


def test_whoever_comes_back_with_another_browsers_code_is_not_signed_in(house: ConsoleHouse) -> None:
    # an attacker signs in and sends the victim the address that GitHub sent them to
    attacker, victim = house.browser(), house.browser()
    back = attacker.from_github(house.stranger, attacker.client.get("/auth/sign-in").location)
    assert victim.get(back).status_code == 400
    assert "askfirst" not in victim.cookies
    victim.client.get("/auth/sign-in")
    assert victim.get(back).status_code == 400
    assert "askfirst" not in victim.cookies


def test_a_cookie_that_was_set_by_somebody_else_is_not_kept(house: ConsoleHouse) -> None:
    stranger = house.signed_in(house.stranger)
    planted = stranger.cookies["askfirst"]
    victim = house.browser()
    victim.client.set_cookie("askfirst", planted)
    assert victim.sign_in(house.mona).status_code == 200
    assert victim.cookies["askfirst"] != planted
    assert stranger.client.get("/projects").status_code == 302  # it stands for nobody any more


@pytest.mark.one_database
@pytest.mark.parametrize(
    "where",
    [
        "https://evil.test/",
        "//evil.test/",
        "/\\evil.test",
        "javascript:alert(1)",
        "/\n/evil.test",
        "\thttps:/e.test",
    ],
)
def test_signing_in_leads_to_no_other_site(house: ConsoleHouse, where: str) -> None:
    browser = house.browser()
    page = browser.client.get("/auth/sign-in", query_string={"next": where}).location
    assert browser.client.get(browser.from_github(house.mona, page)).location == "/projects"


@pytest.mark.one_database
def test_signing_in_leads_back_to_the_page_that_asked_for_it(house: ConsoleHouse) -> None:
    browser = house.browser()
    ask = browser.client.get(f"{house.path}?x=1")
    page = browser.client.get(ask.location).location
    assert browser.client.get(browser.from_github(house.mona, page)).location == f"{house.path}?x=1"


@pytest.mark.one_database
def test_a_refusal_on_githubs_page_and_wrong_credentials_are_explained(house: ConsoleHouse) -> None:
    browser = house.browser()
    state = re.search("state=([^&]+)", browser.client.get("/auth/sign-in").location)
    assert state
    left = browser.get(f"/auth/callback?error=access_denied&state={state[1]}")
    assert "GitHub did not sign you in" in left.text
    house.github.client_secret = "changed at GitHub"
    back = browser.from_github(house.mona, browser.client.get("/auth/sign-in").location)
    wrong = browser.get(back)
    assert wrong.status_code == 400 and "GITHUB_CLIENT_SECRET" in wrong.text
    # the same code once more, after it was used
    house.github.client_secret = house.config.github_client_secret
    back = browser.from_github(house.mona, browser.client.get("/auth/sign-in").location)
    browser.get(back)
    assert browser.get(back).status_code == 400


@pytest.mark.one_database
def test_the_setup_urls_installation_id_proves_nothing(house: ConsoleHouse) -> None:
    stranger = house.signed_in(house.stranger)
    for forged in (house.installation.id, 1):
        page = stranger.get(
            "/auth/callback", query_string={"installation_id": forged, "setup_action": "install"}
        )
        assert page.status_code == 200 and "mona/shop" not in page.text


def test_operators_see_the_server_and_plain_projects_and_others_see_neither(house: ConsoleHouse) -> None:
    with house.db.write() as tx:
        projects.create(tx, "tools", "/srv/git/tools")
    root, mona = house.signed_in(house.fake.create_user(ROOT)), house.signed_in(house.mona)
    for page in ("/admin", "/admin/deliveries", "/admin/machines"):
        assert root.get(page).status_code == 200
        assert mona.get(page).status_code == 404
    assert "tools" in root.get("/projects").text and "mona/shop" not in root.page
    assert "tools" not in mona.get("/projects").text


def _later(house: ConsoleHouse) -> None:
    """So much later that GitHub is asked again."""
    with house.db.write() as tx:
        tx.execute(update(SignIn).values(checked_at=clock.now() - timedelta(minutes=6)))
