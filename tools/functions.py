"""What a function takes, by its JSON Schema: its parameters as the model sees them, and arguments of the declared types.

The model supplies an argument by pointing; what it pointed at becomes JSON by the parameter's declared type, or the call is refused
(FixArguments) and another program may do better. Nothing is guessed: a number is an exact decimal numeral, a member of an enum is the
one that reads the same. A required parameter that is left out has its default, its only value, or null where the schema allows that.

It leaves out what no single pointer can fill, objects and arrays (they are refused where they are required, else not shown), and the
checks of patterns and lengths: those are the function's own to make.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from tools.calculator import format_number, read_number
from tools.errors import FixArguments
from tools.evidence import ToolInfo
from tools.results import plain_number

MAX_PARAMETERS = 64
MAX_NAME = 64
MAX_DESCRIPTION = 4096  # characters, as declared
MAX_CHOICES = 256
_DEPTH, _SCHEMAS = 16, 2000  # references and alternatives inside each other, and in all: few lines can stand for very many
_TOOL_SHOWN, _PARAMETER_SHOWN, _CHOICES_SHOWN = 400, 160, 20  # what the model reads: characters, and members of an enum
_FOLDED = re.compile(r"[\W_]+")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_YES, _NO = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})
_SAID = {"number": "a number", "integer": "a whole number", "boolean": "yes or no"}

Kind = Literal["string", "number", "integer", "boolean", "any"]
Scalar = str | int | float | bool


class Undeclarable(ValueError):
    """A schema that is wrong, or one that no call could fill; `place` is the path in it, "properties.stops"."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(message)
        self.place = place


@dataclass(frozen=True, slots=True)
class Supplied:
    """What a program supplies: the value as JSON, and the characters that were pointed at, where they stand in a text."""

    value: object
    text: str = ""


@dataclass(frozen=True, slots=True)
class Declared:
    """A parameter that one pointer can fill. `left_out` holds what a call has where nothing is supplied: nothing, or one value."""

    name: str
    description: str
    kind: Kind
    choices: tuple[Scalar, ...] = ()
    date: bool = False
    required: bool = False
    left_out: tuple[object, ...] = ()
    minimum: float = -math.inf
    maximum: float = math.inf
    above: float = -math.inf
    below: float = math.inf

    @property
    def shown(self) -> str:
        """The description as the model reads it: the declared one, and what values there are."""
        kind = "a date" if self.date else _SAID.get(self.kind, "")
        listed = ", ".join(map(_plain, self.choices[:_CHOICES_SHOWN]))
        said = _shortened(self.description, _PARAMETER_SHOWN).rstrip(". ")
        return ". ".join(part for part in (said, f"one of: {listed}" if listed else kind) if part)

    def accept(self, given: Supplied) -> object:
        """`given` as JSON of the declared type. Raises FixArguments where it is not of it."""
        if self.choices:
            return self._choice(given)
        match self.kind:
            case "number" | "integer":
                return self._number(given)
            case "boolean":
                folded = _fold(_said(given))
                if folded not in _YES | _NO:
                    raise self._refused("yes or no", given)
                return folded in _YES
            case "string" if self.date:
                if not isinstance(given.value, str) or not _DAY.fullmatch(given.value):
                    raise self._refused("one day", given)
                return given.value
            case "string":
                return _text(given)
            case _:
                return given.value

    def _choice(self, given: Supplied) -> Scalar:
        said = (given.text, _plain(given.value))
        exact = [choice for choice in self.choices if _plain(choice) in said]
        folded = [choice for choice in self.choices if _fold(_plain(choice)) in {_fold(text) for text in said if text}]
        if self.kind == "boolean":
            folded = [choice for choice in self.choices if (_fold(_said(given)) in (_YES if choice else _NO))]
        for found in (exact, folded):
            if len(found) == 1:
                return found[0]
        raise self._refused(f"one of {', '.join(map(_plain, self.choices[:_CHOICES_SHOWN]))}", given)

    def _number(self, given: Supplied) -> int | float:
        wanted = "a whole number" if self.kind == "integer" else "a number"
        value = given.value
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self._refused(wanted, given)
        try:
            number = read_number(value if isinstance(value, str) else repr(value))
        except FixArguments:
            raise self._refused(wanted, given) from None
        if self.kind == "integer" and number.denominator != 1:
            raise self._refused(wanted, given)
        if not (self.minimum <= number <= self.maximum and self.above < number < self.below):
            raise self._refused("within its bounds", given)
        return plain_number(number)

    def _refused(self, wanted: str, given: Supplied) -> FixArguments:
        return FixArguments(f"{self.name!r} must be {wanted}, not {_said(given)[:80]!r}")


