"""The first lock on a database: an allow-list over the parsed statement.

`inspect` accepts exactly one SELECT (or set operation of SELECTs) that is built only from the kinds of node, the
functions and the tables listed here. Everything else is refused, known to be harmful or not: a function that a parser
has no class for (pg_sleep, load_extension) looks like any other call, so naming what is bad would never end.

It promises nothing about time or memory: a cross join of honest tables passes. The engine's own lock stops that.
"""

from __future__ import annotations

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from tools.errors import FixArguments
from tools.language import Schema

MAX_SQL = 20_000  # characters; the parser's cost is paid before anything is known about the statement
MAX_NODES = 4_000
MAX_DEPTH = 120  # nested nodes; deeper text would exhaust the parser's stack and SQLite's alike

_STRUCTURE: tuple[type[exp.Expr], ...] = (
    exp.Select, exp.Union, exp.Intersect, exp.Except, exp.Subquery, exp.From, exp.Join, exp.Where, exp.Group, exp.Having,
    exp.Order, exp.Ordered, exp.Limit, exp.Offset, exp.Distinct, exp.Table, exp.TableAlias, exp.Alias, exp.Column, exp.Identifier,
    exp.Star, exp.Literal, exp.Null, exp.Boolean, exp.Placeholder, exp.Paren, exp.Tuple, exp.DataType,
    exp.Var,
)  # fmt: skip
_OPERATORS: tuple[type[exp.Expr], ...] = (
    exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Is, exp.Between, exp.In, exp.Like, exp.ILike,
    exp.Escape, exp.Exists, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Neg, exp.Case, exp.If, exp.Collate,
)  # fmt: skip
_FUNCTIONS: tuple[type[exp.Expr], ...] = (
    exp.Count, exp.Sum, exp.Avg, exp.Min, exp.Max, exp.Cast, exp.Round, exp.Abs, exp.Lower, exp.Upper, exp.Coalesce, exp.Nullif,
    exp.TimeToStr, exp.StrToTime, exp.TsOrDsToTimestamp, exp.Date, exp.Extract, exp.Length, exp.Trim, exp.Substring, exp.StrPosition,
)  # fmt: skip
_ALLOWED = frozenset(_STRUCTURE + _OPERATORS + _FUNCTIONS)
# As the engine names them. `like` is what the LIKE operator calls; the others stand here for their own sake.
FUNCTIONS = frozenset(
    {"count", "sum", "avg", "min", "max", "total", "strftime", "date", "julianday", "cast", "round", "abs", "lower", "upper"}
    | {"coalesce", "ifnull", "nullif", "length", "trim", "substr", "instr", "iif", "like"}
)


def inspect(sql: str, schema: Schema, dialect: str = "sqlite") -> None:
    """Returns if `sql` is one harmless SELECT over the tables of `schema`; raises FixArguments, naming what is not."""
    statement = _parse(sql, dialect)
    if not isinstance(statement, exp.Select | exp.SetOperation):
        raise FixArguments(f"only SELECT is allowed, not {_kind(statement)}")
    tables = {table.name.lower() for table in schema.tables}
    for count, node in enumerate(statement.walk(), start=1):
        if count > MAX_NODES:
            raise FixArguments(f"the statement has more than {MAX_NODES} parts")
        if node.comments:  # a comment means different things to different engines: /*! is code to one of them
            raise FixArguments("comments are not allowed in a statement")
        if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc):
            _check_function(node.name)
        elif type(node) not in _ALLOWED:
            raise FixArguments(f"{_kind(node)} is not allowed in a statement")
        if isinstance(node, exp.Table):
            _check_table(node, tables)


def _parse(sql: str, dialect: str) -> exp.Expr:
    if len(sql) > MAX_SQL or "\0" in sql:
        raise FixArguments(f"a statement is at most {MAX_SQL} characters of text")
    if _depth(sql) > MAX_DEPTH:
        raise FixArguments(f"a statement is nested at most {MAX_DEPTH} deep")
    try:
        statements = sqlglot.parse(sql, read=dialect)
    except (SqlglotError, RecursionError) as error:
        raise FixArguments(f"the statement cannot be read: {str(error).splitlines()[0][:200]}") from None
    if len(statements) != 1 or statements[0] is None:
        raise FixArguments(f"exactly one statement is allowed, not {len(statements)}")
    return statements[0]


def _depth(sql: str) -> int:
    """How deep brackets nest, counted without regard to quotes: an over-estimate, which is the safe side."""
    depth = deepest = 0
    for character in sql:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    return deepest


def _check_function(name: str) -> None:
    if name.lower() not in FUNCTIONS:
        raise FixArguments(f"the function {name!r} is not allowed")


def _check_table(table: exp.Table, tables: set[str]) -> None:
    if not isinstance(table.this, exp.Identifier) or table.args.get("db") or table.args.get("catalog"):
        raise FixArguments(f"{table.sql()[:80]!r} is not a table of the database")
    if table.name.lower() not in tables:
        raise FixArguments(f"there is no table {table.name!r}; have {sorted(tables)[:20]}")


def _kind(node: exp.Expr) -> str:
    return type(node).__name__.upper()
