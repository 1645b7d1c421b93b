"""What a query asked, in words: "count of orders where status = delivered". Made from the program by rule, for people to check."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from tools.evidence import Column, Date, Evidence, Number, Phrase, Table, Value
from tools.language import CONSTANTS, REFERENCES, Node, Token, tree
from tools.outcome import Outcome, with_words

_AGGREGATES = {"count": "count of", "unique": "count of different", "sum": "total", "avg": "average", "min": "lowest", "max": "highest"}
_ARITHMETIC = {"add": "+", "sub": "−", "mul": "×", "div": "÷"}
_COMPARISONS = {
    "eq": "=", "ne": "≠", "lt": "<", "le": "≤", "gt": ">", "ge": "≥",
    "contains": "contains", "starts": "starts with", "ends": "ends with", "null": "is empty", "in": "is among",
}  # fmt: skip
_NEGATED = {
    "eq": "≠", "ne": "=", "contains": "does not contain", "starts": "does not start with", "ends": "does not end with",
    "null": "is not empty", "in": "is not among",
}  # fmt: skip
_SETS = {"union": "and also", "intersect": "that are also among", "except": "but not"}


_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_+")
_CAPITALISED = re.compile(r"\b[A-Z][a-z]+\b")


def words(selection: Node, results: Mapping[str, str] = {}) -> str:
    """`selection` as a phrase. `results` holds how earlier results read, by name."""
    return _Wording(results).selection(selection)


def asked_of(outcome: Outcome, evidence: Evidence) -> dict[str, str]:
    """What each query of the program asked, by the name of its result."""
    asked: dict[str, str] = {}
    computed = {step.name: step.working.rpartition("= ")[2] for step in outcome.steps if step.operation == "calc"}
    for number, step in enumerate(tree(outcome.program).all("step"), 1):
        selection = step.first("selection")
        if selection is not None:
            asked[f"r{number}"] = words(with_words(selection, evidence), computed | asked)
    return asked


class _Wording:
    def __init__(self, results: Mapping[str, str]) -> None:
        self.results = results
        self.main: list[str] = []  # the tables whose columns need no table beside them

    def selection(self, node: Node) -> str:
        if node.children[0] in _SETS:
            first, second = node.all("selection")
            return f"{self.selection(first)}, {_SETS[str(node.children[0])]} {words(second, self.results)}"
        items = node.all("item")
        self.main = list(dict.fromkeys(_tables(items)))[:1]
        text = ", ".join(self._item(item) for item in items)
        if "distinct" in node.children:
            text = f"different {text}"
        if self.main and not any(_names(item, self.main[0]) for item in items):
            text += f" of {plain(self.main[0])}"
        return text + "".join(self._clause(clause) for clause in node if isinstance(clause, Node) and clause.rule != "item")

    def _clause(self, clause: Node) -> str:
        parts = [child for child in clause if isinstance(child, Node)]
        match clause.rule:
            case "filter":
                return f" where {self._condition(parts[0])}"
            case "grouping":
                keys = ", ".join(self._expression(key) for key in parts if key.rule == "group_key")
                having = [self._condition(part.all("having_cond")[0]) for part in parts if part.rule == "having_clause"]
                return f" for each {keys}" + "".join(f" with {condition}" for condition in having)
            case "ordering":
                return " ordered by " + ", ".join(
                    f"{self._expression(key.children[1])}, {'lowest' if key.children[0] == 'asc' else 'highest'} first" for key in parts
                )
            case "limiting":
                count = self._value(clause.children[1])
                return ", only the first" if count == "1" else f", the first {count}"
            case _:
                return ""

    def _item(self, item: Node) -> str:
        return self._expression(item.children[0])

    def _expression(self, node: Node | Token) -> str:
        if not isinstance(node, Node):
            return self._value(node)
        if len(node.children) == 1:
            return self._expression(node.children[0])
        head, *rest = node.children
        if head == "via":
            return f"{self._own(rest[1])} of the {self._expression(rest[0])}"
        if head in _AGGREGATES:
            inner = self._expression(rest[0])
            return f"sum of {inner}" if head == "sum" and inner.startswith("total") else f"{_AGGREGATES[str(head)]} {inner}"
        if head in _ARITHMETIC:
            left, right = (self._expression(side) for side in rest)
            return f"({left} {_ARITHMETIC[str(head)]} {right})"
        return f"{head} of {self._expression(rest[0])}"  # year, month, day

    def _own(self, node: Node | Token) -> str:
        """A column behind a foreign key, without its table, which the key says."""
        while isinstance(node, Node) and len(node.children) == 1:
            node = node.children[0]
        return plain(node.name) if isinstance(node, Column) else self._expression(node)

    def _condition(self, node: Node) -> str:
        head, *rest = node.children
        match head:
            case "and" | "or":
                return f" {head} ".join(self._bracketed(child, str(head)) for child in rest)
            case "not":
                (inner,) = rest
                assert isinstance(inner, Node)
                negated = _NEGATED.get(str(inner.children[0]))
                return f"not {self._bracketed(inner, 'not')}" if negated is None else self._comparison(negated, *inner.children)
            case "between":
                return f"{self._expression(rest[0])} from {self._compared(rest[1], 'ge')} to {self._compared(rest[2], 'le')}"
            case _:
                return self._comparison(_COMPARISONS[str(head)], *node.children)

    def _comparison(self, said: str, head: Node | Token, *rest: Node | Token) -> str:
        match head:
            case "null":
                return f"{self._expression(rest[0])} {said}"
            case "in":
                return f"{self._expression(rest[0])} {said} ({self._inner(rest[1])})"
            case _:
                return f"{self._expression(rest[0])} {said} {self._compared(rest[1], str(head))}"

    def _bracketed(self, node: Node | Token, around: str) -> str:
        assert isinstance(node, Node)
        text = self._condition(node)
        return f"({text})" if node.children[0] in ("and", "or") and node.children[0] != around else text

    def _compared(self, node: Node | Token, comparison: str = "eq") -> str:
        """What is compared with; of a period the day that counts: before its first, after its last."""
        while isinstance(node, Node) and node.rule != "selection":
            node = node.children[0]
        if isinstance(node, Date) and comparison in ("lt", "ge"):
            return node.first
        if isinstance(node, Date) and comparison in ("gt", "le"):
            return day_before(node.last)
        return f"({self._inner(node)})" if isinstance(node, Node) else self._value(node)

    def _inner(self, node: Node | Token) -> str:
        assert isinstance(node, Node)
        return words(node, self.results)

    def _value(self, token: Node | Token) -> str:
        match token:
            case Node():
                return self._expression(token)
            case Table(name=name):
                return plain(name)
            case Column(table=table, name=name):
                return plain(name) if table in self.main else f"{plain(name)} of {plain(table)}"
            case Value(value=value):
                return str(value)
            case Number(value=value):
                return value
            case Date(first=first, last=last):
                return first if day_before(last) == first else f"{first} to {day_before(last)}"
            case Phrase(text=text):
                return text
            case str() if token in REFERENCES:
                return self.results.get(token, token)
            case str() if token in CONSTANTS:
                return token
            case _:
                return str(token)


def day_before(day: str) -> str:
    """The last day of a half-open interval, as people name it; what is no date is left as it is."""
    try:
        return (date.fromisoformat(day) - timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return day


def _names(item: Node, table: str) -> bool:
    """Whether the words of this item name the table itself."""
    return Table(table) in _tokens(item)


def _tables(nodes: list[Node]) -> Iterator[str]:
    for node in nodes:
        for token in _tokens(node):
            match token:
                case Column(table=table) | Value(table=table):
                    yield table
                case Table(name=table):
                    yield table


def _tokens(node: Node) -> Iterator[Token]:
    for child in node:
        if isinstance(child, Node):
            yield from _tokens(child)
        else:
            yield child


def plain(name: str) -> str:
    """The name of a table or column as words: "order_total" and "OrderTotal" are "order total"; capitals and spaces of its own stay."""
    return _CAPITALISED.sub(lambda word: word[0].lower(), _BOUNDARY.sub(" ", name)).strip() or name


def head(column: str) -> str:
    """The name of a result's column as words: "avg of OrderTotal" is "average order total"."""
    operation, of, inner = column.partition(" of ")
    return f"{_AGGREGATES[operation]} {plain(inner)}" if of and operation in _AGGREGATES else plain(column)
