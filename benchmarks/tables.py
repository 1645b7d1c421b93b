"""Whether the tables that a question needs are among those that it is shown, when hundreds are connected.

    python -m benchmarks.tables FOLDER

FOLDER is in Spider's layout. Its databases are merged: six times at random up to 200 tables, then all of them. Tables of the same name
get numbers, as if departments of one firm had kept their own; a question does not say whose it means. Counted are the questions whose
gold query uses no table that was cut away.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from statistics import median, quantiles

import sqlglot
from sqlglot import exp

from retrieval.schema import relevant_schema
from retrieval.values import ValueIndex
from service.prepare.grounding import stored_values
from service.prepare.spider import Question, database_path, open_read_only, read_spider, spider_schemas
from tools.evidence import ForeignKey, Schema, TableInfo

TABLES, MERGES, QUESTIONS, SHOWN = 200, 6, 250, 120
Names = Mapping[tuple[str, str], str]  # of a database's table in the merged schema


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    schemas = spider_schemas(folder)
    asked = [question for question in read_spider(folder) if question.database in schemas]
    counts: list[tuple[int, int, list[float]]] = []
    for seed in range(MERGES):
        names, chosen, room = sorted(schemas), [], TABLES
        random.Random(seed).shuffle(names)
        for name in names:
            if len(schemas[name].tables) <= room:
                chosen.append(name)
                room -= len(schemas[name].tables)
        counts.append(examined(folder, {name: schemas[name] for name in chosen}, asked, seed))
    report(f"{TABLES} tables, {MERGES} times", counts)
    report(f"{sum(len(schema.tables) for schema in schemas.values())} tables", [examined(folder, schemas, asked, MERGES)])


def report(what: str, counts: Sequence[tuple[int, int, list[float]]]) -> None:
    kept, asked = (sum(count[i] for count in counts) for i in (0, 1))
    taken = [milliseconds for _, _, times in counts for milliseconds in times]
    p95 = quantiles(taken, n=20)[-1]
    print(f"{what:24} {asked:5} questions, all tables kept for {kept / asked:.1%}; {median(taken):.1f} ms, p95 {p95:.1f}")


def examined(folder: Path, schemas: Mapping[str, Schema], asked: Iterable[Question], seed: int) -> tuple[int, int, list[float]]:
    """(questions with all tables kept, questions, milliseconds of each)"""
    rng = random.Random(seed)
    schema, index, names = merged(folder, schemas, rng)
    mine = [question for question in asked if question.database in schemas]
    kept, taken = 0, []
    for question in rng.sample(mine, min(QUESTIONS, len(mine))):
        needed = {names[question.database, table] for table in gold_tables(question.sql, schemas[question.database])}
        began = time.perf_counter()
        shown = relevant_schema(question.question, schema, index, SHOWN)
        taken.append((time.perf_counter() - began) * 1000)
        kept += needed <= {table.name for table in shown.tables}
    return kept, len(taken), taken


def merged(folder: Path, schemas: Mapping[str, Schema], rng: random.Random) -> tuple[Schema, ValueIndex, Names]:
    every = [(name, table) for name, schema in schemas.items() for table in schema.tables]
    rng.shuffle(every)
    seen: Counter[str] = Counter()
    names: dict[tuple[str, str], str] = {}
    tables: list[TableInfo] = []
    for database, table in every:
        seen[table.name.lower()] += 1
        number = seen[table.name.lower()]
        names[database, table.name] = table.name if number == 1 else f"{table.name}__{number}"
        tables.append(replace(table, name=names[database, table.name]))
    keys = tuple(
        ForeignKey(names[database, key.table], key.column, names[database, key.other_table], key.other_column)
        for database, schema in schemas.items()
        for key in schema.foreign_keys
    )
    columns = []
    for database, schema in schemas.items():
        with closing(open_read_only(database_path(folder, database))) as connection:
            stored = stored_values(connection, schema)
        text = {(table.name, column.name) for table in schema.tables for column in table.columns if column.type in ("text", "boolean")}
        columns += [(names[database, table], column, values) for (table, column), values in stored.items() if (table, column) in text]
    return Schema("merged", tuple(tables), keys), ValueIndex.build(columns), names


def gold_tables(sql: str, schema: Schema) -> set[str]:
    names = {table.name.lower(): table.name for table in schema.tables}
    said = (table.name.lower() for table in sqlglot.parse_one(sql, read="sqlite").find_all(exp.Table))
    return {names[name] for name in said if name in names}


if __name__ == "__main__":
    main()
