"""The report that git gives after a push, with GitHub's reasons in it.

A hook can only refuse; git then says "hook declined". The reason stands in the report, which comes as packets
within the packets of side band 1: https://git-scm.com/docs/gitprotocol-pack#_report_status
"""

from __future__ import annotations

from collections.abc import Iterator

REPORT = b"\x01"


def with_reasons(content: bytes, refused: str) -> bytes:
    """The same answer; `refused` has a line of "ref<tab>reason" for each ref that the hook refused."""
    reasons = dict(line.split("\t", 1) for line in refused.splitlines())
    if not reasons:
        return content
    return b"".join(_packet(_explained(data, reasons)) for data in _packets(content))


def _explained(data: bytes | None, reasons: dict[str, str]) -> bytes | None:
    if data is None or not data.startswith(REPORT):
        return data
    return REPORT + b"".join(_packet(_line(inner, reasons)) for inner in _packets(data[1:]))


def _line(line: bytes | None, reasons: dict[str, str]) -> bytes | None:
    if line is None or not line.startswith(b"ng "):
        return line
    ref = line.split(b" ")[1].decode()
    return f"ng {ref} {reasons[ref]}\n".encode() if ref in reasons else line


def _packets(content: bytes) -> Iterator[bytes | None]:
    """What each packet holds, None for a flush."""
    at = 0
    while at < len(content):
        size = int(content[at : at + 4], 16)
        yield content[at + 4 : at + size] if size else None
        at += size or 4


def _packet(data: bytes | None) -> bytes:
    return b"0000" if data is None else b"%04x%s" % (len(data) + 4, data)
