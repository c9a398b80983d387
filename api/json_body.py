"""A request's body as a JSON object, or why it is none."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from flask import Request

from api.errors import HTTP, Refused

LIMIT = 2**20


def raw(request: Request) -> bytes:
    """The body as it came. Over 1 MiB it is refused (413) before it is read whole."""
    # one byte more, because Werkzeug cuts a chunked body at the limit and says nothing
    request.max_content_length = LIMIT + 1
    body = request.get_data(cache=False)
    if len(body) > LIMIT:
        raise Refused(413, *HTTP[413])
    if len(body) < (request.content_length or 0):
        raise _malformed("it ends before its Content-Length")
    return body


def parse(request: Request, body: bytes) -> dict[str, Any]:
    """The body's object; `{}` without a body. Raises Refused: 415 for another type than JSON, 400."""
    if not body:
        return {}
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype not in ("application/json", "") or charset not in ("utf-8", "utf8"):
        raise Refused(415, *HTTP[415])
    return _object(body)


def _object(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(
            raw.decode(), object_pairs_hook=_once, parse_constant=_not_json, parse_float=_number
        )
    except UnicodeDecodeError:
        raise _malformed("it is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise _malformed(f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise _malformed("it is nested too deeply") from None
    except ValueError:
        # Python reads no whole numbers of more than 4,300 digits
        raise _malformed("it has a number that is too long") from None
    if not isinstance(value, dict):
        raise _malformed("it must be an object, like {}")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found or not name.isprintable():  # a lone surrogate is not
            shown = ascii(name)[1:-1][:100]
            why = (
                "It is given twice; send it once" if name in found else "There is no such field; leave it out"
            )
            raise Refused(400, "VALIDATION", f"{shown}: {why}.", shown)
        found[name] = value
    return found


def _number(text: str) -> float:
    """JSON knows one kind of number: 512.0 is 512."""
    value = float(text)
    return int(value) if value.is_integer() else value


def _not_json(word: str) -> NoReturn:
    raise _malformed(f"{word} is not JSON")


def _malformed(why: str) -> Refused:
    return Refused(400, "VALIDATION", f"The body is not a JSON object in UTF-8: {why}.")
