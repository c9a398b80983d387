"""The shapes as JSON Schema, examples made of their fields' examples, and which of their fields are ids."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from api.routes import IN_PATH, Route
from api.schemas.errors import ErrorAnswer
from api.schemas.shown import an_id

Schema = dict[str, Any]
REF = "#/components/schemas/"
AN_ID = re.compile(an_id("([a-z]+)"))
A_TIME = "2026-03-01T12:00:00Z"


class Id(NamedTuple):
    """A field that is an id, or a list of them; `kind` is the id's prefix, `within` the list of objects it is in."""

    name: str
    kind: str
    many: bool
    within: str | None = None


class Shapes:
    """What these routes take and answer; `schemas` are those that have a name in the document."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self.routes = routes
        shapes: dict[Any, Any] = {ErrorAnswer: "serialization"}
        for route in routes:
            shapes |= {route.takes: "validation"} | ({route.answer: "serialization"} if route.answer else {})
        named, found = models_json_schema(
            list(shapes.items()), ref_template=REF + "{model}", schema_generator=_Generator
        )
        self._all: dict[str, Schema] = found["$defs"]
        self._names = {shape: said["$ref"].removeprefix(REF) for (shape, _), said in named.items()}
        inline = {name for shape, name in self._names.items() if shape is not ErrorAnswer}
        self.schemas = {name: schema for name, schema in self._all.items() if name not in inline}
        self.error = named[ErrorAnswer, "serialization"]
        for route in routes:
            if not route.reads and (body := _without(route.in_path, self.takes(route)))["properties"]:
                self.schemas[self._names[route.takes]] = body

    def takes(self, route: Route) -> Schema:
        """All that the route takes, from its path too."""
        return self._all[self._names[route.takes]]

    def body(self, route: Route) -> Schema | None:
        """What the route takes from its body; None where that can only be empty."""
        return self.schemas.get(self._names[route.takes])

    def name(self, route: Route) -> Schema:
        """That body, by its name."""
        return {"$ref": REF + self._names[route.takes]}

    def sent(self, route: Route) -> Schema:
        """An example of the query, or of the body: what is required, and what has an example of its own."""
        takes = self.takes(route)
        shown = set(takes.get("required", ())) if route.reads else _worth_sending(takes)
        fields = takes["properties"].items()
        return {name: self.example(field, name) for name, field in fields if name in shown - route.in_path}

    def path(self, route: Route) -> str:
        """An example of the path."""
        fields = self.takes(route)["properties"]
        return IN_PATH.sub(lambda part: str(self.example(fields[part[1]])), route.path)

    def answer(self, route: Route) -> Schema | None:
        """What the route answers; None for what is no shape."""
        return self._all[self._names[route.answer]] if route.answer else None

    def lists(self, route: Route) -> bool:
        """Whether it answers a page."""
        return "items" in self._data(route)

    def ids_taken(self, route: Route) -> Iterator[Id]:
        """The ids that the route takes."""
        for name, field in self.takes(route)["properties"].items():
            yield from _ids_or_null(name, field)
            for inner, each in self._at(field.get("items", {})).get("properties", {}).items():
                yield from (found._replace(within=name) for found in _ids_or_null(inner, each))

    def ids_answered(self, route: Route) -> Iterator[Id]:
        """The ids that its object, or each row of its page, has for certain."""
        data = self._data(route)
        for name, field in self._at(data.get("items", data)).get("properties", {}).items():
            yield from _ids(name, field)

    def _data(self, route: Route) -> Schema:
        answer = self.answer(route) or {"properties": {}}
        found: Schema = answer["properties"].get("data", {})
        return found

    def example(self, schema: Schema, name: str = "") -> Any:
        """What such a value may look like: the schema's own example, else one made of its parts'."""
        if "examples" in schema:
            return schema["examples"][0]
        if "$ref" in schema:
            return self.example(self._at(schema), schema["$ref"])
        if "enum" in schema:
            return schema["enum"][0]
        if "properties" in schema:
            fields, shown = schema["properties"].items(), _worth_sending(schema)
            return {field: self.example(each, f"{name}.{field}") for field, each in fields if field in shown}
        if "items" in schema:
            return [self.example(schema["items"], name)]
        if "anyOf" in schema:
            # an object that may be missing is shown, a word is not
            return next((self.example(each) for each in schema["anyOf"] if "$ref" in each), None)
        if schema.get("format") == "date-time":
            return A_TIME
        if schema.get("type") == "boolean":
            return False
        raise LookupError(f"{name} needs an example: Annotated[…, like(…)]")

    def _at(self, schema: Schema) -> Schema:
        return self._all[schema["$ref"].removeprefix(REF)] if "$ref" in schema else schema


def _worth_sending(schema: Schema) -> set[str]:
    """What is required, and what has an example of its own."""
    return {
        *schema.get("required", ()),
        *(n for n, field in schema["properties"].items() if "examples" in field),
    }


def _ids_or_null(name: str, field: Schema) -> Iterator[Id]:
    for each in (field, *field.get("anyOf", ())):
        yield from _ids(name, each)


def _ids(name: str, field: Schema) -> Iterator[Id]:
    """The field, where its example is an id or a list of one."""
    for example in field.get("examples", ()):
        many = isinstance(example, list)
        if form := AN_ID.fullmatch(str(example[0] if many else example)):
            yield Id(name, form[1], many)


def _without(names: Iterable[str], schema: Schema) -> Schema:
    fields = {name: field for name, field in schema["properties"].items() if name not in names}
    required = [name for name in schema.get("required", ()) if name in fields]
    rest = {word: value for word, value in schema.items() if word != "required"}
    return {**rest, "properties": fields} | ({"required": required} if required else {})


class _Generator(GenerateJsonSchema):
    """Pydantic's, without titles that repeat names, and without defaults that say nothing."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def normalize_name(self, name: str) -> str:
        return super().normalize_name(name).removesuffix("Out")

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        shown = super().model_schema(schema)
        shown.pop("title", None)
        return shown

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        shown = super().default_schema(schema)
        if self.mode == "serialization" or shown.get("default", "") is None:
            shown.pop("default", None)
        return shown