@dataclass(frozen=True)
class Function:
    """A function that can be called, with its JSON Schema as it was declared."""

    name: str
    description: str
    parameters: tuple[Declared, ...]
    unseen: Mapping[str, object]  # required parameters that the model is not shown, with the one value that is known to fit
    schema: Mapping[str, Any]

    @classmethod
    def declared(cls, name: str, description: str, schema: Mapping[str, Any] | None, root: Mapping[str, Any] | None = None) -> Function:
        """References are looked up in `root`, the schema itself where there is none. Raises Undeclarable."""
        schema = {} if schema is None else schema
        reader = _Reader(root if root is not None else schema)
        whole = reader.resolved(schema, "")
        if whole.get("type", "object") != "object":
            raise Undeclarable("type", "the parameters of a function are an object")
        properties, required = whole.get("properties", {}), whole.get("required", [])
        if not isinstance(properties, dict) or not all(isinstance(key, str) for key in properties):
            raise Undeclarable("properties", "must be an object of schemas by name")
        if not isinstance(required, list) or not all(isinstance(key, str) for key in required):
            raise Undeclarable("required", "must be a list of names")
        if missing := [key for key in required if key not in properties]:
            raise Undeclarable("required", f"names {missing[0][:MAX_NAME]!r}, which is not among the properties")
        if len(properties) > MAX_PARAMETERS:
            raise Undeclarable("properties", f"there are {len(properties)} parameters; at most {MAX_PARAMETERS} are taken")
        parameters: list[Declared] = []
        unseen: dict[str, object] = {}
        for key, property in properties.items():
            found = reader.parameter(key, property, key in required)
            if isinstance(found, Declared):
                parameters.append(found)
            elif found:
                unseen[key] = found[0]
        # Those that must be there come first: a long description is cut off at its end.
        parameters.sort(key=lambda parameter: not parameter.required)
        return cls(name, description, tuple(parameters), unseen, schema)

    @property
    def info(self) -> ToolInfo:
        """The function as the model sees it."""
        shown = tuple((parameter.name, parameter.shown) for parameter in self.parameters)
        return ToolInfo(self.name, _shortened(self.description, _TOOL_SHOWN), shown)

    def arguments(self, supplied: Mapping[str, Supplied]) -> dict[str, object]:
        """The arguments of a call, as JSON, in the order of their declaration. Raises FixArguments."""
        known = {parameter.name for parameter in self.parameters}
        if unknown := [name for name in supplied if name not in known]:
            raise FixArguments(f"{self.name!r} has no parameter {unknown[0]!r}")
        given: dict[str, object] = {}
        for parameter in self.parameters:
            if parameter.name in supplied:
                given[parameter.name] = parameter.accept(supplied[parameter.name])
            elif parameter.required and not parameter.left_out:
                raise FixArguments(f"{self.name!r} needs {parameter.name!r}, which is not supplied")
            elif parameter.required:
                given[parameter.name] = parameter.left_out[0]
        return given | dict(self.unseen)

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "description": self.description, "parameters": self.schema}

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Function:
        return cls.declared(written["name"], written["description"], written["parameters"])


