"""WikiSQL: questions on one table, as the text2sql-data repository writes them (SQL by column name, literals as variables).

The tables themselves are not in the file. A table's columns are united over its questions and filled up with columns drawn
from other tables; a column's type is inferred from how it is used. In half of the tables a text literal is a stored value,
offered beside values that do not answer; in the other half, and sometimes there too, it is a phrase of the question.
Numeric columns are always compared with a number that stands in the question. Drawing is seeded by the table's id.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Any

from models.examples import Example
from retrieval.mentions import find_mentions
from tools.evidence import QUESTION, Column, ColumnInfo, Evidence, Mention, Number, Phrase, Schema, TableInfo, Type, Value
from tools.language import LanguageError, Program, Token, check

TABLE = "table"
_FEWEST, _MOST = 5, 8  # columns that a table is filled up to
_LISTED = 0.85  # how often a literal of a table with stored values is among them
_ELSEWHERE = 0.15  # how often another column stores the same value
_FIELD = r"(?:TABLEalias0\.)?(\S+?)_FIELD"
_SELECT = re.compile(rf"SELECT (?:(COUNT|SUM|AVG|MIN|MAX) )?{_FIELD} FROM TABLE AS TABLEalias0(?: WHERE (.*?))? ;", re.DOTALL)
_CONDITION = re.compile(rf"{_FIELD} (=|<|>) (\"?)(var\d+)\3(?: AND |$)")
_NUMERAL = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?|-?\.\d+")
# Words that titles keep in lower case.
_SMALL = frozenset(["a", "an", "and", "as", "at", "by", "de", "for", "from", "in", "of", "on", "or", "the", "to", "vs", "with"])
_COMPARISONS = {"=": "eq", "<": "lt", ">": "gt"}


@dataclass(frozen=True, slots=True)
class Question:
    """A question as WikiSQL means it: conditions are (column, comparison, literal)."""

    text: str
    split: str
    table: str
    aggregate: str
    column: str
    conditions: tuple[tuple[str, str, str], ...]


class _Skip(Exception):
    """A question that cannot become an example; the message is the reason to count."""


def wikisql_examples(entries: Sequence[Mapping[str, Any]], split: str, skipped: Counter[str]) -> Iterator[Example]:
    """The examples of one split, "train" or "dev" (their tables differ), in the order of the file. The group is the table."""
    questions = list(_questions(entries, skipped))
    tables: defaultdict[str, list[Question]] = defaultdict(list)
    for question in questions:
        tables[question.table].append(question)
    types = _types(tables)
    usual = _usual_types(types)
    pool = [name for columns in types.values() for name in columns]
    schemas = {table: _fill_up(table, columns, usual, pool) for table, columns in types.items()}
    values = {table: _literals(asked, schemas[table]) for table, asked in tables.items()}
    others = [literal for columns in values.values() for literals in columns.values() for literal in literals]
    for number, question in enumerate(questions):
        if question.split != split:
            continue
        try:
            yield _example(question, schemas[question.table], values[question.table], others, Random(f"{question.table} {number}"))
        except _Skip as reason:
            skipped[str(reason)] += 1


def column_name(field: str) -> str:
    """`POPULATION_(2011)` as people write it."""
    return " ".join(field.replace("_", " ").lower().split()).replace("( ", "(").replace(" )", ")")


def _questions(entries: Sequence[Mapping[str, Any]], skipped: Counter[str]) -> Iterator[Question]:
    for entry in entries:
        examples = {variable["name"]: variable["example"] for variable in entry["variables"]}
        parsed = _SELECT.fullmatch(entry["sql"][0])
        if parsed is None:
            skipped["SQL not read"] += len(entry["sentences"])
            continue
        for sentence in entry["sentences"]:
            literals = examples | sentence["variables"]
            conditions = _conditions(parsed[3] or "", literals)
            text = " ".join(sentence["original"].split())
            if conditions is None:
                skipped["condition not read"] += 1
            else:
                aggregate = (parsed[1] or "").lower()
                yield Question(text, sentence["question-split"], sentence["table-id"], aggregate, column_name(parsed[2]), conditions)


def _conditions(text: str, literals: Mapping[str, str]) -> tuple[tuple[str, str, str], ...] | None:
    conditions, position = [], 0
    while position < len(text):
        match = _CONDITION.match(text, position)
        if match is None or match[4] not in literals:
            return None
        conditions.append((column_name(match[1]), _COMPARISONS[match[2]], " ".join(literals[match[4]].split())))
        position = match.end()
    return tuple(conditions)


# --- Schemas: which columns a table has, and of what type -------------------------------------------------------


def _types(tables: Mapping[str, list[Question]]) -> dict[str, dict[str, Type | None]]:
    """Each table's columns with their types; None where its own questions tell nothing."""
    return {table: _types_of(questions) for table, questions in tables.items()}


