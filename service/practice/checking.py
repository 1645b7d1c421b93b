"""What an example of practice must stand up to: everything it points at is shown, and it runs."""

from __future__ import annotations

import random
import sqlite3
from dataclasses import replace
from fractions import Fraction

from tools.calculator import evaluate
from tools.evidence import Block, Column, Evidence, Schema, Table, Value
from tools.language import REFERENCES, Program, tree
from tools.outcome import with_words
from tools.sql import compile_select

MOST_ROWS = 300  # a longer answer is one nobody reads

Result = list[tuple[object, ...]]


def all_shown(program: Program, schema: Schema) -> bool:
    """Whether every table, column and value that the program points at stands in the schema block."""
    columns = {(t.name, c.name): c for t in schema.tables for c in t.columns}
    tables = {t.name for t in schema.tables}
    for token in program:
        match token:
            case Table(name=name) if name not in tables:
                return False
            case Column(table=table, name=name) if (table, name) not in columns:
                return False
            case Value(table=table, column=name, value=value) if (table, name) not in columns or value not in columns[table, name].values:
                return False
    return True


def shuffled(schema: Schema, rng: random.Random) -> Schema:
    """The same schema with tables and columns in another order."""
    tables = [replace(t, columns=tuple(rng.sample(t.columns, len(t.columns)))) for t in schema.tables]
    rng.shuffle(tables)
    return replace(schema, tables=tuple(tables))


def run(program: Program, connection: sqlite3.Connection, schema: Schema, blocks: tuple[Block, ...] = ()) -> Result | Fraction:
    """The result that the program gives, over `blocks` where it points into passages. Programs of practice only query and calculate.

    The router does this for answers; here the copy in memory is queried directly, hundreds of times a second.
    """
    results: dict[str, object] = {}
    last: Result | Fraction = []
    for step in tree(program).all("step"):
        if step.children[0] == "query":
            query = compile_select(with_words(step.all("selection")[0], Evidence("", blocks)), schema, results)
            last = connection.execute(query.sql, query.parameters).fetchmany(MOST_ROWS + 1)
            results[REFERENCES[len(results)]] = last[0][0] if len(last) == 1 and len(last[0]) == 1 else [row[0] for row in last]
        else:
            last = evaluate(step.all("expr")[0], results).value  # type: ignore[assignment]
            results[REFERENCES[len(results)]] = last
    return last