class _Reader:
    """Reads the schemas of parameters; `root` is where their references lead."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root, self.read = root, 0

    def parameter(self, name: str, schema: object, required: bool) -> Declared | tuple[object, ...]:
        """The parameter; where the model cannot fill it, the value that it is to have, if there must be one."""
        place = f"properties.{name[:MAX_NAME]}"
        if not name or len(name) > MAX_NAME:
            raise Undeclarable(place, f"a parameter's name has 1 to {MAX_NAME} characters")
        read = self.resolved(schema, place)
        description = read.get("description") or ""
        if not isinstance(description, str) or len(description) > MAX_DESCRIPTION:
            raise Undeclarable(f"{place}.description", f"must be a text of at most {MAX_DESCRIPTION} characters")
        kinds = self._kinds(read, place)
        choices = self._choices(read, place)
        nullable = "null" in kinds or None in choices or read.get("nullable") is True
        choices, kinds = [choice for choice in choices if choice is not None], kinds - {"null"}
        left_out: tuple[object, ...] = (read["default"],) if "default" in read else ()
        left_out = left_out or (tuple(choices[:1]) if len(choices) == 1 else ()) or ((None,) if nullable else ())
        if not kinds <= {"string", "number", "integer", "boolean", "any"}:
            if required and not left_out:
                raise Undeclarable(place, f"is required, and a call cannot fill a parameter of type {sorted(kinds)[0]!r} here")
            return left_out if required else ()
        kind: Any = next(iter(kinds)) if len(kinds) == 1 else "number" if kinds == {"number", "integer"} else "any"
        bounds = {ours: _bound(read, theirs, place) for ours, theirs in _BOUNDS.items() if theirs in read}
        date = kind == "string" and read.get("format") == "date"
        return Declared(name, description, kind, tuple(choices), date, required, left_out, **bounds)

    def resolved(self, schema: object, place: str, depth: int = 0) -> dict[str, Any]:
        """The schema with its references followed and its single alternatives taken in. Raises Undeclarable."""
        if not isinstance(schema, dict):
            raise Undeclarable(place, "must be a JSON Schema, an object")
        self.read += 1
        if depth > _DEPTH or self.read > _SCHEMAS:
            raise Undeclarable(place, "its references go in a circle, or there are too many")
        schema = dict(schema)
        if (reference := schema.pop("$ref", None)) is not None:
            return self.resolved({**self._referred(reference, place), **schema}, place, depth + 1)
        for several in ("anyOf", "oneOf", "allOf"):
            parts = schema.get(several)
            if parts is None:
                continue
            if not isinstance(parts, list) or not parts:
                raise Undeclarable(f"{place}.{several}".lstrip("."), "must be a list of schemas")
            read = [self.resolved(part, place, depth + 1) for part in parts]
            schema = {**_together(read, several), **{key: value for key, value in schema.items() if key != several}}
        return schema

    def _referred(self, reference: object, place: str) -> dict[str, Any]:
        if not isinstance(reference, str) or not reference.startswith("#"):
            raise Undeclarable(f"{place}.$ref".lstrip("."), "only references within the same description are followed, '#/$defs/…'")
        found: Any = self.root
        for step in reference[1:].strip("/").split("/") if reference.strip("#/") else ():
            step = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(found, dict) or step not in found:
                raise Undeclarable(f"{place}.$ref".lstrip("."), f"leads nowhere: {reference[:100]!r}")
            found = found[step]
        if not isinstance(found, dict):
            raise Undeclarable(f"{place}.$ref".lstrip("."), f"leads to no schema: {reference[:100]!r}")
        return found

    def _kinds(self, schema: Mapping[str, Any], place: str) -> set[str]:
        members = [schema["const"]] if "const" in schema else schema.get("enum")
        if isinstance(members, list) and any(isinstance(member, dict | list) for member in members):
            return {"object"}
        given = schema.get("type")
        if given is None:
            if "properties" in schema or "items" in schema:
                return {"object" if "properties" in schema else "array"}
            of_members = {_type_of(member) for member in self._choices(schema, place)}
            return of_members or {"any"}
        kinds = given if isinstance(given, list) else [given]
        known = ("string", "number", "integer", "boolean", "null", "object", "array", "any")
        if not kinds or any(kind not in known for kind in kinds):
            raise Undeclarable(f"{place}.type", f"is not a type of JSON Schema: {str(given)[:60]!r}")
        return set(kinds)

    def _choices(self, schema: Mapping[str, Any], place: str) -> list[Any]:
        if "const" in schema:
            choices = [schema["const"]]
        else:
            choices = schema.get("enum", [])
            if not isinstance(choices, list) or "enum" in schema and not choices:
                raise Undeclarable(f"{place}.enum", "must be a list of values")
        if len(choices) > MAX_CHOICES:
            raise Undeclarable(f"{place}.enum", f"has {len(choices)} members; at most {MAX_CHOICES} are taken")
        return choices if all(member is None or isinstance(member, str | int | float) for member in choices) else []


_BOUNDS = {"minimum": "minimum", "maximum": "maximum", "above": "exclusiveMinimum", "below": "exclusiveMaximum"}


def _bound(schema: Mapping[str, Any], name: str, place: str) -> float:
    bound = schema[name]
    if isinstance(bound, bool) and name.startswith("exclusive"):  # of an older draft: it says how the other bound is meant
        return -math.inf if name == "exclusiveMinimum" else math.inf
    if isinstance(bound, bool) or not isinstance(bound, int | float):
        raise Undeclarable(f"{place}.{name}", "must be a number")
    return bound


def _together(parts: list[dict[str, Any]], how: str) -> dict[str, Any]:
    """Alternatives as one schema: their types and members together. What must all hold is laid over each other."""
    if how == "allOf":
        return {key: value for part in parts for key, value in part.items()}
    real = [part for part in parts if part.get("type") != "null"]
    nullable = len(real) < len(parts)
    if len(real) == 1:
        only, kinds = real[0], real[0].get("type")
        if not nullable:
            return only
        return {**only, "nullable": True} if kinds is None else {**only, "type": [*(kinds if isinstance(kinds, list) else [kinds]), "null"]}
    if all("enum" in part or "const" in part for part in real):
        members = [member for part in real for member in (part["enum"] if "enum" in part else [part["const"]])]
        return {"enum": [*members, None] if nullable else members}
    found: list[Any] = []
    for part in real:
        kinds = part.get("type", "object" if "properties" in part else "array" if "items" in part else "any")
        found += kinds if isinstance(kinds, list) else [kinds]
    return {"type": [*(kind for place, kind in enumerate(found) if kind not in found[:place]), *(["null"] if nullable else [])]}


def _type_of(member: object) -> str:
    match member:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case _:
            return "string"


def _text(given: Supplied) -> str:
    """A text: the characters that were pointed at, or a value of the database as it is written; a date in its exact form."""
    if isinstance(given.value, str):
        return given.value
    return given.text or _plain(given.value)


def _said(given: Supplied) -> str:
    return given.text or _plain(given.value)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and math.isfinite(value):
        return format_number(Fraction(repr(value)))
    return str(value)


def _fold(text: str) -> str:
    return _FOLDED.sub(" ", text.casefold()).strip()


def _shortened(text: str, limit: int) -> str:
    """On one line; of a long text the words that fit."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[:limit].rpartition(" ")[0] or text[:limit]