def _types_of(questions: Sequence[Question]) -> dict[str, Type | None]:
    types: dict[str, Type | None] = {}
    worded = set()
    for question in questions:
        types.setdefault(question.column, None)
        if question.aggregate in ("sum", "avg", "min", "max"):
            types[question.column] = "number"
        for column, _, literal in question.conditions:
            types[column] = "number"
            if not _NUMERAL.fullmatch(literal):
                worded.add(column)
    return types | dict.fromkeys(worded, "text")


def _usual_types(types: Mapping[str, Mapping[str, Type | None]]) -> dict[str, Type]:
    votes: Counter[str] = Counter()
    for columns in types.values():
        for name, kind in columns.items():
            votes[name] += {"number": 1, "text": -1, None: 0}[kind]
    return {name: "number" if vote > 0 else "text" for name, vote in votes.items()}


def _fill_up(table: str, columns: Mapping[str, Type | None], usual: Mapping[str, Type], pool: Sequence[str]) -> dict[str, Type]:
    """The table's columns in the order shown: its own among ones drawn from other tables."""
    chance = Random(table)
    filled: dict[str, Type] = {name: kind or usual[name] for name, kind in columns.items()}
    wanted = chance.randint(_FEWEST, _MOST)
    while len(filled) < wanted and len(filled) < len(usual):
        name = chance.choice(pool)
        filled.setdefault(name, usual[name])
    names = list(filled)
    chance.shuffle(names)
    return {name: filled[name] for name in names}


# --- Literals: what the program points at -----------------------------------------------------------------------


