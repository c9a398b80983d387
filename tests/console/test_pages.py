"""The pages themselves: keys, pause, configuration, the operators' pages; and what text from outside may do in them."""

from __future__ import annotations

import html
import json
import re
from html.parser import HTMLParser

import pytest
from sqlalchemy import Text, select, update

from app import create_app
from bot.domain import repo_config
from bot.domain.events import listed
from bot.store import clock
from bot.store.models import Base, Delivery, Outbox, Project, SessionQuestion
from tests.console.people import Browser, ConsoleHouse

PAYLOADS = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'><svg/onload=alert(1)>",
    "</title></pre></textarea><iframe>", "javascript:alert(1)", "{{ 7*7 }}{% raw %}",
    "&lt;script&gt;\u2028<a href=javascript:alert(1)>", "\x1b[31m<b onclick=alert(1)>",
)  # fmt: skip
# what is chosen by us and is compared somewhere, not shown as it is
KEPT = {
    "kind", "mode", "door", "digest", "token", "title_words", "job", "lane", "key", "state", "via", "fingerprint",
}  # fmt: skip


@pytest.fixture
def played(house: ConsoleHouse) -> ConsoleHouse:
    """A scan, a round of questions and a chain, with an operator who also manages `mona/shop`."""
    house.repository.add_collaborator(house.fake.create_user("root"), "admin")
    session = house.scan()
    house.post("/answering-sessions", issueSessionId=session["id"])
    first = house.get("/issues/list")["data"][0]["id"]
    house.post("/work-chains/create", title="First fixes", issueIds=[first])
    house.settle()
    return house


def root(house: ConsoleHouse) -> Browser:
    return house.signed_in(house.fake.people["root"])


def test_a_key_is_shown_once_works_and_is_revoked(house: ConsoleHouse) -> None:
    mona = house.signed_in(house.mona)
    mona.get(f"{house.path}/keys")
    made = mona.send(f"{house.path}/keys", name="CI <1>", scope="issues:read")
    assert made.status_code == 201 and made.headers["Cache-Control"] == "no-store"
    text = re.findall(r"cc_live_\w{43}", made.text)[0]
    headers = {"Authorization": f"Bearer {text}"}
    assert house.web.get("/api/v1/issues/list", headers=headers).status_code == 200
    assert house.web.get("/api/v1/runs/list", headers=headers).status_code == 403
    again = mona.get(f"{house.path}/keys").text
    assert text not in again and "CI &lt;1&gt;" in again and "issues:read" in again
    (revoke,) = {
        action
        for action in re.findall(r'action="([^"]+/revoke)"', again)
        if _key_of(house, "CI <1>") in action
    }
    mona.send(revoke)
    elsewhere = create_app(house.config, house.db).test_client()  # a process that has not seen it lately
    assert elsewhere.get("/api/v1/issues/list", headers=headers).status_code == 401
    assert "revoked" in mona.page
    with house.db.read() as tx:
        done = [(event.action, event.by, event.door) for event in listed(tx, house.project.id).rows]
    assert done[:2] == [("keys/revoke", "github:mona", "console"), ("keys/create", "github:mona", "console")]


@pytest.mark.one_database
def test_a_wrong_name_or_scope_is_said_and_what_was_typed_stays(house: ConsoleHouse) -> None:
    mona = house.signed_in(house.mona)
    mona.get(f"{house.path}/keys")
    wrong = mona.send(f"{house.path}/keys", name="x" * 201, scope="issues:read")
    assert wrong.status_code == 400 and "1 to 200 characters" in wrong.text
    assert "x" * 201 in wrong.text and 'value="issues:read" checked' in wrong.text
    assert mona.send(f"{house.path}/keys", name="x", scope="everything").status_code == 400


