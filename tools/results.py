"""What a step gives and later steps may use: rows, an exact number, or whatever a called tool returned.

`single` is the one rule for using a result as a value: a table counts as a value only if it has one row and one column.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from tools.errors import FixArguments, Unanswerable

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Rows:
    """What a query gave. `truncated` means that the database had more than the limits let through."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    truncated: bool = False

    @property
    def empty(self) -> bool:
        """No rows, or nothing in them but NULL. A count of 0 is not empty."""
        return all(cell is None for row in self.rows for cell in row)


def single(results: Mapping[str, object], name: str) -> object:
    """The one value of result `name`. Raises Unanswerable if it is a table of another shape, or NULL."""
    if name not in results:
        raise FixArguments(f"there is no result {name}; have {sorted(results)}")
    result = results[name]
    if isinstance(result, Rows):
        if len(result.rows) != 1 or len(result.columns) != 1:
            raise Unanswerable(f"result {name} has {len(result.rows)} rows of {len(result.columns)} columns, not one value")
        result = result.rows[0][0]
    if result is None:
        raise Unanswerable(f"result {name} is empty")
    return result


def decimal(value: float) -> str:
    """A finite float as the decimal that was meant: to fifteen digits, since adding up cents leaves an error in those behind them."""
    return f"{value:.15g}"


def plain_number(value: Fraction) -> int | float:
    """An exact number as SQL and JSON know it; past the range of a float it cannot be passed on."""
    if value.denominator == 1 and abs(value.numerator) < 2**63:
        return value.numerator
    try:
        return float(value)
    except OverflowError:
        raise Unanswerable("the number is too large to hand to another tool") from None


class PlainResults(Mapping[str, object]):
    """Results as SQL takes them: a plain value, or the list of values of a table with one column.

    Each is made when it is asked for, so a result that is not used does no harm, whatever its shape.
    """

    def __init__(self, results: Mapping[str, object]) -> None:
        self._results = results

    def __getitem__(self, name: str) -> object:
        result = self._results.get(name)
        if isinstance(result, Rows) and len(result.columns) == 1 and len(result.rows) > 1:
            if result.truncated:
                raise Unanswerable(f"result {name} is only a part of what the database holds")
            return [row[0] for row in result.rows]
        return plain_value(self._results, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._results)

    def __len__(self) -> int:
        return len(self._results)


def plain_value(results: Mapping[str, object], name: str) -> object:
    """`single`, with an exact number as SQL and JSON know it."""
    value = single(results, name)
    return plain_number(value) if isinstance(value, Fraction) else value


def as_json(value: object) -> object:
    """`value` in the types of JSON. An exact number becomes a string, "3/2"; so do floats JSON has no word for."""
    match value:
        case Fraction():
            return str(value)
        case float() if not math.isfinite(value):
            return str(value)
        case Rows(columns=columns, rows=rows, truncated=truncated):
            return {"columns": list(columns), "rows": as_json(rows), "truncated": truncated}
        case None | bool() | int() | float() | str():
            return value
        case Mapping():
            return {str(key): as_json(inner) for key, inner in value.items()}
        case list() | tuple():
            return [as_json(inner) for inner in value]
        case _:
            return str(value)