def _literals(questions: Sequence[Question], types: Mapping[str, Type]) -> dict[str, list[str]]:
    """The text literals that a table's questions compare each column with: values that it stores."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for question in questions:
        for column, _, literal in question.conditions:
            if types[column] == "text":
                place = _find(literal, question.text)
                natural = _natural(literal, literal if place is None else question.text[slice(*place)])
                if natural.lower() not in map(str.lower, found[column]):
                    found[column].append(natural)
    return dict(found)


def _natural(literal: str, asked: str) -> str:
    """The literal as a database would hold it: many are written in lower case only because the question was."""
    for form in (literal, asked):
        if form != form.lower():
            return form
    words = literal.split()
    return " ".join(word if word in _SMALL and place else word[0].upper() + word[1:] for place, word in enumerate(words))


def _find(literal: str, text: str) -> tuple[int, int] | None:
    """Where the literal stands in the text, whatever its case and spacing; as whole words if it does anywhere."""
    pattern = r"\s*".join(re.escape(word) for word in re.findall(r"\w+|[^\w\s]", literal))
    if not pattern:
        return None
    places = [m.span() for m in re.finditer(pattern, text, re.IGNORECASE)]
    whole = [(a, b) for a, b in places if not (text[a - 1 : a].isalnum() and text[a].isalnum()) and not text[b - 1 : b + 1].isalnum()]
    whole += [(a, b) for a, b in places if b == len(text) and not (text[a - 1 : a].isalnum() and text[a].isalnum())]
    return next(iter(whole or places), None)


def _mentioned(literal: str, mentions: Sequence[Mention], used: set[int]) -> Mention | None:
    value = float(literal.replace(",", ""))
    same = [m for m in mentions if m.kind == "number" and float(m.value) == value]
    return next((m for m in same if m.start not in used), next(iter(same), None))


def _example(
    question: Question, types: Mapping[str, Type], stored: Mapping[str, Sequence[str]], others: Sequence[str], chance: Random
) -> Example:
    mentions = find_mentions(question.text)
    offers = sha256(question.table.encode()).digest()[0] % 2 == 0
    shown: defaultdict[str, list[str]] = defaultdict(list)
    used: set[int] = set()
    conditions: list[tuple[int, list[Token]]] = []
    for column, comparison, literal in question.conditions:
        pointer: Token
        if types[column] == "number":
            mention = _mentioned(literal, mentions, used)
            if mention is None:
                raise _Skip("number not found in the question")
            used.add(mention.start)
            place, pointer = mention.start, Number(mention.value, QUESTION, mention.start, mention.end)
        else:
            span = _find(literal, question.text)
            if span is None:
                raise _Skip("literal not found in the question")
            text = question.text[slice(*span)]
            place, pointer = span[0], Phrase(text, *span)
            if offers and chance.random() < _LISTED:
                value = _natural(literal, text)
                pointer = Value(TABLE, column, value)
                shown[column].append(value)
                if chance.random() < _ELSEWHERE:
                    shown[chance.choice([name for name, kind in types.items() if kind == "text"])].append(value)
        conditions.append((place, [comparison, Column(TABLE, column, types[column]), pointer]))
    if offers:
        golden = {literal.lower() for _, _, literal in question.conditions}
        _distract(types, shown, stored, others, golden, chance)
    program = _program(question, types, conditions)
    try:
        check(program)
    except LanguageError as error:
        raise _Skip(f"program does not check: {question.aggregate} of text" if question.aggregate else f"program: {error}") from error
    return Example(Evidence(question.text, (_schema(question.table, types, shown),), mentions), program, "wikisql", question.table)


def _distract(
    types: Mapping[str, Type], shown: defaultdict[str, list[str]], stored: Mapping[str, Sequence[str]], others: Sequence[str],
    golden: set[str], chance: Random,
) -> None:  # fmt: skip
    """Adds 0 to 3 values that do not answer: other values of the columns in question, or of any text column."""
    texts = [name for name, kind in types.items() if kind == "text"]
    for _ in range(chance.choice((0, 0, 1, 1, 2, 3)) if texts else 0):
        column = chance.choice(list(shown) or texts) if chance.random() < 0.7 else chance.choice(texts)
        value = chance.choice(stored.get(column, ()) or others) if chance.random() < 0.7 else chance.choice(others)
        if value.lower() not in golden and len(value) <= 60:
            shown[column].append(value)
    for values in shown.values():
        values[:] = dict.fromkeys(values)
        chance.shuffle(values)


def _schema(table: str, types: Mapping[str, Type], shown: Mapping[str, Sequence[str]]) -> Schema:
    columns = tuple(ColumnInfo(name, kind, tuple(dict.fromkeys(shown.get(name, ())))) for name, kind in types.items())
    return Schema(table, (TableInfo(TABLE, columns),))


def _program(question: Question, types: Mapping[str, Type], conditions: Sequence[tuple[int, list[Token]]]) -> Program:
    """Conditions stand in the order in which the question names their literals: one order, which the reader can follow."""
    program: list[Token] = ["query", "select"]
    if question.aggregate:
        program.append(question.aggregate)
    program.append(Column(TABLE, question.column, types[question.column]))
    ordered = [condition for _, condition in sorted(conditions, key=lambda placed: placed[0])]
    if ordered:
        program.append("where")
        for condition in ordered[:-1]:
            program += ["and", *condition]
        program += ordered[-1]
    return (*program, "end", "give", "r1")
