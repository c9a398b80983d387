"""All analyzers, in the order in which they run. Whoever builds an image for this agent puts their programs in."""

from __future__ import annotations

from bot.agents.keyless.analyzer import Analyzer
from bot.agents.keyless.tools.biome import BIOME
from bot.agents.keyless.tools.codespell import CODESPELL
from bot.agents.keyless.tools.hadolint import HADOLINT
from bot.agents.keyless.tools.ruff import RUFF
from bot.agents.keyless.tools.shellcheck import SHELLCHECK
from bot.agents.keyless.tools.zizmor import ZIZMOR

ANALYZERS = (RUFF, SHELLCHECK, ZIZMOR, HADOLINT, BIOME, CODESPELL)
CONFIG = {name: content for one in ANALYZERS for name, content in one.config.items()}


def analyzer_of(tool: str) -> Analyzer:
    return next(one for one in ANALYZERS if one.name == tool)
