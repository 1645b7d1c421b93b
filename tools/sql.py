"""Programs to SQL: a `selection` of the answer language becomes one SELECT with bound parameters.

Promises: nothing but SELECT can come out; every identifier is a quoted name of the program's pointers; every value (a
number, a stored value, words of the question, an earlier result) is a bound parameter and never part of the text. FROM and
JOIN are inferred (tools/joins.py). Columns of an outer query are out of reach of an inner one.

Two dialects: "sqlite" (parameters as `?`) and "postgres" (as `%s`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from sqlglot import exp

from tools import postgres_sql
from tools.errors import FixArguments, Unanswerable
from tools.evidence import Column, Date, Number, Phrase, Schema, Table, Type, Value
from tools.joins import Edge, Joins, infer_joins, referred
from tools.language import CONSTANTS, REFERENCES, Node, Token
from tools.results import plain_number

Dialect = Literal["sqlite", "postgres"]
Parameter = str | int | float


@dataclass(frozen=True, slots=True)
class Query:
    """One SELECT, its parameters in the order of their placeholders, and a name for each column of its result."""

    sql: str
    parameters: tuple[Parameter, ...]
    columns: tuple[str, ...]


def compile_select(selection: Node, schema: Schema, results: Mapping[str, object] | None = None, dialect: Dialect = "sqlite") -> Query:
    """`results` holds what the earlier steps found: under "r1" … a single value or a sequence of values.

    Raises Unanswerable where the tables cannot be joined or an earlier result cannot be compared with.
    """
    compiler = _Compiler(schema, results or {}, dialect)
    expression = compiler.selection(selection)
    if dialect == "postgres":  # a percent sign in a name is not a placeholder
        for identifier in expression.find_all(exp.Identifier):
            identifier.set("this", identifier.name.replace("%", "%%"))
    sql = expression.sql(dialect=dialect)
    return Query(sql, tuple(compiler.parameters), compiler.names(selection))


def bare(node: Node | Token) -> Node | Token:
    """What a chain of rules with one child each comes down to."""
    while isinstance(node, Node) and len(node.children) == 1:
        node = node.children[0]
    return node


def own_tables(node: Node | Token) -> list[str]:
    """The tables that a part of a query names, inner queries left out, each once and in the order of their appearance."""
    match node:
        case Node(rule="selection" | "joining"):
            return []
        case Node(rule="field", children=("via", Column(table=name), *_)):
            return [name]  # what the key refers to is read under an alias
        case Node(children=children):
            return list(dict.fromkeys(table for child in children for table in own_tables(child)))
        case Table(name=name) | Column(table=name):
            return [name]
        case _:
            return []


def ways(node: Node | Token) -> list[tuple[Column, ...]]:
    """The ways through foreign keys that a part of a query takes, inner queries left out: each once, and behind those it goes on from."""
    match node:
        case Node(rule="field", children=("via", Column() as key, Node() as further)):
            return list(dict.fromkeys([(key,), *((key, *way) for way in ways(further))]))
        case Node(rule=rule, children=children) if rule != "selection":
            return list(dict.fromkeys(way for child in children for way in ways(child)))
        case _:
            return []


def joins_of(selection: Node, schema: Schema) -> Joins:
    """What a plain select is read from."""
    joining = selection.first("joining")
    links = [link.children[0] for link in joining.all("link")] if joining else []
    named = dict.fromkeys(table for child in selection.children for table in own_tables(child))
    return infer_joins(named, links, schema)  # type: ignore[arg-type]


_COMPARISONS: dict[str, type[exp.Expression]] = {"eq": exp.EQ, "ne": exp.NEQ, "lt": exp.LT, "le": exp.LTE, "gt": exp.GT, "ge": exp.GTE}
_ARITHMETIC: dict[str, type[exp.Expression]] = {"add": exp.Add, "sub": exp.Sub, "mul": exp.Mul, "div": exp.Div}
_AGGREGATES: dict[str, type[exp.Expression]] = {"sum": exp.Sum, "avg": exp.Avg, "min": exp.Min, "max": exp.Max}
_SET_OPERATIONS: dict[str, type[exp.Expression]] = {"union": exp.Union, "intersect": exp.Intersect, "except": exp.Except}
_WORDS = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
_DATE_PARTS = {"year": "%Y", "month": "%m", "day": "%d"}


class _Compiler:
    """Parts are compiled in the order in which SQL writes them, so that parameters line up with their placeholders."""

    def __init__(self, schema: Schema, results: Mapping[str, object], dialect: Dialect) -> None:
        self.schema = schema
        self.results = results
        self.dialect = dialect
        self.parameters: list[Parameter] = []
        self.types = {(table.name, column.name): column.type for table in schema.tables for column in table.columns}
        self.derived = 0
        self.aliases: dict[tuple[Column, ...], str] = {}  # of the select at hand: what each way through foreign keys leads to
        self.aliased = 0

    # Queries

    def selection(self, node: Node) -> exp.Expression:
        operation = str(node.children[0])
        if operation == "select":
            return self.select(node)
        left, right = (self.arm(child) for child in node.all("selection"))
        return _SET_OPERATIONS[operation](this=left, expression=right, distinct=True)

    def arm(self, node: Node) -> exp.Expression:
        """An arm that orders, limits or is itself a combination needs a SELECT of its own around it."""
        query = self.selection(node)
        if node.children[0] == "select" and not node.all("ordering") and not node.all("limiting"):
            return query
        self.derived += 1
        alias = exp.TableAlias(this=exp.to_identifier(f"part{self.derived}", quoted=True))
        return exp.Select().select(exp.Star()).from_(exp.Subquery(this=query, alias=alias), copy=False)

    def select(self, node: Node) -> exp.Select:
        outer, self.aliases = self.aliases, {}
        referring = [join for child in node.children for way in ways(child) if (join := self.way(way)) is not None]
        query = self.clauses(node, referring)
        self.aliases = outer
        return query

    def way(self, way: tuple[Column, ...]) -> tuple[exp.Table, exp.Expression] | None:
        """The table that a way through foreign keys leads to, under an alias of its own, and what joins it; None where it is joined."""
        if way in self.aliases:
            return None
        *before, key = way
        foreign = referred(key, self.schema)
        if before:
            self.require_referred(before[-1], key)
        self.aliases[way] = alias = self.new_alias()
        table = _table(foreign.other_table)
        table.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
        own = self.aliases[tuple(before)] if before else key.table
        return table, exp.and_(*(exp.EQ(this=_field((own, a)), expression=_field((alias, b))) for a, b in foreign.pairs))

    def new_alias(self) -> str:
        """A name that no table has."""
        taken = {table.name.lower() for table in self.schema.tables}
        while True:
            self.aliased += 1
            if (alias := f"via{self.aliased}") not in taken:
                return alias

    def equal(self, edge: Edge) -> exp.Expression:
        """What ties two tables. PostgreSQL does not compare a text with a number, as imported tables demand."""
        one, other = (_field(field) for field in edge)
        if self.dialect == "postgres" and len({self.types.get(field) for field in edge}) > 1:
            return exp.EQ(this=exp.cast(one, "text"), expression=exp.cast(other, "text"))
        return exp.EQ(this=one, expression=other)

    def clauses(self, node: Node, referring: Sequence[tuple[exp.Table, exp.Expression]]) -> exp.Select:
        joins = joins_of(node, self.schema)
        query = exp.Select(expressions=[expression for item in node.all("item") for expression in self.item(bare(item))])
        if "distinct" in node.children:
            query.set("distinct", exp.Distinct())
        query = query.from_(_table(joins.steps[0][0]), copy=False)
        for table, edges in joins.steps[1:]:
            query = query.join(_table(table), on=exp.and_(*map(self.equal, edges)), copy=False)
        for referred_table, condition in referring:
            query = query.join(referred_table, on=condition, copy=False)
        if filtering := node.first("filter"):
            query = query.where(self.condition(filtering.all("cond")[0]), copy=False)
        grouping = node.first("grouping")
        if grouping:
            query = query.group_by(*(self.quantity(key)[0] for key in grouping.all("group_key")), copy=False)
            if having := grouping.first("having_clause"):
                query = query.having(self.condition(having.all("having_cond")[0]), copy=False)
        if ordering := node.first("ordering"):
            query = query.order_by(*(self.order_key(key) for key in ordering.all("order_key")), copy=False)
            if not grouping and _aggregates(query.args["order"]) and not any(map(_aggregates, query.expressions)):
                raise Unanswerable("single rows cannot be put in order by an aggregate")
        if limiting := node.first("limiting"):
            query = query.limit(self.bind(bare(limiting.children[1])), copy=False)
        if self.dialect == "postgres":
            postgres_sql.settle(query)
        return query

    def item(self, chosen: Node | Token) -> list[exp.Expression]:
        if not isinstance(chosen, Table):
            return [self.quantity(chosen)[0]]
        if self.dialect == "postgres":  # which may have to group by each of them
            table = next((table for table in self.schema.tables if table.name == chosen.name), None)
            return [_field((chosen.name, column.name), column.type) for column in (table.columns if table else ())]
        return [exp.Column(this=exp.Star(), table=exp.to_identifier(chosen.name, quoted=True))]

    def order_key(self, node: Node) -> exp.Expression:
        descending = node.children[0] == "desc"
        # SQLite's order, in which null is the smallest, for every dialect.
        return exp.Ordered(this=self.quantity(node.children[1])[0], desc=descending, nulls_first=not descending)

    # Quantities: an expression and its type

    def quantity(self, node: Node | Token) -> tuple[exp.Expression, Type]:
        node = bare(node)
        match node:
            case Column():
                self.require(node)
                return _field((node.table, node.name), node.type), node.type
            case Node(rule="field"):
                return self.reached(node)
            case Node(children=("count", counted)):
                inner = bare(counted)
                return exp.Count(this=exp.Star() if isinstance(inner, Table) else self.quantity(inner)[0]), "number"
            case Node(children=("unique", column)):
                return exp.Count(this=exp.Distinct(expressions=[self.quantity(column)[0]])), "number"
            case Node(children=("sum" | "avg" | "min" | "max" as name, inner)):
                expression, kind = self.quantity(inner)
                return _AGGREGATES[name](this=expression), kind if name in ("min", "max") else "number"
            case Node(children=("year" | "month" | "day" as part, column)):
                return self.date_part(part, self.quantity(column)[0]), "number"
            case Node(children=("add" | "sub" | "mul" | "div" as name, left, right)):
                return self.arithmetic(name, left, right), "number"
            case _:
                return self.bind(node), "number"

    def reached(self, node: Node) -> tuple[exp.Expression, Type]:
        """A column behind one or more foreign keys."""
        keys, field = _way_and_field(node)
        self.require_referred(keys[-1], field)
        self.require(field)
        return _field((self.aliases[keys], field.name), field.type), field.type

    def arithmetic(self, name: str, left: Node | Token, right: Node | Token) -> exp.Expression:
        sides = []
        for side in (left, right):
            expression = self.quantity(side)[0]
            sides.append(exp.Paren(this=expression) if isinstance(expression, exp.Binary) else expression)
        if name == "div" and self.dialect == "postgres":  # null, as in SQLite, where PostgreSQL would fail
            sides[1] = exp.Nullif(this=sides[1], expression=exp.Literal.number(0))
        return _ARITHMETIC[name](this=sides[0], expression=sides[1])  # sqlglot makes it a division of reals

    def date_part(self, part: str, column: exp.Expression) -> exp.Expression:
        if self.dialect == "postgres":
            stamp = exp.cast(column, "timestamp")
            return exp.cast(exp.Extract(this=exp.var(part.upper()), expression=stamp), "integer")
        return exp.cast(exp.Anonymous(this="STRFTIME", expressions=[exp.Literal.string(_DATE_PARTS[part]), column]), "integer")

    # Conditions

    def condition(self, node: Node) -> exp.Expression:
        match node.children:
            case ("and" | "or" as name, left, right):
                sides = [self.condition(side) for side in (left, right)]  # type: ignore[arg-type]
                return exp.and_(*sides, copy=False) if name == "and" else exp.or_(*sides, copy=False)
            case ("not", inner):
                return exp.not_(exp.paren(self.condition(inner)))  # type: ignore[arg-type]
            case ("null", operand):
                return exp.Is(this=self.quantity(operand)[0], expression=exp.Null())
            case ("in", operand, selection):
                return exp.In(this=self.quantity(operand)[0], query=exp.Subquery(this=self.selection(selection)))  # type: ignore[arg-type]
            case ("between", operand, low, high):
                return self.between(operand, bare(low), bare(high))
            case ("contains" | "starts" | "ends" as name, operand, text):
                return self.like(name, operand, bare(text))
            case (str() as name, operand, value):
                return self.compare(name, operand, bare(value))
        raise AssertionError(node)

    def between(self, operand: Node | Token, low: Node | Token, high: Node | Token) -> exp.Expression:
        left, kind = self.quantity(operand)
        if _interval(low, kind) or _interval(high, kind) or isinstance(low, Node) or isinstance(high, Node):
            # Written twice, so compiled twice: the operand may hold parameters.
            first = self.against("ge", left, kind, low)
            return exp.and_(first, self.against("le", *self.quantity(operand), high), copy=False)
        return exp.Between(this=left, low=self.operand(low, kind), high=self.operand(high, kind))

    def compare(self, name: str, operand: Node | Token, value: Node | Token) -> exp.Expression:
        return self.against(name, *self.quantity(operand), value)

    def against(self, name: str, left: exp.Expression, kind: Type, value: Node | Token) -> exp.Expression:
        if interval := _interval(value, kind):
            return self.against_interval(name, left, *interval)
        if value in REFERENCES and name in ("eq", "ne"):
            found = self.found(str(value))
            if len(found) > 1:
                listed = exp.In(this=left, expressions=[self.place(v, kind) for v in found])
                return exp.not_(listed) if name == "ne" else listed
        if isinstance(value, Phrase) and kind == "text" and name in ("eq", "ne"):
            return self.regardless_of_case(name, left, value)
        return _COMPARISONS[name](this=left, expression=self.operand(value, kind))

    def against_interval(self, name: str, left: exp.Expression, first: str, last: str) -> exp.Expression:
        """A comparison with the half-open interval [first, last)."""
        if name in ("eq", "ne"):
            after = exp.GTE(this=left, expression=self.place(first))
            inside = exp.and_(after, exp.LT(this=left.copy(), expression=self.place(last)), copy=False)
            return exp.not_(exp.paren(inside)) if name == "ne" else inside
        comparison, bound = {"gt": (exp.GTE, last), "ge": (exp.GTE, first), "lt": (exp.LT, first), "le": (exp.LT, last)}[name]
        return comparison(this=left, expression=self.place(bound))

    def regardless_of_case(self, name: str, left: exp.Expression, value: Phrase) -> exp.Expression:
        if self.dialect == "postgres":
            return _COMPARISONS[name](this=exp.Lower(this=left), expression=exp.Lower(this=self.place(value.text)))
        return _COMPARISONS[name](this=left, expression=exp.Collate(this=self.place(value.text), expression=exp.var("NOCASE")))

    def like(self, name: str, operand: Node | Token, text: Node | Token) -> exp.Expression:
        left, kind = self.quantity(operand)
        if kind != "text" and self.dialect == "postgres":
            left = exp.cast(left, "text")
        if "\0" in str(_literal(text)):  # SQLite reads a pattern as far as that, and would find more than is meant
            raise Unanswerable("a text with a NUL in it cannot be looked for")
        pattern = str(_literal(text)).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        pattern = {"contains": f"%{pattern}%", "starts": f"{pattern}%", "ends": f"%{pattern}"}[name]
        like = exp.Like if self.dialect == "sqlite" else exp.ILike
        return exp.Escape(this=like(this=left, expression=self.place(pattern)), expression=exp.Literal.string("\\"))

    # Values

    def operand(self, value: Node | Token, beside: Type) -> exp.Expression:
        if isinstance(value, Column):
            return self.quantity(value)[0]
        if isinstance(value, Node):
            return exp.Subquery(this=self.selection(value)) if value.rule == "selection" else self.quantity(value)[0]
        return self.bind(value, beside)

    def bind(self, token: Node | Token, beside: Type = "number") -> exp.Expression:
        if token in REFERENCES:
            found = self.found(str(token))
            if len(found) > 1:
                raise Unanswerable(f"{token} has {len(found)} values where one is needed")
            return self.place(found[0], beside)
        return self.place(_literal(token), beside)

    def found(self, reference: str) -> list[Parameter]:
        """The values of an earlier step's result, at least one."""
        if reference not in self.results:
            raise FixArguments(f"no result {reference!r}; have {sorted(self.results)}")
        result = self.results[reference]
        listed = isinstance(result, Sequence) and not isinstance(result, str)
        values: Sequence[object] = result if listed else [result]  # type: ignore[assignment]
        found = [_plain(value) for value in values if value is not None]
        if not found:
            raise Unanswerable(f"{reference}, which is to be compared with, is empty")
        return found

    def place(self, value: Parameter, beside: Type = "text") -> exp.Expression:
        """A parameter, for a comparison with something of the type `beside`."""
        self.parameters.append(postgres_sql.typed(value, beside) if self.dialect == "postgres" else value)
        return exp.Placeholder()

    # Names

    def require_referred(self, key: Column, column: Column) -> None:
        if referred(key, self.schema).other_table != column.table:
            raise Unanswerable(f"{key.table}.{key.name} does not refer to {column.table!r}")

    def require(self, column: Column) -> None:
        table = next((t for t in self.schema.tables if t.name == column.table), None)
        if table is None or all(c.name != column.name for c in table.columns):
            raise FixArguments(f"no column {column.table}.{column.name} in {self.schema.database!r}")

    def names(self, node: Node) -> tuple[str, ...]:
        while node.children[0] != "select":
            node = node.all("selection")[0]
        names: list[str] = []
        for item in map(bare, node.all("item")):
            if isinstance(item, Table):
                names.extend(c.name for table in self.schema.tables if table.name == item.name for c in table.columns)
            else:
                names.append(self.name(item))
        return tuple(names)

    def name(self, node: Node | Token) -> str:
        match bare(node):
            case Column(name=name):
                return name
            case Table(name=name):
                return name
            case Node(rule="field") as field:
                keys, column = _way_and_field(field)
                return f"{column.name} of {keys[-1].name}"
            case Node(children=(str() as operation, left, right)):
                return f"{self._operand_name(left, operation)} {_WORDS[operation]} {self._operand_name(right, operation)}"
            case Node(children=(str() as operation, inner)):
                return f"{operation} of {self.name(inner)}" if operation != "unique" else f"count of different {self.name(inner)}"
            case Number(value=value):
                return value
            case other:
                return str(other)

    def _operand_name(self, node: Node | Token, operation: str) -> str:
        """In brackets where it is arithmetic that the operation would cut through."""
        match bare(node):
            case Node(rule=rule, children=(inner, _, _)) if rule != "field":
                whole = inner == operation in ("add", "mul") or inner in ("mul", "div") and operation in ("add", "sub")
                return self.name(node) if whole else f"({self.name(node)})"
            case _:
                return self.name(node)


