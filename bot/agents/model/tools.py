"""The model's tools: each is a command in the sandbox, and what it prints is what the model gets, within bounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from bot.agents.base import Kind, Log
from bot.agents.needs import Workplace

MOST = 20_000  # characters of an answer
SECONDS = 60.0
BASH_SECONDS = 600.0
LINES = 400

LIST = 'cd repo && find "./$1" -maxdepth 2 -not -path "*/.git/*" | sort | head -n 500'
READ = 'cd repo && awk -v a="$2" -v z="$3" \'NR >= a && NR <= z {printf "%d\\t%s\\n", NR, $0}\' "./$1"'
SEARCH = 'cd repo && grep -rnIE -e "$1" -- "./$2" | head -n 200'
ANALYZE = {
    "ruff": 'cd repo && ruff check --isolated --no-cache --output-format concise -- "./$1"',
    "shellcheck": 'cd repo && shellcheck --norc --format gcc -- "./$1"',
    "zizmor": 'cd repo && zizmor --offline --no-config --format plain -- "./$1"',
    "hadolint": 'cd repo && hadolint --config /dev/null -- "./$1"',
}
Analyzer = Literal["ruff", "shellcheck", "zizmor", "hadolint"]


class Tools:
    """What the model may call. A call that comes to nothing is answered with what was wrong."""

    def __init__(self, sandbox: Workplace, log: Log) -> None:
        self._sandbox, self._log = sandbox, log

    def of(self, kind: Kind) -> Sequence[Callable[..., str]]:
        """Those for this kind of task: only a fix has a shell."""
        looking = (self.list_files, self.read_file, self.search, self.analyze)
        return (*looking, self.bash) if kind == "fix" else looking

    def list_files(self, folder: str = "") -> str:
        """The files and folders in a folder of the repository, two levels deep."""
        return self._run("list", SECONDS, LIST, folder)

    def read_file(self, path: str, first_line: int = 1) -> str:
        """400 lines of a file, each with its number, from a line on."""
        return self._run("read", SECONDS, READ, path, str(first_line), str(first_line + LINES - 1))

    def search(self, pattern: str, path: str = "") -> str:
        """Lines that match an extended regular expression, in a file or below a folder."""
        return self._run("search", SECONDS, SEARCH, pattern, path)

    def analyze(self, analyzer: Analyzer, path: str) -> str:
        """What an analyzer says of a file or, of Python, a folder."""
        return self._run(analyzer, SECONDS, ANALYZE[analyzer], path)

    def bash(self, command: str) -> str:
        """Run a command, for at most ten minutes; it starts in the folder that holds `repo`."""
        return self._run("bash", BASH_SECONDS, command)

    def _run(self, name: str, seconds: float, script: str, *arguments: str) -> str:
        self._log(f"[{name}] {' '.join(arguments) or script}"[:500])
        try:
            ended = self._sandbox.run(["bash", "-c", script, "bash", *arguments], seconds)
        except TimeoutError as late:
            return f"It took too long: {late}"
        text = ended.log if len(ended.log) <= MOST else f"{ended.log[:MOST]}\n[… the rest is left out …]"
        return text if not ended.exit_code else f"{text}\n[exit code {ended.exit_code}]".lstrip()
