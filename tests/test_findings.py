"""What scans make of what they find: each flaw one issue, however often, wherever and by whomever it is seen."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.domain import findings, issues, places, projects, runs, sessions, states
from bot.domain.places import Finding, Place, Scope
from bot.store.db import Database
from bot.store.models import Issue, IssueFingerprint, IssueSession, Outbox
from tests.house import FLAWED, House

Spot = tuple[str, str]  # a file, and what is wrong there


def place(spot: Spot) -> Place:
    path, text = spot
    line = sum(text.encode())
    return Place(path, line, line, f"{path}:{text}", text)


def found(spots: Iterable[Spot], rule: str = "R1", **more: Any) -> list[Finding]:
    """As the agent groups them: one finding for each folder."""
    by_area: dict[str, list[Place]] = {}
    for spot in spots:
        by_area.setdefault(spot[0].rpartition("/")[0], []).append(place(spot))
    words = {"title": f"{rule} is broken", "description": "", "priority": "medium"} | more
    return [Finding(rule=rule, area=area, places=there, **words) for area, there in by_area.items()]


class Repository:
    """A repository on GitHub that is scanned; without Flask, agents or GitHub."""

    def __init__(self, db: Database, number: int = 7) -> None:
        self.db, self.commits = db, 0
        with db.write() as tx:
            here = projects.Repository(number, f"mona/shop{number}", "https://github.test/mona/shop")
            projects.fresh(tx, here)
            tx.flush()
            self.project = projects.find(tx, f"mona/shop{number}")

    def scan(
        self,
        what: list[Finding],
        covers: Callable[[str, str], bool] = lambda rule, path: True,
        left_out: Iterable[str] = (),
    ) -> dict[str, int]:
        """A scan that found this; the session's counts."""
        self.commits += 1
        seen = {name for finding in what for name in finding.prints if finding.places}
        scope = Scope(f"{self.commits:040x}", "", frozenset(seen | set(left_out)), covers)
        with self.db.write() as tx:
            session = sessions.start(tx, self.project, prompt="x", created_by="test")
        with self.db.write() as tx:
            session = tx.get_one(IssueSession, session.id)
            sessions.complete(tx, self.project, session, what, scope)
        self.said = str(session.progress["message"])
        return dict(session.counts)

    def look(self, issue: Issue, what: list[Finding]) -> str:
        """A run that looked for this issue alone, and found this; what it says."""
        seen = frozenset(name for finding in what for name in finding.prints if finding.places)
        with self.db.write() as tx:
            run = runs.queue(tx, self.project, "scan", None, issue_id=issue.id)
            tx.flush()
            findings.look_again(
                tx, self.project, run, what, Scope("f" * 40, "", seen, lambda rule, path: True)
            )
            return str(run.summary)

    def issues(self, *statuses: str) -> list[Issue]:
        with self.db.read() as tx:
            query = select(Issue).where(Issue.project_id == self.project.id).order_by(Issue.id)
            everything = tx.scalars(query).all()
        return [issue for issue in everything if not statuses or issue.status in statuses]

    def open_spots(self) -> list[list[str]]:
        """The files of each open issue, oldest issue first."""
        there = (issue for issue in self.issues("open") if not issue.deleted_at)
        return [sorted(place["path"] for place in issue.locations) for issue in there]

    def do(self, issue: Issue, action: str) -> None:
        """A person closes, dismisses or reopens the issue, or deletes it by REST, also for good."""
        with self.db.write() as tx:
            there = tx.get_one(Issue, issue.id)
            if action in ("delete", "purge"):
                issues.delete(tx, self.project, issue.id)
                issues.permanent_delete(there) if action == "purge" else None
            elif states.allows(there, action):
                states.move(there, action)

    def shown(self) -> list[str]:
        """The issues that wait to be shown on GitHub."""
        with self.db.read() as tx:
            rows = tx.scalars(select(Outbox.args).where(Outbox.job == "show_issue").order_by(Outbox.id))
            return [row["issue_id"] for row in rows]


@pytest.fixture
def repository(db: Database) -> Repository:
    return Repository(db)


NOTHING = {"found": 0, "new": 0, "known": 0, "reopened": 0, "gone": 0}


def counts(**some: int) -> dict[str, int]:
    return NOTHING | some