def test_pause_and_resume(house: ConsoleHouse) -> None:
    mona = house.signed_in(house.mona)
    mona.get(house.path)
    mona.send(f"{house.path}/pause", reason="We move house")
    assert "We move house" in mona.page
    assert house.post("/issue-sessions/start", prompt="x")["error"]["code"] == "CONFLICT"
    mona.send(f"{house.path}/resume")
    assert house.project.paused_reason is None and "We move house" not in mona.page
    assert mona.send(f"{house.path}/pause", reason="x" * 201).status_code == 400


@pytest.mark.one_database
def test_the_configuration_says_where_each_value_is_written(house: ConsoleHouse) -> None:
    with house.db.write() as tx:
        repo_config.read(tx.get_one(Project, house.project.id), "# ours\nquestions:\n  max: 3\n")
    page = house.signed_in(house.mona).get(f"{house.path}/configuration").text
    row = next(row for row in page.split("<tr>") if "questions.max" in row)
    assert "<code>3</code>" in row and "blob/main/.github/askfirst.yml#L3" in row
    assert "default" in next(row for row in page.split("<tr>") if "limits.tokens" in row)


def test_no_form_of_another_site_does_anything(house: ConsoleHouse) -> None:
    mona, stranger = house.signed_in(house.mona), house.signed_in(house.stranger)
    theirs = re.findall(r'name="form" value="(\w+)"', stranger.get("/projects").text)[0]
    for form in ({}, {"form": ""}, {"form": theirs}, {"form": "\u00e9"}):
        for act in (f"{house.path}/pause", f"{house.path}/keys", "/auth/sign-out"):
            refused = mona.client.post(act, data={"name": "x", **form})
            assert refused.status_code == 403 and "form has expired" in refused.text
    assert house.project.paused_reason is None
    assert mona.get("/projects").status_code == 200


@pytest.mark.one_database
def test_guides_lead_to_each_other_and_not_to_what_is_not_served(house: ConsoleHouse) -> None:
    browser = house.browser()

    def links(path: str) -> set[str]:
        return {
            link
            for link in Tags(browser.get(path).text).links
            if not re.match(r"https?:|/(?!docs/guides/)", link)
        }

    told = links("/docs/guides")
    assert {"/docs/guides/rest", "/docs/guides/errors"} <= told
    for path in told:
        for link in links(path):
            assert link.startswith(("/docs/guides/", "#")), (path, link)
            page, _, heading = link.partition("#")
            assert not heading or f'id="{heading}"' in browser.get(page or path).text, (path, link)
            assert browser.client.get(page or path).status_code == 200, (path, link)
    assert browser.client.get("/docs/guides/reference/errors.md").status_code == 200, "an address of before"
    for path in ("reference", "reference/nothing", "generate", "README"):
        assert browser.client.get(f"/docs/guides/{path}").status_code == 404


