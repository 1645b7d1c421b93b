"""The first lock on a database: an allow-list over the parsed statement.

`inspect` accepts exactly one SELECT (or set operation of SELECTs) that is built only from the kinds of node, the
functions and the types listed here and from the tables and columns of the schema. Everything else is refused, known to be
harmful or not: a function that a parser has no class for (pg_sleep, load_extension) looks like any other call, so naming
what is bad would never end. Columns are checked because not every name that looks like one is: `o.row_to_json` calls a
function in PostgreSQL, `x IN sqlite_master` reads a table in SQLite, and both have columns that no schema lists.

What is inspected is sqlglot's reading of the text, and the engine has its own. Where the two are known to differ (comments,
backslashes, prefixed strings, quoted names of functions) the text is refused before it is read.

It promises nothing about time or memory: a cross join of honest tables passes. The engine's own lock stops that.
"""

from __future__ import annotations

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.tokens import Token, TokenType

from tools.database_options import Hidden
from tools.errors import FixArguments
from tools.evidence import Schema

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
    exp.TimeToStr, exp.StrToTime, exp.TsOrDsToTimestamp, exp.Date, exp.Extract, exp.Length, exp.Substring,
)  # fmt: skip
_ALLOWED = frozenset(_STRUCTURE + _OPERATORS + _FUNCTIONS)
# As SQLite names them. `like` is what the LIKE operator calls; the others stand here for their own sake. Not here: `instr` and
# `trim`, which compare every character of one argument with every one of the other within one instruction.
FUNCTIONS = frozenset(
    {"count", "sum", "avg", "min", "max", "total", "strftime", "date", "julianday", "cast", "round", "abs", "lower", "upper"}
    | {"coalesce", "ifnull", "nullif", "length", "substr", "iif", "like"}
)
# A cast is a call of the type's input function: 'x'::regclass asks the catalogue, char(10000000) fills memory with blanks.
_TYPES = frozenset(
    {"BOOLEAN", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL", "TEXT", "VARCHAR", "DATE", "TIMESTAMP", "TIMESTAMPTZ"}
)


def inspect(sql: str, schema: Schema, dialect: str = "sqlite", hidden: Hidden = Hidden()) -> None:
    """Returns if `sql` is one harmless SELECT over the tables and columns of `schema`; raises FixArguments, naming what is not."""
    statement = _parse(sql, dialect)
    if not isinstance(statement, exp.Select | exp.SetOperation):
        raise FixArguments(f"only SELECT is allowed, not {_kind(statement)}")
    names = _Names(statement, schema, dialect, hidden)
    for count, node in enumerate(statement.walk(), start=1):
        if count > MAX_NODES:
            raise FixArguments(f"the statement has more than {MAX_NODES} parts")
        if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc):
            _check_function(node.name, dialect)
        elif type(node) not in _ALLOWED:
            raise FixArguments(f"{_kind(node)} is not allowed in a statement")
        match node:
            case exp.Table():
                names.check_table(node)
            case exp.Column():
                names.check_column(node)
            case exp.Star():
                names.check_star(node)
            case exp.Join():
                names.check_join(node)
            case exp.In() if node.args.get("field") is not None:  # SQLite reads `x IN t` as the rows of a table
                raise FixArguments("IN takes a list or a query")
            case exp.DataType() if node.this.name not in _TYPES or node.expressions:
                raise FixArguments(f"a cast to {node.sql()[:80]} is not allowed")


def _parse(sql: str, dialect: str) -> exp.Expr:
    if len(sql) > MAX_SQL or "\0" in sql:
        raise FixArguments(f"a statement is at most {MAX_SQL} characters of text")
    if _depth(sql) > MAX_DEPTH:
        raise FixArguments(f"a statement is nested at most {MAX_DEPTH} deep")
    try:
        engine = Dialect.get_or_raise(dialect)
        tokens = engine.tokenize(sql)
        _check_tokens(tokens)
        statements = engine.parser().parse(tokens, sql)
    except (SqlglotError, RecursionError) as error:
        raise FixArguments(f"the statement cannot be read: {str(error).splitlines()[0][:200]}") from None
    if len(statements) != 1 or statements[0] is None:
        raise FixArguments(f"exactly one statement is allowed, not {len(statements)}")
    return statements[0]


def _check_tokens(tokens: list[Token]) -> None:
    """Refuses what sqlglot and an engine may read differently, and what sqlglot would write into the log for want of a grammar."""
    if tokens and tokens[0].token_type not in (TokenType.SELECT, TokenType.L_PAREN, TokenType.WITH):
        raise FixArguments(f"only SELECT is allowed, not {tokens[0].text[:80].upper()}")
    if any(token.token_type == TokenType.SEMICOLON for token in tokens[:-1]):
        raise FixArguments("exactly one statement is allowed")
    for token, following in zip(tokens, [*tokens[1:], None], strict=False):  # of no tokens, none
        if token.comments:  # /*! is code to one of them, and not all nest
            raise FixArguments("comments are not allowed in a statement")
        if token.token_type == TokenType.STRING and "\\" in token.text and token.text != "\\":  # ESCAPE '\' alone is meant
            raise FixArguments("backslashes are not allowed in a statement's texts; values are given as parameters")
        if token.token_type == TokenType.IDENTIFIER and following is not None and following.token_type == TokenType.L_PAREN:
            raise FixArguments(f"{token.text!r} is not allowed before a bracket")


