"""The words of a text as search compares them, the same on every database: small letters without accents."""

from __future__ import annotations

import re
import unicodedata

# a letter can become four; PostgreSQL's index takes no word over 2 kB
WORD = re.compile(r"[^\W_]{1,200}")


def words(text: str) -> list[str]:
    """The text's words in their order: letters and digits, nothing else."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return WORD.findall("".join(char for char in plain if not unicodedata.combining(char)))