A1, A2, B1 = ("a/1.py", "x"), ("a/2.py", "y"), ("b/1.py", "x")


def test_seen_again_is_the_same_issue(repository: Repository) -> None:
    assert repository.scan(found([A1, B1])) == counts(found=2, new=2)
    before = repository.issues()
    assert repository.scan(found([A1, B1])) == counts(found=2, known=2)
    after = repository.issues()
    assert [issue.updated_at for issue in before] == [issue.updated_at for issue in after]
    assert {issue.fingerprint for issue in after} == {"a/1.py:x", "b/1.py:x"}
    assert {place["commit"] for issue in after for place in issue.locations} == {f"{2:040x}"}, (
        "seen there last"
    )


def test_a_moved_file_keeps_its_issue_also_in_another_folder(repository: Repository) -> None:
    repository.scan(found([A1]))
    [before] = repository.issues()
    assert repository.scan(found([("c/9.py", "x")])) == counts(found=1, known=1)
    [after] = repository.issues("open")
    assert after.fingerprint == before.fingerprint and after.locations[0]["path"] == "c/9.py"
    assert repository.scan(found([("d/9.py", "x")])) == counts(found=1, known=1), "and once more"


def test_code_moved_between_files_keeps_its_issue(repository: Repository) -> None:
    repository.scan(found([A1, ("b/2.py", "z")]))
    assert repository.scan(found([("c/1.py", "x"), ("b/2.py", "z")])) == counts(found=2, known=2)
    assert repository.open_spots() == [["c/1.py"], ["b/2.py"]]


def test_a_copy_elsewhere_is_a_flaw_of_its_own(repository: Repository) -> None:
    repository.scan(found([A1]))
    assert repository.scan(found([A1, B1])) == counts(found=2, known=1, new=1)


def test_a_copy_is_no_move_where_the_scan_did_not_look_at_the_original(repository: Repository) -> None:
    repository.scan(found([A1]))
    only_b = repository.scan(found([B1]), covers=lambda rule, path: path.startswith("b/"))
    assert only_b == counts(found=1, new=1)
    assert repository.open_spots() == [["a/1.py"], ["b/1.py"]]


def test_a_new_place_joins_the_open_issue_of_its_rule_and_area(repository: Repository) -> None:
    repository.scan(found([A1]))
    assert repository.scan(found([A1, A2])) == counts(found=1, known=1)
    assert repository.open_spots() == [["a/1.py", "a/2.py"]]
    assert repository.scan(found([A2])) == counts(found=1, known=1)
    assert repository.open_spots() == [["a/2.py"]], "what was mended leaves the list"
    assert repository.scan(found([("a/3.py", "z")])) == counts(found=1, known=1), (
        "even when no old one is left"
    )


def test_two_open_issues_of_one_area_keep_their_own_places(repository: Repository) -> None:
    repository.scan(found([A1]))
    repository.do(repository.issues()[0], "closed")
    repository.scan(found([A2]), covers=lambda rule, path: path == "a/2.py")
    repository.do(repository.issues()[0], "reopened")
    assert repository.scan(found([A1, A2])) == counts(found=1, known=1)
    assert repository.open_spots() == [["a/1.py"], ["a/2.py"]]


def test_each_of_two_issues_of_one_finding_is_looked_for(repository: Repository) -> None:
    repository.scan(found([A1]))
    repository.do(repository.issues()[0], "closed")
    repository.scan(found([A2]), covers=lambda rule, path: path == "a/2.py")
    repository.do(repository.issues()[0], "reopened")
    first, second = repository.issues()
    for issue in (first, second):
        assert repository.look(issue, found([A1, A2])).startswith("It is still there")
    assert repository.look(second, found([A1])).startswith("It is gone")
    assert [issue.status for issue in repository.issues()] == ["open", "completed"]


def test_what_is_about_no_place_is_looked_for_by_its_words(repository: Repository) -> None:
    words = Finding("Words", "", "low", "", "", [])
    repository.scan([words])
    [issue] = repository.issues()
    assert repository.look(issue, [words]).startswith("It is still there")
    assert repository.look(issue, []).startswith("It is gone")


