"""What the demo writes on the terminal."""

from __future__ import annotations

import sys

WIDTH = 30
_last: tuple[int, str] | None = None


def say(text: str) -> None:
    """One more line."""
    print(text, flush=True)


def title(text: str) -> None:
    """The head of a chapter."""
    strong = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
    say(f"\n{strong[0]}{text}{strong[1]}\n")


def bar(percent: int, message: str) -> None:
    """How far it is; on a terminal in one line, else a line for each step."""
    global _last
    if (percent, message) == _last:
        return
    _last = (percent, message)
    if sys.stdout.isatty():
        full = WIDTH * percent // 100
        end = "\n" if percent == 100 else ""
        print(
            f"\r\033[K  [{'█' * full}{'·' * (WIDTH - full)}] {percent:3d} %  {message[:60]}",
            end=end,
            flush=True,
        )
    else:
        say(f"  {percent:3d} %  {message}")


NEXT = """
Look around:           {stage.server.url}/{stage.name}
Talk to it:            comment `/askfirst scan` on an issue as ravi, who may write, then as gus, who may only read
Use it by REST:

  curl -s -H "Authorization: Bearer {stage.key}" "{stage.url}/api/v1/issues/list?status=open&limit=3"

File an issue of your own, and find it on GitHub:

  curl -s -X POST -H "Authorization: Bearer {stage.key}" -H "Content-Type: application/json" \\
       -d '{{"title": "The label printer jams", "priority": "high"}}' {stage.url}/api/v1/issues/create"""
