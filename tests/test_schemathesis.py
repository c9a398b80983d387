"""All that the OpenAPI document allows and forbids, played against the API by schemathesis with every check on."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator

import pytest
import schemathesis
from schemathesis import Case, CheckContext, Response
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import CaseNode, ScenarioRecorder
from schemathesis.openapi.checks import RejectedPositiveData
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.serving import WSGIRequestHandler, make_server

from api.schemas.shown import an_id
from bot.config import Config
from bot.store import clock
from bot.store.db import Database
from bot.store.models import (
    AnsweringSession,
    ChainItem,
    Issue,
    IssueSession,
    Project,
    Run,
    SessionQuestion,
    WorkChain,
)
from tests.rest import Rest

# what may be wrong though the schema allows it: signed, hidden from readers, known only to git or this project,
# or wrong beside others
UNSAYABLE = {
    "cursor", "runId", "githubRepoUrl", "branchName", "baseBranch", "paths", "pullRequestNumber",
    "questions.options", "reviews.id", "correction", "reviews.correction", "POST /issues/recheck issueId",
}  # fmt: skip
ACCEPTED = ["2xx", "304", "403", "404", "409", "412"]


@schemathesis.check
def refused_only_for_what_no_schema_can_say(ctx: CheckContext, response: Response, case: Case) -> None:
    """Stands in for `positive_data_acceptance` where a request that fits its schema is 400."""
    if case.meta and case.meta.generation.mode.is_positive and response.status_code == 400:
        field = re.sub(r"\.\d+", "", response.json()["error"].get("field", ""))
        if not {field.partition(".")[0], field, f"{case.operation.label} {field}"} & UNSAYABLE:
            raise RejectedPositiveData(
                operation=case.operation.label,
                message=response.text,
                status_code=400,
                allowed_statuses=ACCEPTED,
            )


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def rest(config: Config, db: Database, monkeypatch: pytest.MonkeyPatch) -> Rest:
    """A caller whose project has the objects that the document's examples name."""
    rest, new_id, made = Rest(config, db), clock.new_id, set()

    def first_as_in_examples(kind: str) -> str:
        if kind in made:
            return new_id(kind)
        made.add(kind)
        return an_id(kind)

    with monkeypatch.context() as patched:
        patched.setattr(clock, "new_id", first_as_in_examples)
        rest.session()
        rest.asked({}, {})
        rest.chain()
        rest.run()
    return rest


@pytest.fixture
def renew(rest: Rest) -> Callable[[], None]:
    """Brings those objects back to what they were: what one endpoint deleted or ended is there for the next."""
    tables = (Project, IssueSession, Issue, AnsweringSession, SessionQuestion, WorkChain, ChainItem, Run)
    with rest.db.read() as tx:
        rows = [row for table in tables for row in tx.scalars(select(table))]

    def again() -> None:
        with rest.db.write() as tx:
            for row in rows:
                tx.merge(row)
                tx.flush()

    def renew() -> None:
        try:
            again()
        except (StaleDataError, IntegrityError, OperationalError):
            renew()  # requests go on meanwhile: one deleted what was just read here

    return renew


@pytest.fixture
def url(rest: Rest) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, rest.app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_api_does_what_its_document_says(rest: Rest, url: str, renew: Callable[[], None]) -> None:
    # what is refused never comes to the database: one of the two is enough for all the ways to be wrong
    coverage = "all" if rest.db.engine.dialect.name == "sqlite" else "positive"
    config = SchemathesisConfig.from_dict({
        "seed": 1,
        "headers": {"Authorization": f"Bearer {rest.key}"},
        "generation": {"deterministic": True, "max-examples": 5, "database": "none"},
        "phases": {
            "coverage": {"generation": {"mode": coverage}},
            # the links of the document alone: with guessed ones too, each is followed but seldom
            "stateful": {"generation": {"max-examples": 50}, "max-steps": 10, "inference": {"algorithms": []}},
        },
        "checks": {
            "positive_data_acceptance": {"expected-statuses": [*ACCEPTED, "400"]},
            "use_after_free": {"enabled": False},  # what a scenario deletes, `renew` may bring back meanwhile
        },
        "suppress-health-check": ["all"],  # they measure time
    })  # fmt: skip
    schema = schemathesis.openapi.from_url(f"{url}/docs/openapi.json", config=config)
    wrong: set[str] = set()
    reached: set[str] = set()
    followed: set[str] = set()
    for event in from_schema(schema).execute():
        assert not isinstance(event, events.FatalError), event
        if isinstance(event, events.NonFatalError):
            wrong.add(str(event.info))
        if isinstance(event, events.ScenarioFinished):
            renew()
            wrong |= set(failures(event.recorder))
            for case in succeeded(event.recorder):
                reached.add(case.value.operation.label)
                if case.transition and case.is_transition_applied:
                    followed.add(case.transition.id)
    assert not wrong, "\n\n".join(sorted(wrong))
    operations = {each.ok().label for each in schema.get_all_operations()}
    # nothing is proved by requests that all fail; a dozen go well only on what stands in a certain state
    assert len(reached) > 0.75 * len(operations), operations - reached
    assert len(followed) > 5, followed


def failures(recorder: ScenarioRecorder) -> Iterator[str]:
    """Each failed check: of what, why, and how to see it again."""
    for checks in recorder.checks.values():
        for check in checks:
            if check.failure_info is not None:
                failure = check.failure_info.failure
                yield f"{recorder.label}: {check.name}: {failure.message}\n{check.failure_info.code_sample}"


def succeeded(recorder: ScenarioRecorder) -> Iterator[CaseNode]:
    """The calls that did what they are for."""
    for case, found in recorder.interactions.items():
        if found.response is not None and found.response.status_code < 300:
            yield recorder.cases[case]
