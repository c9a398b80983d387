"""The pages of docs/reference are what the code says, and every page's links lead somewhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from api.codes import CODES
from api.errors import BAD, DOMAIN, HTTP, OURS
from bot.agents.base import Task
from bot.agents.handed_in import GivenIssue
from bot.agents.handed_in_questions import GivenQuestion, HandedInFix
from bot.domain import repo_config
from bot.domain.repo_config import RepoConfig, Workflow
from bot.sandbox.template import Template
from bot.webhooks.handlers import ACTIONS, HANDLERS
from docs.generate import PAGES, PAGES_AT
from docs.generate.markup import ROOT

DOCS = ROOT / "docs"


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_what_the_code_says(name: str) -> None:
    written = (PAGES_AT / f"{name}.md").read_text()
    assert written == PAGES[name](), f"docs/reference/{name}.md is old: run `make reference`"


def test_no_other_page_says_that_it_is_made_of_the_code() -> None:
    made = {path.stem for path in DOCS.rglob("*.md") if "*Made by `make reference`" in path.read_text()}
    assert made == set(PAGES)


def test_the_map_leads_to_every_page_and_no_two_have_one_name() -> None:
    """The name is the page's address on a server."""
    pages = [path for path in DOCS.rglob("*.md") if path.name != "README.md"]
    told = re.findall(r"\]\((\S+)\)", (DOCS / "README.md").read_text())
    assert sorted(told) == sorted(path.relative_to(DOCS).as_posix() for path in pages)
    assert len({path.stem for path in pages}) == len(pages)


def refusals() -> Iterator[tuple[str, int]]:
    """(code, status) of each error that a door or a table in api/ names."""
    for path in (ROOT / "api").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Refused" and len(node.args) > 2:
                status, code = map(ast.literal_eval, node.args[:2])
                yield code, status
    yield from ((code, status) for status, code in DOMAIN.values())
    yield from ((code, status) for status, (code, _) in HTTP.items())
    yield from [(BAD[0], 400), (OURS[0], 500), ("UNAVAILABLE", 503)]


def test_every_code_of_an_error_is_told_with_its_status() -> None:
    assert {(name, code.status) for name, code in CODES.items()} == set(refusals())


def test_of_every_event_it_is_told_which_actions_are_heard() -> None:
    assert ACTIONS.keys() == HANDLERS.keys()


def test_the_configuration_that_is_shown_is_one_and_has_every_key() -> None:
    [shown] = re.findall(r"```yaml\n(.*?)```", (PAGES_AT / "configuration.md").read_text(), re.DOTALL)
    said = repo_config.parse(shown).model_dump(exclude_unset=True)
    parts = {
        name: field.annotation.model_fields.keys()
        for name, field in RepoConfig.model_fields.items()
        if hasattr(field.annotation, "model_fields")
    }
    assert said.keys() == RepoConfig.model_fields.keys()
    assert {name: said[name].keys() for name in parts} == parts
    assert said["workflows"]["default"].keys() == Workflow.model_fields.keys()


@pytest.mark.parametrize("shape", [Task, GivenIssue, GivenQuestion, HandedInFix, Template])
def test_the_contract_of_an_agent_names_every_field(shape: type[BaseModel]) -> None:
    page = (PAGES_AT / "agent-contract.md").read_text()
    names = {field.alias or name for name, field in shape.model_fields.items()}
    assert {name for name in names - {"trusted", "script"} if f"`{name}" not in page} == set()


def test_every_test_that_a_page_names_is_there() -> None:
    there = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    named = {name for page in DOCS.rglob("*.md") for name in re.findall(r"`(test_\w+)`", page.read_text())}
    assert named and not {name for name in named if f"def {name}(" not in there}


def test_links_between_pages_lead_to_files_and_headings() -> None:
    pages = [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]
    lost = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in pages
        for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text())
        if "://" not in link and not _is_there(page, link)
    ]
    assert lost == []


def _is_there(page: Path, link: str) -> bool:
    name, _, heading = link.partition("#")
    path = page.parent / name if name else page
    if not path.exists() or not heading:
        return path.exists()
    titles = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return heading in {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