@pytest.mark.one_database
def test_no_page_can_be_framed_or_runs_what_is_not_ours(house: ConsoleHouse) -> None:
    mona = house.signed_in(house.mona)
    for path in ("/", "/projects", house.path, "/docs/guides/commands", "/setup", "/projects/x"):
        headers = mona.client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert (
            "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        )
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cache-Control"] == "no-store"
    cookie = house.browser()
    kept = cookie.client.get(cookie.from_github(house.mona, cookie.client.get("/auth/sign-in").location))
    (ours,) = [one for one in kept.headers.getlist("Set-Cookie") if one.startswith("askfirst=")]
    assert "HttpOnly" in ours and "SameSite=Lax" in ours and "Path=/" in ours


def test_an_operator_wakes_drops_and_has_deliveries_handled_again(played: ConsoleHouse) -> None:
    browser = root(played)
    with played.db.write() as tx:
        first, second = tx.scalars(select(Outbox).where(Outbox.job == "delivery").limit(2)).all()
        for row in (first, second):
            row.done_at, row.dead_at, row.error = None, clock.now(), "ValueError: <it> broke"
        delivery = tx.get_one(Delivery, first.args["delivery_id"])
        delivery.done_at = None
    page = browser.get("/admin")
    assert "ValueError: &lt;it&gt; broke" in page.text
    browser.send(f"/admin/outbox/{second.id}/drop")
    assert f"/admin/outbox/{second.id}/drop" not in browser.page
    shown = browser.get(f"/admin/deliveries/{delivery.id}")
    assert "dead" in shown.text and "&#34;installation&#34;" in shown.text
    browser.send(f"/admin/deliveries/{delivery.id}/handle")
    played.settle()
    assert "done" in browser.get(f"/admin/deliveries/{delivery.id}").text
    filed = len(played.issues())
    browser.send(f"/admin/deliveries/{delivery.id}/handle")  # once more, though it is done
    played.settle()
    assert len(played.issues()) == filed and played.unfinished() == []
    assert browser.client.post("/admin/outbox/999999/wake", data={"form": _form(browser)}).status_code == 404


@pytest.mark.one_database
def test_a_session_page_shows_how_it_stands_and_lists_run_over_to_another_page(played: ConsoleHouse) -> None:
    browser = root(played)
    session = browser.get(next(path for path in played.everywhere() if "/sessions/" in path)).text
    assert "completed" in session and "Find bugs" in session and "#1" in session
    for number in range(30):
        played.post("/issues/create", title=f"Number {number}")
    events = browser.get(f"{played.path}/events").text
    older = html.unescape(re.findall(r'href="(\?after=[^"]+)"', events)[0])
    assert browser.get(f"{played.path}/events{older}").status_code == 200
    assert browser.get(f"{played.path}/events?after=nonsense%00").status_code == 200


class Tags(HTMLParser):
    """Each tag with the names of its attributes, and where its links lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[tuple[str, tuple[str, ...]]] = set()
        self.links: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add((tag, tuple(sorted(name for name, _ in attrs))))
        self.links |= {
            value or "" for name, value in attrs if name in ("href", "src", "action", "formaction")
        }


@pytest.mark.one_database
def test_what_others_wrote_never_becomes_part_of_a_page(played: ConsoleHouse) -> None:
    browser, paths = root(played), played.everywhere()
    clean: set[tuple[str, tuple[str, ...]]] = set()
    for path in paths:
        clean |= Tags(browser.get(path).text).tags
    columns = {
        table: [
            column.name for column in table.columns
            if isinstance(column.type, Text) and not column.primary_key and not column.foreign_keys
            and column.name not in KEPT and not column.name.endswith(("_id", "status"))
        ]
        for table in Base.metadata.tables.values() if table.name not in ("sign_ins", "api_keys", "idempotent_requests")
    }  # fmt: skip
    assert sum(map(len, columns.values())) > 60
    seen: set[str] = set()
    for payload in PAYLOADS:
        with played.db.write() as tx:
            for table, names in columns.items():
                values = dict.fromkeys(names, payload)
                if table.name == "deliveries":
                    values["payload"] = json.dumps({"installation": {"id": 1}, "x": payload})
                if values:
                    tx.execute(update(table).values(values))
            tx.execute(update(SessionQuestion).values(status="pending", options=[], places=[]))
        for path in paths:
            page = browser.get(path)
            assert page.status_code == 200, (path, payload)
            found = Tags(page.text)
            assert found.tags <= clean | {("a", ("href",)), ("p", ("class", "role"))}, (path, payload)
            assert all(re.match(r"/|https?://|#|\?", link) for link in found.links), (path, found.links)
            if html.escape(payload) in page.text.replace("&#34;", "&quot;").replace("&#39;", "&#x27;"):
                seen.add(path)
    assert len(seen) >= 10, "the payloads came as far as the pages"


def _key_of(house: ConsoleHouse, name: str) -> str:
    with house.db.read() as tx:
        return str(
            tx.execute(select(Base.metadata.tables["api_keys"].c.id).filter_by(name=name)).scalar_one()
        )


def _form(browser: Browser) -> str:
    return str(re.findall(r'name="form" value="(\w+)"', browser.page)[0])
