"""A bar chart as SVG, in colours that both themes can show."""

from __future__ import annotations

from html import escape

WIDTH, LABELS, ROW, BAR = 720, 230, 30, 18  # pixels
COLOURS = ("#2f6feb", "#8b949e", "#bf8700")


def bars(title: str, unit: str, rows: dict[str, tuple[float, ...]], names: tuple[str, ...]) -> str:
    """A group of bars for each label, one for each of the names; the value stands at its end."""
    longest = max(value for values in rows.values() for value in values)
    group = ROW * len(names) + 12
    height = 64 + group * len(rows)
    parts = [_text(12, 22, title, "bold 15px"), *_legend(names)]
    for index, (label, values) in enumerate(rows.items()):
        top = 60 + index * group
        parts.append(_text(12, top + group / 2 - 4, label, "13px"))
        for number, value in enumerate(values):
            wide = (WIDTH - LABELS - 110) * value / longest
            down = top + number * ROW
            parts.append(
                f'<rect x="{LABELS}" y="{down}" width="{wide:.0f}" height="{BAR}" fill="{COLOURS[number]}"/>'
            )
            parts.append(_text(LABELS + wide + 6, down + 14, f"{value:,.0f} {unit}", "12px"))
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>\n{body}\n</svg>\n'
    )


def _legend(names: tuple[str, ...]) -> list[str]:
    parts = []
    for number, name in enumerate(names):
        left = LABELS + number * 160
        parts.append(f'<rect x="{left}" y="34" width="12" height="12" fill="{COLOURS[number]}"/>')
        parts.append(_text(left + 18, 45, name, "12px"))
    return parts


def _text(x: float, y: float, words: str, font: str) -> str:
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" fill="#1f2328" style="font: {font} sans-serif">{escape(words)}</text>'
    )
