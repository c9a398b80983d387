"""What a hostile agent leaves in its sandbox: the item fails with the reason, and nothing is pushed."""

from __future__ import annotations

import pytest

from bot.jobs.runner import Runner
from bot.jobs.tools import Tools
from bot.sandbox.template import Template
from tests.house import House
from tests.paths.test_resolve import Chain
from tests.test_changes import TOKEN

SCRIPTS = {
    "ln -s /etc/passwd link": "the link link would lead out of the repository",
    "mkdir .git; mkdir .git/hooks; echo id >.git/hooks/pre-commit": "belongs to git",
    "echo '*.py filter=evil' >.gitattributes": ".gitattributes would have git run a filter",
    "ln -s ../.. up; echo x >up/escaped": "would lead out of the repository",
    "seq 10000 | xargs touch": "10000 files, more than the 100",
    "head -c 1073741824 /dev/zero >giant": "exit code",
    "head -c 100000000 /dev/zero >large": "larger than 64 MiB",
    f"echo 'token = \"{TOKEN}\"' >>deploy.sh": "deploy.sh would hold a secret: GitHub Token",
    "mkdir -p .github/workflows; echo 'on: push' >.github/workflows/x.yml": "is protected",
    "printf '[submodule \"x\"]\\n' >.gitmodules": "may not add or change submodules",
    "git init -q lib": "belongs to git",
    "echo x >Deploy.sh": "would be one file where case does not count",
    "printf '<<<<<<< a\\n=======\\n>>>>>>> b\\n' >>deploy.sh": "the markers of an unfinished merge",
    "mkfifo pipe": "neither a file nor a link",
}


class Hostile(Tools):
    """Every fix is the next of the scripts."""

    def __init__(self, house: House) -> None:
        super().__init__(house.config)
        self.left = list(SCRIPTS)
        house.runner = Runner(house.db, self)

    def template(self, name: str) -> Template:
        script = f'cd repo || exit; {{ {self.left.pop(0)}\n}} || exit; echo \'{{"outcome": "done"}}\' >../result.json'
        command = ("bash", "-c", script)
        return Template(name="hostile", agent="program", kinds=("fix",), command=command, trusted=True)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nothing_hostile_is_pushed(house: House) -> None:
    before = house.repository.git.refs()
    Hostile(house)
    chain = Chain(house, *(f"Issue {number}" for number in range(len(SCRIPTS))), onFailure="continue")
    chain.start()
    for item, (script, reason) in zip(chain.items, SCRIPTS.items(), strict=True):
        assert item["itemStatus"] == "failed" and reason in item["error"], (script, item["error"])
    assert chain.now["status"] == "failed" and house.repository.git.refs() == before
    assert house.pulls() == [] and TOKEN not in str(chain.items) and house.unfinished() == []
