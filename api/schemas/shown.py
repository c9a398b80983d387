"""How the API's document shows a field: what pydantic cannot tell it by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_after_validator_function

NULL: Any = {"type": "null"}


@dataclass(frozen=True, eq=False)
class Checked:
    """A check of a string, and the keywords of JSON Schema that say the same."""

    check: Callable[[str], str]
    said: Mapping[str, Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(core), **self.said}


def like(example: Any, said: str | None = None) -> Any:
    """An example of the field, and what it is where its name does not say so."""
    return Field(examples=[example], description=said)


def one_of(*words: str) -> Any:
    """One of these words, goes out, and is not checked any more."""
    return Field(json_schema_extra={"enum": list(words)})


def an_id(kind: str) -> str:
    """The id of this kind in all examples."""
    return f"{kind}_01k8x4c9g0jv2m7q3t5w6y8z1a"


def id_pattern(*kinds: str) -> str:
    """What ids of these kinds look like."""
    kind = kinds[0] if len(kinds) == 1 else f"({'|'.join(kinds)})"
    return f"^{kind}_[0-9a-z]{{26}}$"


def id_of(*kinds: str) -> Any:
    """An id that goes out, and is not checked any more."""
    return Field(json_schema_extra={"pattern": id_pattern(*kinds), "examples": [an_id(kinds[0])]})


def never_null(schema: dict[str, Any]) -> None:
    """Fields whose `None` stands for "not there" are never null, but may be missing."""
    for name, field in schema.get("properties", {}).items():
        if NULL in field.get("anyOf", ()):
            [other] = [each for each in field.pop("anyOf") if each != NULL]
            field.pop("default", None)
            schema["properties"][name] = {**other, **field}
            schema["required"] = [each for each in schema.get("required", ()) if each != name]
