"""SQL to programs: what an annotated query is in the answer language.

FROM and JOIN are dropped where inference (tools/joins.py) gives the same join back, else a `join` names what it needs. A table that
is read more than once is read by way of the foreign keys that refer to it (`via`). Where even that does not reproduce the join (an
outer join, a derived table), or where the language has no word for something, NotExpressible says why. Reading is lenient as SQLite
is: letter case of names, unqualified columns, text in double quotes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from tools.errors import ToolError
from tools.evidence import QUESTION, Column, Number, Phrase, Pointer, Schema, Table, Value
from tools.joins import Edge, Joins, infer_joins
from tools.language import CONSTANTS, LanguageError, Program, Token, check


class NotExpressible(Exception):
    """The query has no program; the message is the reason, in words that recur so that reasons can be counted."""


Literal = Callable[[Column | None, str | int | float], Token]
# Turns a literal, and the column it is compared with if there is one, into a pointer or a constant.


def read_sql(sql: str, schema: Schema, literal: Literal | None = None) -> Program:
    """The program `query … give r1` that means the same as `sql`."""
    try:
        parsed = sqlglot.parse_one(sql.strip().rstrip(";"), read="sqlite")
    except (SqlglotError, RecursionError) as error:
        raise NotExpressible("syntax") from error
    tokens = _Reader(schema, literal or default_literal).query(parsed, outer=True)
    program = ("query", *tokens, "give", "r1")
    try:
        check(program)
    except LanguageError as error:
        raise NotExpressible(_type_reason(str(error))) from error
    return program


def with_quoted_texts(sql: str, schema: Schema) -> str:
    """`sql` with every name in double quotes that is no column written as the text that SQLite takes it for: a lock sees a column in it."""
    try:
        parsed = sqlglot.parse_one(sql.strip().rstrip(";"), read="sqlite")
    except (SqlglotError, RecursionError):
        return sql
    known = {column.name.lower() for table in schema.tables for column in table.columns} | {"rowid", "oid", "_rowid_"}
    known |= {alias.alias.lower() for alias in parsed.find_all(exp.Alias)}
    texts = [c for c in parsed.find_all(exp.Column) if not c.table and c.this.args.get("quoted") and c.name.lower() not in known]
    for column in texts:
        column.replace(exp.Literal.string(column.name))
    return parsed.sql(dialect="sqlite") if texts else sql


def _type_reason(error: str) -> str:
    """The same reason for all columns of a type, so that reasons can be counted."""
    found = re.match(r'column\[.*"(\w+)"\] is not allowed', error)
    return f"types: a {found[1]} column where another type is wanted" if found else "types: " + error.partition(";")[0]


def default_literal(column: Column | None, value: str | int | float) -> Token:
    """A literal when there is no question to point into."""
    if isinstance(value, str):
        return Value(column.table, column.name, value) if column else Phrase(value, 0, 0)
    return _numeral(value) if column is None and _numeral(value) in CONSTANTS else Number(_numeral(value), QUESTION, 0, 0)


def _numeral(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else str(value)


_COMPARISONS = {exp.EQ: "eq", exp.NEQ: "ne", exp.LT: "lt", exp.LTE: "le", exp.GT: "gt", exp.GTE: "ge"}
_MIRRORED = {"eq": "eq", "ne": "ne", "lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}
_ARITHMETIC = {exp.Add: "add", exp.Sub: "sub", exp.Mul: "mul", exp.Div: "div"}
_AGGREGATES = {exp.Sum: "sum", exp.Avg: "avg", exp.Min: "min", exp.Max: "max"}
_SET_OPERATIONS = {exp.Union: "union", exp.Intersect: "intersect", exp.Except: "except"}
_DATE_PARTS = {"%Y": "year", "%m": "month", "%d": "day"}
_READ = {"expressions", "distinct", "from_", "joins", "where", "group", "having", "order", "limit", "kind", "hint"}


class _EveryRow:
    """The * of COUNT(*): which table stands for it is settled when the join is known."""


_ROWS = _EveryRow()
_Tokens = list[Token | _EveryRow]


@dataclass
class _Scope:
    """One SELECT: its tables by the names they go by, its joins, and what its output columns are called."""

    tables: dict[str, str] = field(default_factory=dict)
    ways: dict[str, tuple[str, tuple[Column, ...]]] = field(default_factory=dict)  # tables behind foreign keys, and these
    edges: list[Edge] = field(default_factory=list)
    outputs: dict[str, exp.Expression] = field(default_factory=dict)


class _Reader:
    def __init__(self, schema: Schema, literal: Literal) -> None:
        self.schema = schema
        self.literal = literal
        self.columns = {
            (table.name.lower(), column.name.lower()): Column(table.name, column.name, column.type)
            for table in schema.tables
            for column in table.columns
        }

    # Queries

    def query(self, node: exp.Expression, outer: bool = False) -> list[Token]:
        """`outer`: a query whose items may be a whole table."""
        node = node.unnest() if isinstance(node, exp.Subquery) else node
        if type(node) in _SET_OPERATIONS:
            if node.args.get("distinct") is False:
                raise NotExpressible("union all")
            if any(node.args.get(name) for name in ("order", "limit", "with_")):
                raise NotExpressible("order or limit of a set operation")
            return [_SET_OPERATIONS[type(node)], *self.query(node.left), *self.query(node.right)]
        if not isinstance(node, exp.Select):
            raise NotExpressible(f"a {node.key} as query")
        unread = [name for name, value in node.args.items() if value and name not in _READ]
        if unread:
            raise NotExpressible(f"clause {unread[0]}")
        return self.select(node, outer)

    def select(self, node: exp.Select, outer: bool) -> list[Token]:
        scope = _Scope()
        conditions = list(self.sources(node, scope))
        scope.outputs = {e.alias.lower(): e.this for e in node.expressions if isinstance(e, exp.Alias)}
        items: _Tokens = [token for item in node.expressions for token in self.item(item, scope, outer)]
        rest: _Tokens = []
        if conditions:
            rest += ["where", *self.all_of(conditions, scope)]
        if group := node.args.get("group"):
            rest += ["group", *(token for key in group.expressions for token in self.group_key(key, scope, node))]
            if having := node.args.get("having"):
                rest += ["having", *self.condition(having.this, scope)]
        elif node.args.get("having"):
            raise NotExpressible("having without group")
        if order := node.args.get("order"):
            rest.append("order")
            for key in order.expressions:
                rest += ["desc" if key.args.get("desc") else "asc", *self.quantity(self.output(key.this, scope, node), scope)]
        if limit := node.args.get("limit"):
            value = _constant(limit.expression)
            if not isinstance(value, int):
                raise NotExpressible("limit")
            rest += ["limit", self.literal(None, value)]
        distinct: _Tokens = ["distinct"] if node.args.get("distinct") else []
        rows, links = self.joining([*items, *rest], scope)
        joined: _Tokens = ["join", *links] if links else []
        whole: _Tokens = ["select", *distinct, *items, *joined, *rest, "end"]
        return [rows if isinstance(token, _EveryRow) else token for token in whole]

    # FROM and JOIN

    def sources(self, node: exp.Select, scope: _Scope) -> Iterator[exp.Expression]:
        """Fills the scope; yields the conditions of ON and WHERE that do not join."""
        source = node.args.get("from_")
        if source is None:
            raise NotExpressible("no table")
        repeated = self.add_table(source.this, scope)
        conditions: list[exp.Expression] = []
        for join in node.args.get("joins") or ():
            repeated |= self.add_table(join.this, scope)
            if join.side or join.method or join.kind.upper() not in ("", "INNER", "CROSS"):
                raise NotExpressible("outer or natural join")
            for name in join.args.get("using") or ():
                self.add_using(name.name, scope)
            conditions += _conjuncts(join.args.get("on"))
        if where := node.args.get("where"):
            conditions += _conjuncts(where.this)
        if repeated:
            conditions = self.set_apart(conditions, scope)
        for condition in conditions:
            edge = self.edge(condition, scope)
            if edge:
                scope.edges.append(edge)
            else:
                yield condition

    def add_table(self, node: exp.Expression, scope: _Scope) -> bool:
        """Whether the table is there already."""
        if not isinstance(node, exp.Table):
            raise NotExpressible("derived table")
        name = next((t.name for t in self.schema.tables if t.name.lower() == node.name.lower()), None)
        if name is None:
            raise NotExpressible("unknown table")
        repeated = name in scope.tables.values()
        scope.tables[(node.alias or node.name).lower()] = name
        return repeated

    def set_apart(self, conditions: list[exp.Expression], scope: _Scope) -> list[exp.Expression]:
        """Of a table that stands more than once, those that a foreign key refers to are read by way of it, and so is what only they
        refer to. Returns the conditions that this does not say."""
        left, repeated = list(conditions), {name for name, count in Counter(scope.tables.values()).items() if count > 1}
        while (found := self.next_way(left, repeated, scope)) is not None:
            condition, (origin, key, alias) = found
            _, before = scope.ways.get(origin, ("", ()))
            scope.ways[alias] = (scope.tables.pop(alias), (*before, key))
            left.remove(condition)
        if len(set(scope.tables.values())) < len(scope.tables):
            raise NotExpressible("a table joined to itself")
        return left

    def next_way(
        self, conditions: list[exp.Expression], repeated: set[str], scope: _Scope
    ) -> tuple[exp.Expression, tuple[str, Column, str]] | None:
        """The first condition, with what it says, that leads to a table which is repeated, or on from one behind a key."""
        for condition in conditions:
            step = self.referring(condition, scope)
            if step is not None and (scope.tables[step[2]] in repeated or step[0] in scope.ways):
                return condition, step
        return None

    def referring(self, condition: exp.Expression, scope: _Scope) -> tuple[str, Column, str] | None:
        """(alias, its foreign key, alias of what that refers to) where `condition` joins so, and the last is not behind a key already."""
        sides = (condition.left, condition.right) if isinstance(condition, exp.EQ) else ()
        if not sides or not all(isinstance(side, exp.Column) and side.table for side in sides):
            return None
        for one, other in ((condition.left, condition.right), (condition.right, condition.left)):
            key, column = self.find(one, scope), self.find(other, scope)
            alias = other.table.lower()
            if key is None or column is None or alias not in scope.tables or one.table.lower() == alias:
                continue
            if any((k.table, k.column, k.other_table, k.other_column) == (key.table, key.name, column.table, column.name)
                   for k in self.schema.foreign_keys):  # fmt: skip
                return one.table.lower(), key, alias
        return None

    def add_using(self, name: str, scope: _Scope) -> None:
        having = [c for t in scope.tables.values() if (c := self.columns.get((t.lower(), name.lower())))]
        if len(having) < 2:
            raise NotExpressible("unknown column")
        scope.edges.append(((having[-2].table, having[-2].name), (having[-1].table, having[-1].name)))

    def edge(self, condition: exp.Expression, scope: _Scope) -> Edge | None:
        if not isinstance(condition, exp.EQ) or not all(isinstance(side, exp.Column) for side in (condition.left, condition.right)):
            return None
        if any(side.table.lower() in scope.ways for side in (condition.left, condition.right)):
            return None
        left, right = self.find(condition.left, scope), self.find(condition.right, scope)
        if left is None or right is None or left.table == right.table:
            return None
        return (left.table, left.name), (right.table, right.name)

    def joining(self, tokens: _Tokens, scope: _Scope) -> tuple[Table, list[Table | Column]]:
        """What COUNT(*) counts, and the links without which inference would not give this join."""
        tables = list(dict.fromkeys(scope.tables.values()))
        named = list(_named(tokens))
        missing = [table for table in tables if table not in named]
        # A row of a join is a row of its finest table: the one that refers to the others.
        finest = [t for t in tables if not any(k.other_table == t and k.table != t and k.table in tables for k in self.schema.foreign_keys)]
        counts = any(isinstance(token, _EveryRow) for token in tokens)
        preferred = dict.fromkeys([*(t for t in finest if t in missing), *missing, *finest, *tables])
        ways: list[tuple[Table, list[Table | Column]]] = [(Table(table), []) for table in preferred]
        rows = ways[0][0]
        unnamed = [table for table in missing if not counts or table != rows.name]
        ways.append((rows, [Table(table) for table in unnamed]))
        picks = list(self.picks(scope))
        ways.append((rows, picks))
        ways.append((rows, [*picks, *(Table(table) for table in unnamed)]))
        ways.append((rows, list(_pairs(scope, self.columns))))
        for rows, links in ways:
            if self.gives_back(scope, [*named, rows.name] if counts else named, links):
                return rows, links
        raise NotExpressible("no join condition" if len(scope.edges) < len(tables) - 1 else "join")

    def picks(self, scope: _Scope) -> Iterator[Table | Column]:
        """The foreign keys that this query joins along, by their columns."""
        previous = ""
        for one, other in scope.edges:
            for key in self.schema.foreign_keys:
                if {(key.table, key.column), (key.other_table, key.other_column)} == {one, other}:
                    column = self.columns[key.table.lower(), key.column.lower()]
                    if previous and previous != column.table:
                        yield Table(column.table)  # keeps two keys from being read as a pair
                    yield column
                    previous = column.table

    def gives_back(self, scope: _Scope, named: list[str], links: list[Table | Column]) -> bool:
        if not named and not links:
            return False
        try:
            joins = infer_joins(named, links, self.schema)
        except ToolError:
            return False
        return _same(joins, scope)

    # Items and quantities

    def item(self, node: exp.Expression, scope: _Scope, outer: bool) -> _Tokens:
        node = node.this if isinstance(node, exp.Alias) else node
        if isinstance(node, exp.Star):
            if scope.ways:
                raise NotExpressible("every column of a table that is read twice")
            tables = list(scope.tables.values())
        elif isinstance(node, exp.Column) and isinstance(node.this, exp.Star):
            if node.table.lower() not in scope.tables:
                raise NotExpressible("unknown table")
            tables = [scope.tables[node.table.lower()]]
        else:
            return self.quantity(node, scope)
        if outer:
            return [Table(table) for table in tables]
        return [c for table in tables for c in self.columns.values() if c.table == table]

    def output(self, node: exp.Expression, scope: _Scope, select: exp.Select) -> exp.Expression:
        """What an ORDER BY or GROUP BY key means: an output column by name or number, else itself."""
        if isinstance(node, exp.Column) and not node.table and node.name.lower() in scope.outputs:
            return scope.outputs[node.name.lower()]
        position = _constant(node)
        if isinstance(position, int) and 0 < position <= len(select.expressions):
            return select.expressions[position - 1].unalias()
        return node

    def group_key(self, node: exp.Expression, scope: _Scope, select: exp.Select) -> _Tokens:
        tokens = self.quantity(self.output(node, scope, select), scope)
        if not isinstance(tokens[0], Column) and tokens[0] not in ("via", *_DATE_PARTS.values()):
            raise NotExpressible("group by an expression")
        return tokens

    def find(self, node: exp.Column, scope: _Scope) -> Column | None:
        name = node.name.lower()
        if node.table:
            alias = node.table.lower()
            table = scope.tables.get(alias) or scope.ways.get(alias, ("",))[0]
            return self.columns.get((table.lower(), name)) if table else None
        return next((c for table in scope.tables.values() if (c := self.columns.get((table.lower(), name)))), None)

    def column(self, node: exp.Column, scope: _Scope) -> _Tokens:
        """The column, behind the foreign keys that lead to its table where that is read so."""
        found = self.find(node, scope)
        if found is None:
            raise NotExpressible("a column of an outer query, or unknown" if node.table or not node.this.quoted else "text as an item")
        keys = scope.ways[node.table.lower()][1] if node.table.lower() in scope.ways else ()
        return [*(token for key in keys for token in ("via", key)), found]

    def quantity(self, node: exp.Expression, scope: _Scope) -> _Tokens:
        """A column, a number, or an operation over such."""
        node = node.unnest() if isinstance(node, exp.Paren) else node
        if isinstance(node, exp.Column):
            return self.column(node, scope)
        if (value := _constant(node)) is not None and not isinstance(value, str):
            return [self.literal(None, value)]
        if isinstance(node, exp.Count):
            return self.count(node, scope)
        if type(node) in _AGGREGATES:
            if isinstance(node.this, exp.Distinct):
                if not isinstance(node, exp.Min | exp.Max):
                    raise NotExpressible("sum or average of different values")
                return [_AGGREGATES[type(node)], *self.quantity(node.this.expressions[0], scope)]
            if node.expressions:
                raise NotExpressible("the larger of two columns")
            return [_AGGREGATES[type(node)], *self.quantity(node.this, scope)]
        if type(node) in _ARITHMETIC:
            return [_ARITHMETIC[type(node)], *self.quantity(node.left, scope), *self.quantity(node.right, scope)]
        if isinstance(node, exp.Cast) and node.to.is_type("int", "real", "double", "float", "decimal", "text", "bigint"):
            return self.quantity(node.this, scope)
        if part := _date_part(node):
            return [part[0], *self.quantity(part[1], scope)]
        raise NotExpressible(f"expression {node.key}")

    def count(self, node: exp.Count, scope: _Scope) -> _Tokens:
        counted = node.this
        if isinstance(counted, exp.Distinct):
            if len(counted.expressions) != 1:
                raise NotExpressible("count of different pairs")
            counted = counted.expressions[0].unnest()
            if isinstance(counted, exp.Star):
                return ["count", _ROWS]
            return ["unique", *self.quantity(counted, scope)]
        if isinstance(counted, exp.Star | exp.Literal):
            return ["count", _ROWS]
        return ["count", *self.quantity(counted, scope)]

    # Conditions

    def all_of(self, conditions: list[exp.Expression], scope: _Scope) -> _Tokens:
        tokens = self.condition(conditions[-1], scope)
        for condition in reversed(conditions[:-1]):
            tokens = ["and", *self.condition(condition, scope), *tokens]
        return tokens

    def condition(self, node: exp.Expression, scope: _Scope) -> _Tokens:
        match node:
            case exp.Paren():
                return self.condition(node.unnest(), scope)
            case exp.And():
                return self.all_of(_conjuncts(node), scope)
            case exp.Or():
                return ["or", *self.condition(node.left, scope), *self.condition(node.right, scope)]
            case exp.Not():
                return ["not", *self.condition(node.this, scope)]
            case exp.Is(expression=exp.Null()):
                return ["null", *self.quantity(node.this, scope)]
            case exp.In():
                return self.membership(node, scope)
            case exp.Between():
                subject = self.quantity(node.this, scope)
                low, high = (self.value(node.args[side], subject, scope) for side in ("low", "high"))
                return ["between", *subject, *low, *high]
            case exp.Like() | exp.ILike():
                like = self.like(node, scope)
                return ["not", *like] if node.args.get("negate") else like  # sqlglot's NOT LIKE is no exp.Not
            case exp.Escape():
                raise NotExpressible("like with escape")
        if type(node) not in _COMPARISONS:
            raise NotExpressible(f"condition {node.key}")
        name, left, right = _COMPARISONS[type(node)], node.left, node.right
        if self.is_value(left, scope) and not self.is_value(right, scope):
            name, left, right = _MIRRORED[name], right, left
        subject = self.quantity(left, scope)
        return [name, *subject, *self.value(right, subject, scope)]

    def is_value(self, node: exp.Expression, scope: _Scope) -> bool:
        return _constant(node) is not None or isinstance(node, exp.Subquery) or self.quoted_text(node, scope) is not None

    def quoted_text(self, node: exp.Expression, scope: _Scope) -> str | None:
        """In SQLite a name in double quotes that is no column is text."""
        if isinstance(node, exp.Column) and not node.table and node.this.args.get("quoted") and self.find(node, scope) is None:
            return node.name
        return None

    def value(self, node: exp.Expression, subject: _Tokens, scope: _Scope) -> _Tokens:
        node = node.unnest() if isinstance(node, exp.Paren) else node
        if isinstance(node, exp.Subquery | exp.Select):
            return list(self.query(node))
        text = self.quoted_text(node, scope)
        constant = text if text is not None else _constant(node)
        if isinstance(constant, str) and subject[0] in _DATE_PARTS.values() and constant.isdecimal():
            constant = int(constant)  # SQLite's strftime gives text, the language's parts of a date are numbers
        if constant is not None:
            return [self.literal(_subject_column(subject), constant)]
        if isinstance(node, exp.Column):
            return self.column(node, scope)
        raise NotExpressible("comparison with an expression")

    def membership(self, node: exp.In, scope: _Scope) -> _Tokens:
        subject = self.quantity(node.this, scope)
        if query := node.args.get("query"):
            return ["in", *subject, *self.query(query)]
        if not node.expressions:
            raise NotExpressible("in an empty list")
        tokens: _Tokens = []
        for value in reversed(node.expressions):
            one: _Tokens = ["eq", *subject, *self.value(value, subject, scope)]
            tokens = ["or", *one, *tokens] if tokens else one
        return tokens

    def like(self, node: exp.Expression, scope: _Scope) -> _Tokens:
        subject = self.quantity(node.this, scope)
        text = self.quoted_text(node.expression, scope)
        pattern = text if text is not None else _constant(node.expression)
        if not isinstance(pattern, str):
            raise NotExpressible("like")
        literal = pattern.strip("%")
        if "%" in literal or "_" in literal or not literal:
            raise NotExpressible("like with a pattern inside")
        names = {(True, True): "contains", (False, True): "starts", (True, False): "ends", (False, False): "eq"}
        name = names[pattern.startswith("%"), pattern.endswith("%")]
        return [name, *subject, self.literal(_subject_column(subject), literal)]


def _conjuncts(node: exp.Expression | None) -> list[exp.Expression]:
    if node is None:
        return []
    if isinstance(node, exp.Boolean) and node.this:  # what sqlglot makes of a JOIN without ON
        return []
    node = node.unnest() if isinstance(node, exp.Paren) and isinstance(node.unnest(), exp.And) else node
    return [*_conjuncts(node.left), *_conjuncts(node.right)] if isinstance(node, exp.And) else [node]


def _constant(node: exp.Expression) -> str | int | float | None:
    if isinstance(node, exp.Neg):
        value = _constant(node.this)
        return -value if isinstance(value, int | float) else None
    if not isinstance(node, exp.Literal):
        return None
    if node.is_string:
        return node.name
    value = float(node.name)
    return int(value) if value.is_integer() else value


def _date_part(node: exp.Expression) -> tuple[str, exp.Expression] | None:
    """strftime('%Y', column) and its like, by whatever name sqlglot gives them."""
    formatted: object = None
    if isinstance(node, exp.TimeToStr):
        formatted, inner = node.args["format"], node.this
    elif isinstance(node, exp.Anonymous) and node.name.lower() == "strftime" and len(node.expressions) == 2:
        formatted, inner = node.expressions
    if isinstance(formatted, exp.Literal) and formatted.name in _DATE_PARTS:
        inner = inner.this if isinstance(inner, exp.TsOrDsToTimestamp | exp.Cast) else inner
        return _DATE_PARTS[formatted.name], inner
    return None


def _subject_column(subject: _Tokens) -> Column | None:
    """The column whose values a comparison is about."""
    while subject[0] == "via":
        subject = subject[2:]
    if isinstance(subject[0], Column):
        return subject[0]
    return subject[1] if subject[0] in ("min", "max") and isinstance(subject[1], Column) else None


def _named(tokens: Sequence[Token | _EveryRow]) -> Iterator[str]:
    """The tables that a select names, its inner selects left out, in order."""
    depth = 0
    for place, token in enumerate(tokens):
        depth += (token == "select") - (token == "end")
        if depth == 0 and isinstance(token, Pointer) and not _is_behind_key(tokens, place):
            if isinstance(token, Table):
                yield token.name
            elif isinstance(token, Column):
                yield token.table


def _is_behind_key(tokens: Sequence[Token | _EveryRow], place: int) -> bool:
    """Whether the column at `place` is of a table that a foreign key before it leads to."""
    before = tokens[max(0, place - 3) : place]
    return before[-2:-1] == ["via"] or (before[-1:] == ["via"] and before[:1] == ["via"] and len(before) == 3)


def _pairs(scope: _Scope, columns: dict[tuple[str, str], Column]) -> Iterator[Column]:
    for edge in scope.edges:
        yield from (columns[table.lower(), name.lower()] for table, name in edge)


def _same(joins: Joins, scope: _Scope) -> bool:
    """Whether both join the same tables by the same equalities, those that follow from others included."""
    return joins.tables == frozenset(scope.tables.values()) and _classes(joins.edges) == _classes(scope.edges)


def _classes(edges: Sequence[Edge]) -> frozenset[frozenset[tuple[str, str]]]:
    classes: list[frozenset[tuple[str, str]]] = []
    for edge in edges:
        touching = [c for c in classes if c & set(edge)]
        classes = [c for c in classes if c not in touching] + [frozenset(edge).union(*touching)]
    return frozenset(classes)
