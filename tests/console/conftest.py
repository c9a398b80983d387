"""A console over the whole house, with people who sign in on the fake GitHub's page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.people import ConsoleHouse


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[ConsoleHouse]:
    """Mona owns `mona/shop`; ASKFIRST_ADMINS is `root`."""
    house = ConsoleHouse(database_url, tmp_path)
    yield house
    house.close()