def test_an_issue_is_looked_for_by_its_own_places(repository: Repository) -> None:
    repository.scan(found([A1, A2, B1]))
    with repository.db.read() as tx:
        prints = [places.prints_of(tx, issue) for issue in repository.issues()]
    assert prints == [{"a/1.py:x", "a/2.py:y"}, {"b/1.py:x"}]


@pytest.mark.parametrize("other", [{"rule": "R2"}, {"rule": "R1", "area": "b"}])
def test_another_rule_or_area_is_another_issue(repository: Repository, other: dict[str, str]) -> None:
    repository.scan(found([A1]))
    more = found([("b/9.py" if "area" in other else "a/9.py", "z")], other["rule"])
    assert repository.scan([*found([A1]), *more]) == counts(found=2, known=1, new=1)


def test_findings_without_a_rule_never_join_each_other(repository: Repository) -> None:
    both = [*found([A1], rule="", title="One"), *found([A2], rule="", title="Two")]
    assert repository.scan(both) == counts(found=2, new=2)
    assert repository.scan(both) == counts(found=2, known=2)
    assert [issue.rule for issue in repository.issues()] == [None, None]


def test_findings_without_a_place_are_known_by_their_words(repository: Repository) -> None:
    words = {"description": "", "priority": "low", "area": "", "places": []}
    one, two = Finding(title="One", rule="R", **words), Finding(title="Two", rule="", **words)  # type: ignore[arg-type]
    assert repository.scan([one, two]) == counts(found=2, new=2)
    assert repository.scan([one, two]) == counts(found=2, known=2)
    repository.do(repository.issues()[1], "dismissed")
    assert repository.scan([one, two]) == counts(found=2, known=2)
    assert repository.scan([], covers=lambda rule, path: path.startswith("a/")) == counts()
    assert repository.scan([], covers=lambda rule, path: rule == "R") == counts(gone=1)


# gone, and back


def test_gone_is_closed_and_back_is_opened_again(repository: Repository) -> None:
    repository.scan(found([A1, B1]))
    assert repository.scan(found([B1])) == counts(found=1, known=1, gone=1)
    [gone] = repository.issues("completed")
    assert (gone.resolution, gone.locations[0]["path"]) == ("gone", "a/1.py")
    assert repository.scan(found([B1])) == counts(found=1, known=1), "it is gone once"
    assert repository.scan(found([A1, B1])) == counts(found=2, known=1, reopened=1)
    assert [issue.id for issue in repository.issues("open")] == [issue.id for issue in repository.issues()]


def test_what_a_person_completed_is_opened_again_when_it_is_still_there(repository: Repository) -> None:
    repository.scan(found([A1]))
    repository.do(repository.issues()[0], "closed")
    assert repository.scan(found([A1])) == counts(found=1, reopened=1)


@pytest.mark.parametrize(
    ("why", "covers"),
    [
        ("its rule was off", lambda rule, path: rule != "R1"),
        ("its file was out of scope", lambda rule, path: path.startswith("b/")),
        ("its file was skipped", lambda rule, path: path != "a/1.py"),
        ("one of its files was skipped", lambda rule, path: path != "a/2.py"),
    ],
)
def test_it_is_not_gone_because(repository: Repository, why: str, covers: Callable[[str, str], bool]) -> None:
    repository.scan(found([A1, A2]))
    assert repository.scan([], covers=covers) == counts(), why
    assert repository.scan([]) == counts(gone=1)


def test_a_narrow_scan_forgets_no_place_that_it_did_not_look_at(repository: Repository) -> None:
    repository.scan(found([A1, A2]))

    def only_1(rule: str, path: str) -> bool:
        return path == "a/1.py"

    assert repository.scan(found([A1, ("a/1.py", "new")]), covers=only_1) == counts(found=1, known=1)
    assert repository.open_spots() == [["a/1.py", "a/1.py", "a/2.py"]]
    assert repository.scan([], covers=only_1) == counts(), "the other file still has it"


@pytest.mark.parametrize("names", [["a/1.py:x"], ["x"]])
def test_what_was_left_out_for_its_number_is_still_there(repository: Repository, names: list[str]) -> None:
    repository.scan(found([A1]))
    assert repository.scan([], left_out=names) == counts()
    assert [issue.status for issue in repository.issues()] == ["open"]


# dismissed


