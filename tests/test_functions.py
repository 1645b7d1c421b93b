"""Parameters of functions, read from JSON Schema: what the model is shown, and what becomes of what it supplies."""

from __future__ import annotations

from typing import Any

import pytest

from tools.errors import FixArguments
from tools.functions import Function, Supplied, Undeclarable


def function(required: list[str] | None = None, defs: dict[str, Any] | None = None, **properties: Any) -> Function:
    schema = {"type": "object", "properties": properties, "required": required or [], **({"$defs": defs} if defs else {})}
    return Function.declared("f", "Does it.", schema)


def accepted(schema: dict[str, Any], value: object, text: str = "") -> object:
    return function(x=schema).arguments({"x": Supplied(value, text)})["x"]


@pytest.mark.parametrize(
    ("schema", "value", "text", "expected"),
    [
        ({"type": "string"}, "Oslo", "Oslo", "Oslo"),
        ({"type": "string"}, 501, "00501", "00501"),  # the characters that were pointed at, not the number they stand for
        ({"type": "string"}, "2024-03-05", "5 March", "2024-03-05"),
        ({"type": "string", "format": "date"}, "2024-03-05", "5 March", "2024-03-05"),
        ({"type": "string"}, 7, "", "7"),
        ({"type": "number"}, 2.5, "2.50", 2.5),
        ({"type": "number"}, "2.50", "2.50", 2.5),
        ({"type": "integer"}, "3", "3", 3),
        ({"type": "integer"}, 3.0, "3.0", 3),
        ({"type": "boolean"}, "Yes", "Yes", True),
        ({"type": "boolean"}, 0, "", False),
        ({"enum": ["in_stock", "sold-out"]}, "Sold out", "Sold out", "sold-out"),
        ({"enum": ["A", "a"]}, "a", "a", "a"),
        ({"enum": [1, 2]}, 2, "two", 2),
        ({"type": "string", "enum": ["1", "2"]}, 2, "2", "2"),
        ({"type": "boolean", "enum": [True]}, "on", "on", True),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "x", "x", "x"),
        ({}, 4, "four", 4),
        ({"type": ["string", "integer"]}, 4, "4", 4),
        ({"type": "integer", "minimum": 1, "exclusiveMaximum": 5}, 4, "4", 4),
    ],
)  # fmt: skip
def test_what_is_supplied_becomes_the_declared_type(schema: dict[str, Any], value: object, text: str, expected: object) -> None:
    given = accepted(schema, value, text)
    assert given == expected and type(given) is type(expected)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer"}, 2.5), ({"type": "integer"}, "three"), ({"type": "number"}, "1e9999"), ({"type": "number"}, True),
        ({"type": "boolean"}, "maybe"), ({"type": "boolean"}, 2), ({"enum": ["a b", "a_b"]}, "A B"), ({"enum": ["red"]}, "blue"),
        ({"type": "string", "format": "date"}, "2024-03-01/2024-04-01"), ({"type": "string", "format": "date"}, "soon"),
        ({"type": "integer", "minimum": 1}, 0), ({"type": "number", "exclusiveMaximum": 5}, 5), ({"type": "number"}, {"a": 1}),
    ],
)  # fmt: skip
def test_what_is_not_of_the_type_is_no_argument(schema: dict[str, Any], value: object) -> None:
    with pytest.raises(FixArguments, match="'x' must be"):
        accepted(schema, value)


def test_the_model_is_shown_names_and_descriptions_with_what_values_there_are() -> None:
    colours = {"Colour": {"enum": ["red", "blue"], "description": "The colour."}}
    info = function(
        required=["colour"], defs=colours, count={"type": "integer", "description": "How many."}, day={"type": "string", "format": "date"},
        note={"type": "string", "description": "Any remark"}, at={"type": "object"}, urgent={"type": "boolean"},
        colour={"$ref": "#/$defs/Colour"},
    ).info  # fmt: skip
    assert info.parameters == (
        ("colour", "The colour. one of: red, blue"), ("count", "How many. a whole number"), ("day", "a date"), ("note", "Any remark"),
        ("urgent", "yes or no"),
    )  # fmt: skip


def test_a_long_description_is_cut_for_the_model_alone() -> None:
    long = Function.declared("f", "word " * 500, {"properties": {"x": {"description": "other " * 100}}})
    assert len(long.info.description) <= 400 and len(long.info.parameters[0][1]) <= 160
    assert Function.from_json(long.to_json()) == long


def test_what_is_left_out_has_its_one_value_where_it_must_have_one() -> None:
    many = function(
        required=["a", "b", "c", "d"], a={"type": "string", "default": "x"}, b={"const": "only"}, c={"type": ["integer", "null"]},
        d={"anyOf": [{"type": "array"}, {"type": "null"}]}, e={"type": "string", "default": "not required"},
    )  # fmt: skip
    assert many.arguments({}) == {"a": "x", "b": "only", "c": None, "d": None}
    assert [name for name, _ in many.info.parameters] == ["a", "b", "c", "e"]
    with pytest.raises(FixArguments, match="no parameter 'd'"):
        many.arguments({"d": Supplied("x")})
    with pytest.raises(FixArguments, match="needs 'z'"):
        function(required=["z"], z={"type": "string"}).arguments({})


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ({"type": "object", "properties": {"x": {"enum": []}}}, "properties.x.enum"),
        ({"type": "object", "properties": {"x": {"enum": list(range(300))}}}, "properties.x.enum"),
        ({"type": "object", "properties": {"x" * 65: {}}}, "properties." + "x" * 64),
        ({"type": "object", "properties": {f"p{i}": {} for i in range(65)}}, "properties"),
        ({"type": "object", "properties": {"x": {"anyOf": []}}}, "properties.x.anyOf"),
        ({"type": "object", "properties": {"x": {"description": 7}}}, "properties.x.description"),
        ({"type": "object", "properties": {"x": {"enum": [{"a": 1}]}}, "required": ["x"]}, "properties.x"),
        ({"properties": {"x": {"anyOf": [{"type": "string"}, {"type": {}}]}}}, "properties.x.type"),
        ({"properties": []}, "properties"), ({"required": "x"}, "required"),
    ],
)  # fmt: skip
def test_a_schema_that_cannot_be_used_says_where(schema: dict[str, Any], place: str) -> None:
    with pytest.raises(Undeclarable) as error:
        Function.declared("f", "", schema)
    assert error.value.place == place