def _way_and_field(node: Node) -> tuple[tuple[Column, ...], Column]:
    """The foreign keys that lead to a column, and the column."""
    keys: list[Column] = []
    inner: Node | Token = node
    while isinstance(inner, Node) and len(inner.children) == 3:
        _, key, inner = inner.children
        assert isinstance(key, Column)
        keys.append(key)
    inner = bare(inner)
    assert isinstance(inner, Column)
    return tuple(keys), inner


def _table(name: str) -> exp.Table:
    return exp.Table(this=exp.to_identifier(name, quoted=True))


def _field(field: tuple[str, str], kind: Type | None = None) -> exp.Column:
    column = exp.column(exp.to_identifier(field[1], quoted=True), table=exp.to_identifier(field[0], quoted=True))
    column.meta[postgres_sql.KIND] = kind
    return column


def _interval(value: Node | Token, kind: Type) -> tuple[str, str] | None:
    """The days that a date, or a bare year compared with a date, stands for."""
    match value:
        case Date(first=first, last=last):
            return first, last
        case Number(value=text) if kind == "date" and text.isdecimal() and 1000 <= int(text) < 3000:
            return f"{int(text)}-01-01", f"{int(text) + 1}-01-01"
        case _:
            return None


def _literal(token: Node | Token) -> Parameter:
    match token:
        case Number(value=text):
            return plain_number(Fraction(text))
        case str() if token in CONSTANTS:
            return int(token)
        case Value(value=value):
            return value
        case Phrase(text=text):
            return text
        case _:
            raise AssertionError(f"{token!r} is not a literal")


def _plain(value: object) -> Parameter:
    """A result as a parameter: exact rationals become what a database can compare with."""
    if isinstance(value, Fraction):
        return plain_number(value)
    if isinstance(value, str | int | float):
        return value
    raise Unanswerable(f"cannot compare with a result of type {type(value).__name__}")


def _aggregates(part: exp.Expression) -> bool:
    """Whether `part` holds an aggregate of its own query."""
    return any(found.find_ancestor(exp.Subquery) is None for found in part.find_all(exp.AggFunc))
