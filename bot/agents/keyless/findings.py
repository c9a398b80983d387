"""What an analyzer says about one place, before it is grouped."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.agents.keyless.edits import Fix


@dataclass(frozen=True, order=True)
class Finding:
    """`rule`: the tool's code; `name`: its name, if any. `fix`: what the tool would do about it."""

    path: str
    line: int
    end_line: int
    column: int
    tool: str
    rule: str
    message: str
    name: str = ""
    fix: Fix | None = field(default=None, compare=False)

    @property
    def safe_fix(self) -> bool:
        return self.fix is not None and self.fix.safe