def _depth(sql: str) -> int:
    """How deep brackets nest, counted without regard to quotes: an over-estimate, which is the safe side."""
    depth = deepest = 0
    for character in sql:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    return deepest


def _check_function(name: str, dialect: str) -> None:
    if dialect != "sqlite" or name.lower() not in FUNCTIONS:  # elsewhere sqlglot has a class for each that is allowed
        raise FixArguments(f"the function {name!r} is not allowed")


class _Names:
    """What the names of a statement may mean: tables and columns of the schema, and what the statement itself gives a name to.

    Names are compared without regard to case, and a name given anywhere in the statement counts everywhere in it: more passes
    than the engine will find, and nothing passes that is not a column of the schema.
    """

    def __init__(self, statement: exp.Expr, schema: Schema, dialect: str, hidden: Hidden) -> None:
        self._dialect = dialect
        self._columns = {table.name.lower(): {column.name.lower() for column in table.columns} for table in schema.tables}
        self._known = {alias.alias.lower() for alias in statement.find_all(exp.Alias)}.union(*self._columns.values())
        self._sources: dict[str, set[str]] = {}  # what stands before the dot of a column, and the columns it may have
        for table in statement.find_all(exp.Table):
            columns = self._columns.get(self._plain(table.name), set())
            self._sources.setdefault(self._plain(table.alias_or_name), set()).update(columns)
        for subquery in statement.find_all(exp.Subquery):
            if subquery.alias:
                self._sources.setdefault(self._plain(subquery.alias), set()).update(self._known)
        used = {self._plain(table.name) for table in statement.find_all(exp.Table)}
        self._unseen = {column.lower() for table, column in hidden.columns if table.lower() in used}
        self._partly = {source for source in self._sources if self._tables_of(statement, source) & {t.lower() for t, _ in hidden.columns}}

    def check_table(self, table: exp.Table) -> None:
        if not isinstance(table.this, exp.Identifier) or table.args.get("db") or table.args.get("catalog"):
            raise FixArguments(f"{table.sql()[:80]!r} is not a table of the database")
        if self._plain(table.name) not in self._columns:
            raise FixArguments(f"there is no table {table.name!r}; have {sorted(self._columns)[:20]}")

    def check_column(self, column: exp.Column) -> None:
        name, source = self._plain(column.name), self._plain(column.table)
        if column.args.get("db") or column.args.get("catalog"):
            raise FixArguments(f"{column.sql()[:80]!r} is not a column of the database")
        if source and source not in self._sources:
            raise FixArguments(f"there is no table {column.table!r} in the statement")
        if isinstance(column.this, exp.Star):
            if source in self._partly:
                raise FixArguments(f"not all columns of {column.table!r} may be read")
            return
        if name not in (self._sources[source] if source else self._known):
            raise FixArguments(f"there is no column {column.name!r}")
        if not source and name in self._unseen:  # an alias of the same name would not be what the engine finds
            raise FixArguments(f"there is no column {column.name!r}, or it may not be read")
        if not source and self._dialect == "postgres" and name in self._sources:  # may mean the whole row
            raise FixArguments(f"{column.name!r} may mean a table or a column")

    def check_star(self, star: exp.Star) -> None:
        """A star of its own is every column of every table beside it; that of COUNT(*) is none."""
        select = star.find_ancestor(exp.Select, exp.Count)
        if isinstance(select, exp.Select) and not isinstance(star.parent, exp.Column):
            sources = {self._plain(s.alias_or_name) for s in _read_by(select)}
            if sources & self._partly:
                raise FixArguments("not all columns may be read: name those that are meant")

    def check_join(self, join: exp.Join) -> None:
        if (join.method or "").upper() == "NATURAL" and self._unseen:
            raise FixArguments("a natural join may compare columns that may not be read")
        for name in join.args.get("using") or ():
            if self._plain(name.name) in self._unseen:
                raise FixArguments(f"there is no column {name.name!r}, or it may not be read")

    def _tables_of(self, statement: exp.Expr, source: str) -> set[str]:
        return {self._plain(t.name) for t in statement.find_all(exp.Table) if self._plain(t.alias_or_name) == source}

    def _plain(self, name: str) -> str:
        return (name.replace("%%", "%") if self._dialect == "postgres" else name).lower()


def _read_by(select: exp.Select) -> list[exp.Expr]:
    """What stands in the FROM and JOINs of a select."""
    source = select.args.get("from_")
    return [part.this for part in ([source] if source else []) + (select.args.get("joins") or [])]


def _kind(node: exp.Expr) -> str:
    return type(node).__name__.upper()
