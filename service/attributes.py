"""Attributes of a stored file, and filters over them: comparisons of one attribute with a value, joined by `and` and `or`.

A file without the attribute, or with one of another kind (text, number, yes or no), fits no comparison but `ne` and `nin`, which hold
exactly where `eq` and `in` do not. Numbers are compared as numbers, texts by their characters.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

Accepts = Callable[[Mapping[str, Any]], bool]
_DEEPEST = 10  # filters inside filters
_MOST = 200  # filters in all
_ORDERED: dict[str, Callable[[Any, Any], bool]] = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}
_OPERATORS = ("eq", "ne", *_ORDERED, "in", "nin")
_PAIRS, _KEY, _VALUE = 16, 64, 512  # how many there may be, and how many characters long a name and a text


def read_attributes(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Raises ValueError."""
    pairs = dict(given or {})
    _few(pairs)
    for key, value in pairs.items():
        if _kind(value) is None:
            raise ValueError(f"{key!r} must be a text, a number, true or false")
        if isinstance(value, str) and len(value) > _VALUE:
            raise ValueError(f"the text of {key!r} is longer than {_VALUE} characters")
        if isinstance(value, float) and not math.isfinite(value):  # JSON has no word for it, but may write more than a number can hold
            raise ValueError(f"the number of {key!r} is too large")
    return pairs


def read_metadata(given: Mapping[str, Any] | None) -> dict[str, str]:
    """Raises ValueError."""
    pairs = dict(given or {})
    _few(pairs)
    for key, value in pairs.items():
        if not isinstance(value, str) or len(value) > _VALUE:
            raise ValueError(f"{key!r} must be a text of at most {_VALUE} characters")
    return pairs


def read_filter(given: Any) -> Accepts:
    """Whether a file with these attributes fits. Raises ValueError, which says where the filter is wrong."""
    return _read(given, "", 0, [0])


def _few(pairs: Mapping[str, Any]) -> None:
    if len(pairs) > _PAIRS:
        raise ValueError(f"there are {len(pairs)} pairs, and {_PAIRS} are the most")
    for key in pairs:
        if not 1 <= len(key) <= _KEY:
            raise ValueError(f"a name must have 1 to {_KEY} characters, not {len(key)}")


def _read(given: Any, place: str, depth: int, count: list[int]) -> Accepts:
    count[0] += 1
    if depth > _DEEPEST or count[0] > _MOST:
        raise ValueError(f"at most {_MOST} filters are read, at most {_DEEPEST} inside one another")
    if not isinstance(given, Mapping):
        raise ValueError(f"{place or 'it'} must be an object")
    kind = given.get("type")
    if kind in ("and", "or"):
        _only(given, ("type", "filters"), place)
        inner = given.get("filters")
        if not isinstance(inner, list):
            raise ValueError(f"{place}filters must be a list")
        parts = [_read(one, f"{place}filters[{number}].", depth + 1, count) for number, one in enumerate(inner)]
        return (lambda has: all(part(has) for part in parts)) if kind == "and" else (lambda has: any(part(has) for part in parts))
    if kind not in _OPERATORS:
        raise ValueError(f"{place}type must be one of and, or, {', '.join(_OPERATORS)}, not {str(kind)[:40]!r}")
    _only(given, ("type", "key", "value"), place)
    key, value = given.get("key"), given.get("value")
    if not isinstance(key, str):
        raise ValueError(f"{place}key must be a text")
    if kind in ("in", "nin"):
        if not isinstance(value, list) or not all(_kind(one) for one in value):
            raise ValueError(f"{place}value must be a list of texts and numbers for {kind}")
        listed = {(_kind(one), one) for one in value}
        return lambda has: ((_kind(has.get(key)), has.get(key)) in listed) is (kind == "in")
    if _kind(value) is None:
        raise ValueError(f"{place}value must be a text, a number, true or false for {kind}")
    if kind in ("eq", "ne"):
        return lambda has: (_kind(has.get(key)) == _kind(value) and has[key] == value) is (kind == "eq")
    if _kind(value) == "truth":
        raise ValueError(f"{place}value must be a text or a number for {kind}")
    compare = _ORDERED[str(kind)]
    return lambda has: _kind(has.get(key)) == _kind(value) and compare(has[key], value)


def _only(given: Mapping[str, Any], names: tuple[str, ...], place: str) -> None:
    for name in given:
        if name not in names:
            raise ValueError(f"{place}{str(name)[:40]} is not known here; a filter of this type has {', '.join(names)}")


def _kind(value: Any) -> str | None:
    """True is no number here, although Python has it so."""
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, str):
        return "text"
    return "number" if isinstance(value, int | float) else None
