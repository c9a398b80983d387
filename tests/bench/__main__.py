"""Measures all and writes the report, or only named parts, without it. Exits with 1 when a goal is missed."""

from __future__ import annotations

import sys

from tests.bench.chains import chains
from tests.bench.commands import commands
from tests.bench.containers import containers
from tests.bench.engine import engine
from tests.bench.figures import Figure, table
from tests.bench.machine import machine
from tests.bench.mirror import mirror
from tests.bench.pages import pages
from tests.bench.report import write
from tests.bench.rest import rest
from tests.bench.scale import scale
from tests.bench.scan import scan
from tests.bench.startup import startup
from tests.bench.storm import storm
from tests.bench.webhooks import webhooks

PARTS = {
    "starting": startup,
    "from REST to GitHub": mirror,
    "from a command to its sign": commands,
    "a chain of work": chains,
    "containers": containers,
    "a scan, in turns with its analyzers": scan,
    "ten thousand webhooks at 200 a second": storm,
    "the engine, in turns with RQ alone": engine,
    "webhooks, in turns with a bare view and Probot": webhooks,
    "REST, in turns with bare views": rest,
    "the console's pages in a project with 100,000 issues": pages,
    "a million issues, in turns with a thousand": scale,
}


def main(names: list[str]) -> int:
    if unknown := set(names) - {measure.__name__ for measure in PARTS.values()}:
        known = " ".join(measure.__name__ for measure in PARTS.values())
        raise SystemExit(f"There is no part {', '.join(sorted(unknown))}. The parts are: {known}")
    measured_on = machine()
    parts: dict[str, list[Figure]] = {}
    for name, measure in PARTS.items():
        if not names or measure.__name__ in names:
            print(f"Measuring: {name} …", file=sys.stderr, flush=True)
            parts[name] = measure()
    figures = [figure for of_part in parts.values() for figure in of_part]
    print(table(figures))
    if not names:
        write(parts, measured_on)
    missed = [figure for figure in figures if figure.missed]
    if missed:
        print(
            f"\n{len(missed)} missed. Was the machine idle? docs/explanation/performance.md says what is compared."
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