@pytest.mark.parametrize("action", ["dismissed", "delete", "purge"])
def test_what_people_do_not_want_is_never_filed_again(repository: Repository, action: str) -> None:
    repository.scan(found([A1, A2]))
    repository.do(repository.issues()[0], action)
    assert repository.scan(found([A1, A2])) == counts(found=1, known=1)
    assert repository.scan(found([("c/1.py", "x")])) == counts(found=1, known=1), "moved or not"
    assert repository.scan([]) == counts(), "nor is it gone"
    assert repository.scan(found([A1, ("a/3.py", "new")])) == counts(found=1, new=1), "but a new place is"
    assert repository.open_spots() == [["a/3.py"]]
    assert repository.scan(found([A1, ("a/3.py", "new")])) == counts(found=1, known=1)
    with repository.db.read() as tx:
        assert places.dismissed(tx, repository.project) == ["a/1.py:x", "a/2.py:y"]


def test_what_was_dismissed_and_reopened_is_followed_again(repository: Repository) -> None:
    repository.scan(found([A1]))
    [issue] = repository.issues()
    repository.do(issue, "dismissed")
    repository.do(issue, "reopened")
    assert repository.scan(found([A1])) == counts(found=1, known=1)
    assert repository.scan([]) == counts(gone=1)


def test_the_same_lines_in_another_folder_are_filed_although_they_were_dismissed_here(house: House) -> None:
    house.mona.pushes(house.repository, {**dict.fromkeys(FLAWED), "a/one.py": FLAWED["shop/cart.py"]}, "One")
    house.scan()
    before = house.issues()
    for issue in before:
        house.mona.closes_issue(issue, "not_planned")
    house.settle()
    assert house.scan()["counts"]["new"] == 0
    house.mona.pushes(house.repository, {"b/two.py": FLAWED["shop/cart.py"]}, "Two")
    again = house.scan()
    assert again["counts"]["new"] == len(before) > 1, again
    assert len(house.issues()) == 2 * len(before)


# on GitHub


def test_the_worst_come_first_and_the_rest_when_there_is_room(repository: Repository) -> None:
    some = [*["low"] * 5, *["critical"] * 4, *["medium"] * 12, *["high"] * 4]
    what = [
        finding
        for number, priority in enumerate(some)
        for finding in found([(f"{number}/x.py", f"text {number}")], priority=priority)
    ]
    assert repository.scan(what) == counts(found=25, new=25)
    first = repository.shown()
    assert "5 of its issues wait" in repository.said
    by_id = {issue.id: issue for issue in repository.issues()}
    shown = [by_id[issue_id].priority for issue_id in first]
    assert shown == ["critical"] * 4 + ["high"] * 4 + ["medium"] * 12
    assert {issue.mirrored for issue in by_id.values() if issue.priority == "low"} == {False}
    assert repository.scan(what[:-1]) == counts(found=24, known=24, gone=1)
    assert [by_id[issue_id].priority for issue_id in repository.shown()[20:]] == ["low"] * 5
    assert repository.said == ""


def test_github_follows_a_place_that_is_gone_and_not_one_whose_lines_moved(repository: Repository) -> None:
    def shown_by(what: list[Finding]) -> int:
        with repository.db.write() as tx:
            tx.query(Outbox).delete()
        repository.scan(what)
        return len(repository.shown())

    assert shown_by(found([A1, A2])) == 1
    [finding] = found([A1, A2])
    lower = [replace(place, start_line=place.start_line + 9) for place in finding.places]
    assert shown_by([replace(finding, places=lower)]) == 0
    assert shown_by(found([A1])) == 1
    assert shown_by(found([("a/1.py", "another")])) == 1, "as many places in the same file, and not the same"


def test_what_is_gone_and_had_no_place_has_no_commits_to_tell_of(repository: Repository) -> None:
    repository.scan([Finding("Words", "", "low", "", "", [])])
    with repository.db.write() as tx:
        tx.get_one(Issue, repository.issues()[0].id).github_number = 9
    assert repository.scan([]) == counts(gone=1)


