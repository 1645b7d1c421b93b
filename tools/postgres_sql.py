"""What PostgreSQL demands of a SELECT, and SQLite does by itself or leaves to chance.

- A column that stands bare beside an aggregate: SQLite takes it from some row of the group, and from the row of the extreme where the
  aggregate is one minimum or maximum. Here it is the least of the group, which is the same where the group has one value of it; and
  where nothing is grouped, the row of the extreme is looked up.
- `SELECT DISTINCT` that is ordered by something else than its columns: by the least (or greatest) of each.
- Parameters have the type of what they are compared with: 94002 beside a text is '94002'.
"""

from __future__ import annotations

from fractions import Fraction

from sqlglot import exp

from tools.evidence import Type

KIND = "kind"  # of a column, in the metadata of its expression


def settle(query: exp.Select) -> None:
    """Changes a SELECT, compiled for SQLite's rules, so that PostgreSQL takes it."""
    if query.args.get("distinct") and not query.args.get("group") and not any(map(_aggregates, _parts(query))):
        _order_distinct(query)
    elif query.args.get("group") or any(map(_aggregates, _parts(query))):
        if not _look_up_extreme(query):
            _settle_bare_columns(query)


def typed(value: str | int | float, beside: Type) -> str | int | float:
    """A parameter for a comparison with something of this type. A text is sent without a type, so PostgreSQL reads it as a date or
    a boolean where it stands beside one."""
    if beside != "number":
        return value if isinstance(value, str) else str(value).lower()
    if isinstance(value, str):
        try:
            number = Fraction(value.strip())
        except (ValueError, ZeroDivisionError):
            return value
        return int(number) if number.denominator == 1 else float(number)
    return value


def _parts(query: exp.Select) -> list[exp.Expression]:
    return [*query.expressions, *(query.args[name] for name in ("having", "order") if query.args.get(name))]


def _own(part: exp.Expression, kind: type[exp.Expression] | tuple[type[exp.Expression], ...]) -> list[exp.Expression]:
    """What of `part` is of this kind and of its own query."""
    return [found for found in part.find_all(kind) if found.find_ancestor(exp.Subquery) is None]


def _aggregates(part: exp.Expression) -> bool:
    return bool(_own(part, exp.AggFunc))


def _bare(part: exp.Expression, grouped: set[str]) -> list[exp.Expression]:
    """The columns of `part` that are neither grouped by nor within an aggregate."""
    return [
        column
        for column in part.find_all(exp.Column)
        if not column.find_ancestor(exp.AggFunc, exp.Subquery) and not any(above.sql() in grouped for above in _up_to(column, part))
    ]


def _grouped(query: exp.Select) -> set[str]:
    group = query.args.get("group")
    return {key.sql() for key in group.expressions} if group else set()


def _order_distinct(query: exp.Select) -> None:
    order = query.args.get("order")
    listed = {item.sql() for item in query.expressions}
    if not order or all(key.this.sql() in listed for key in order.expressions):
        return
    if any(item.find(exp.Placeholder, exp.Subquery) for item in query.expressions):
        return  # written once more in GROUP BY, a parameter would be another one
    query.set("distinct", None)
    query.group_by(*(item.copy() for item in query.expressions), copy=False)
    for key in order.expressions:
        if key.this.sql() not in listed:
            key.set("this", (exp.Max if key.args.get("desc") else exp.Min)(this=key.this))


def _look_up_extreme(query: exp.Select) -> bool:
    """Whether this is `SELECT name, MAX(price)` over all rows, which becomes the first row by price."""
    extremes = [item for item in query.expressions if isinstance(item, exp.Min | exp.Max)]
    if query.args.get("group") or query.args.get("order") or len(extremes) != 1 or len(query.expressions) == 1:
        return False
    if any(_aggregates(item) for item in query.expressions if item is not extremes[0]) or extremes[0].find(exp.Placeholder):
        return False
    extreme = extremes[0]
    value, largest = extreme.this, isinstance(extreme, exp.Max)
    query.set("expressions", [value.copy() if item is extreme else item for item in query.expressions])
    query.order_by(exp.Ordered(this=value.copy(), desc=largest, nulls_first=False), copy=False)
    query.limit(1, copy=False)
    return True


def _settle_bare_columns(query: exp.Select) -> None:
    parts, grouped = _parts(query), _grouped(query)
    extremes = [found for part in parts for found in _own(part, (exp.Min, exp.Max))]
    of_a_row = len({found.sql() for found in extremes}) == 1 and not any(
        not isinstance(found, exp.Min | exp.Max) for part in parts for found in _own(part, exp.AggFunc)
    )
    for part in parts:
        for column in _bare(part, grouped):
            if of_a_row or column.meta.get(KIND) == "boolean":  # which another value of the group must not stand beside, or has no least
                if column.sql() not in grouped:
                    grouped.add(column.sql())
                    query.group_by(column.copy(), copy=False)
            else:
                column.replace(exp.Min(this=column.copy()))


def _up_to(node: exp.Expression, top: exp.Expression) -> list[exp.Expression]:
    found = [node]
    while found[-1] is not top and found[-1].parent is not None:
        found.append(found[-1].parent)
    return found
