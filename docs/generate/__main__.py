"""Write every page."""

from __future__ import annotations

from docs.generate import PAGES, PAGES_AT

for name, made in PAGES.items():
    (PAGES_AT / f"{name}.md").write_text(made())
