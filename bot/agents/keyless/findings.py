"""What an analyzer says about one place, before it is grouped."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    """`rule`: the tool's code; `name`: its name, if any. `safe_fix`: the tool calls its own fix safe."""

    path: str
    line: int
    end_line: int
    column: int
    tool: str
    rule: str
    message: str
    name: str = ""
    safe_fix: bool = False
