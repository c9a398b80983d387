"""Ten repositories: what is wrong in each, what must be asked before it is mended, and what shows that it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """`flaws`: (path, line) of all that is worth an issue. `issue`: the one to fix, at the first flaw.

    `asks`: words of which one is in every question that matters, none where nothing is to be asked. `answer`: what a
    maintainer says to it. `passes`: Python that fails before the fix and goes well after it.
    """

    name: str
    files: dict[str, str]
    flaws: tuple[tuple[str, int], ...]
    issue: str
    passes: str
    fixed: dict[str, str]
    asks: tuple[str, ...] = ()
    answer: str = ""


CASES = (
    Case(
        "a shared default",
        {"cart.py": "def add(item, cart=[]):\n    cart.append(item)\n    return cart\n"},
        (("cart.py", 1),),
        "The default cart is shared between callers",
        "from cart import add\nadd(1)\nassert add(2) == [2]",
        {"cart.py": "def add(item, cart=None):\n    return [*(cart or []), item]\n"},
    ),
    Case(
        "an error that vanishes",
        {
            "store.py": "def load(path):\n    try:\n        return open(path).read()\n    except Exception:\n        pass\n"
        },
        (("store.py", 4),),
        "A file that cannot be read looks like one without content",
        "from store import load\ntry:\n    load('/none')\nexcept OSError:\n    pass\nelse:\n    raise SystemExit(1)",
        {"store.py": "def load(path):\n    with open(path) as file:\n        return file.read()\n"},
        asks=("raise", "error", "default", "empty", "missing"),
        answer="Let the error through.",
    ),
    Case(
        "an injection",
        {
            "find.py": "def find(db, name):\n    return db.execute(f\"SELECT id FROM users WHERE name = '{name}'\").fetchall()\n"
        },
        (("find.py", 2),),
        "A name can change the query",
        "import sqlite3\nfrom find import find\ndb = sqlite3.connect(':memory:')\ndb.execute('CREATE TABLE users (id, name)')\n"
        "db.execute(\"INSERT INTO users VALUES (1, 'x')\")\nassert find(db, \"' OR '1'='1\") == []",
        {
            "find.py": 'def find(db, name):\n    return db.execute("SELECT id FROM users WHERE name = ?", (name,)).fetchall()\n'
        },
    ),
    Case(
        "one too few",
        {"pages.py": "def pages(count, size):\n    return count // size\n"},
        (("pages.py", 2),),
        "The last page is missing when it is not full",
        "from pages import pages\nassert (pages(11, 10), pages(10, 10), pages(0, 10)) == (2, 1, 0)",
        {"pages.py": "def pages(count, size):\n    return -(-count // size)\n"},
    ),
    Case(
        "a zone that is not said",
        {
            "clock.py": "from datetime import datetime\n\n\ndef day(seconds):\n    return datetime.fromtimestamp(seconds).date().isoformat()\n"
        },
        (("clock.py", 5),),
        "The day depends on where the server stands",
        "import os, time\nos.environ['TZ'] = 'Asia/Tokyo'\ntime.tzset()\nfrom clock import day\nassert day(0) == '1970-01-01'\n"
        "assert day(72000) == '1970-01-01'",
        {
            "clock.py": "from datetime import UTC, datetime\n\n\ndef day(seconds):\n    return datetime.fromtimestamp(seconds, UTC).date().isoformat()\n"
        },
        asks=("zone", "UTC", "local"),
        answer="UTC.",
    ),
    Case(
        "money in floats",
        {"total.py": "def total(prices):\n    return sum(float(price) for price in prices)\n"},
        (("total.py", 2),),
        "Totals of prices are off by a cent",
        "from decimal import Decimal\nfrom total import total\nassert total(['0.10', '0.20']) == Decimal('0.30')",
        {
            "total.py": "from decimal import Decimal\n\n\ndef total(prices):\n    return sum((Decimal(price) for price in prices), Decimal(0))\n"
        },
        asks=("Decimal", "cents", "type", "return", "float"),
        answer="Return a Decimal.",
    ),
    Case(
        "a shell that obeys names",
        {"size.py": 'import os\n\n\ndef size(path):\n    return int(os.popen(f"wc -c < {path}").read())\n'},
        (("size.py", 5),),
        "A file's name is run as a command",
        "import pathlib\nfrom size import size\npathlib.Path('a b').write_text('xyz')\nassert size('a b') == 3",
        {"size.py": "import os\n\n\ndef size(path):\n    return os.path.getsize(path)\n"},
    ),
    Case(
        "a secret that is compared byte by byte",
        {"gate.py": "def is_right(given, secret):\n    return given == secret\n"},
        (("gate.py", 2),),
        "How long the comparison takes tells the secret",
        "import gate, inspect\nassert 'compare_digest' in inspect.getsource(gate)\nassert gate.is_right('a', 'a') and not gate.is_right('a', 'b')",
        {
            "gate.py": "from hmac import compare_digest\n\n\ndef is_right(given, secret):\n    return compare_digest(given, secret)\n"
        },
    ),
    Case(
        "a list that changes while it is read",
        {
            "clean.py": "def clean(words):\n    for word in words:\n        if not word:\n            words.remove(word)\n    return words\n"
        },
        (("clean.py", 4),),
        "Of two empty words in a row one stays",
        "from clean import clean\nassert clean(['', '', 'a']) == ['a']",
        {
            "clean.py": "def clean(words):\n    words[:] = [word for word in words if word]\n    return words\n"
        },
        asks=("place", "copy", "mutate", "new list", "caller"),
        answer="Change the list in place, callers keep it.",
    ),
    Case(
        "nothing wrong",
        {
            "greet.py": 'def greet(name: str) -> str:\n    return f"Hello, {name}!"\n',
            "README.md": "# Greet\n",
        },
        (),
        "Greetings should end with an exclamation mark",
        "from greet import greet\nassert greet('Ada') == 'Hello, Ada!'",
        {},
    ),
)