def test_two_scans_at_once_double_nothing(repository: Repository) -> None:
    what = found([(f"{n}/x.py", f"text {n}") for n in range(10)])
    together, results = threading.Barrier(2), []

    def scan() -> None:
        together.wait(30)
        results.append(repository.scan(what))

    threads = [threading.Thread(target=scan) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(result["new"] for result in results) == [0, 10]
    assert sorted(result["known"] for result in results) == [0, 10]
    assert len(repository.issues()) == 10


# whatever happens

SPOTS = [(path, text) for path in ("a/1.py", "a/2.py", "b/1.py") for text in "xy"]
SCAN = st.tuples(
    st.just("scan"), st.sets(st.sampled_from(SPOTS)), st.sampled_from(["", "a/", "b/", "a/1.py"])
)
ACT = st.tuples(
    st.sampled_from(["dismissed", "closed", "reopened", "delete", "purge"]), st.integers(0, 3), st.just("")
)


@pytest.fixture(scope="module")
def one_db(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Database:
    path = tmp_path_factory.mktemp("findings") / "askfirst.db"
    path.write_bytes(sqlite_template.read_bytes())
    return Database(f"sqlite:///{path}")


class Story:
    """What happens to one repository, checked after each scan."""

    numbers = iter(range(1_000, 1_000_000))

    def __init__(self, db: Database) -> None:
        self.repository = Repository(db, next(self.numbers))

    def act(self, action: str, number: int) -> None:
        there = [issue for issue in self.repository.issues() if not issue.deleted_at]
        if there:
            self.repository.do(there[number % len(there)], action)

    def scan(self, present: set[Spot], scope: str) -> None:
        in_scope = sorted(spot for spot in present if spot[0].startswith(scope))
        before = {issue.id: issue for issue in self.repository.issues()}
        what = found(in_scope)
        result = self.repository.scan(what, covers=lambda rule, path: path.startswith(scope))
        after = {issue.id: issue for issue in self.repository.issues()}
        self.counts_are_true(result, len(what), before, after)
        self.each_place_has_one_issue(in_scope, list(after.values()))

    def counts_are_true(
        self, result: dict[str, int], number: int, before: dict[str, Issue], after: dict[str, Issue]
    ) -> None:
        moved = Counter(
            (issue.status, after[issue.id].status)
            for issue in before.values()
            if issue.status != after[issue.id].status
        )
        assert result["found"] == number == result["new"] + result["known"] + result["reopened"]
        assert result["new"] == len(after) - len(before)
        assert result["reopened"] == moved.pop(("completed", "open"), 0)
        assert result["gone"] == moved.pop(("open", "completed"), 0)
        assert not moved, "a scan moves nothing else"

    def each_place_has_one_issue(self, present: list[Spot], there: list[Issue]) -> None:
        owners = self.owners()
        by_id = {issue.id: issue for issue in there}
        shown = Counter(
            (at["path"], at["startLine"])
            for issue in there
            if issue.status == "open" and not issue.deleted_at
            for at in issue.locations
        )
        assert set(shown.values()) <= {1}, "never two open issues for one place"
        for spot in present:
            there_now = place(spot)
            owner = by_id[owners.get(there_now.print) or owners["~" + there_now.moved_print]]
            unwanted = owner.status == "dismissed" or owner.deleted_at is not None
            assert shown[there_now.path, there_now.start_line] == (0 if unwanted else 1), spot

    def owners(self) -> dict[str, str]:
        with self.repository.db.read() as tx:
            query = select(IssueFingerprint.fingerprint, IssueFingerprint.issue_id)
            rows = tx.execute(query.where(IssueFingerprint.project_id == self.repository.project.id))
            return {row.fingerprint: row.issue_id for row in rows}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SCAN | ACT, min_size=2, max_size=8))
def test_whatever_people_and_scans_do_each_place_has_one_issue(
    one_db: Database, steps: list[tuple[Any, Any, str]]
) -> None:
    story = Story(one_db)
    for step, value, scope in steps:
        if step == "scan":
            story.scan(value, scope)
        else:
            story.act(step, value)


def test_the_project_of_a_finding_is_its_own(db: Database) -> None:
    mine, theirs = Repository(db, 1), Repository(db, 2)
    assert mine.scan(found([A1])) == theirs.scan(found([A1])) == counts(found=1, new=1)
    assert theirs.scan([]) == counts(gone=1) and len(mine.issues("open")) == 1
