"""Practice: examples that a database yields by itself, with no labels.

A question family (service/prepare/families.py) draws a program over the schema and the stored values and says it in words; the
program is executed, and kept if its result is one that somebody would ask for. What the model is shown is what the service
would show it: the schema with the stored values that retrieval finds for the question, so that distractors are real ones.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from models.examples import Example, write_examples
from retrieval.schema import relevant_schema
from tools.calculator import evaluate
from tools.errors import ToolError
from tools.language import REFERENCES, Column, Evidence, LanguageError, Program, Schema, Table, Token, Value, tree
from tools.sql import compile_select

from service.prepare.conditions import NothingToSay
from service.prepare.families import FAMILIES, Asking, Question
from service.prepare.study import Study

VALID_SHARE = 0.05
VALID_MOST = 600
_MOST_ROWS = 300  # a longer answer is one nobody reads
_UNANSWERABLE = 0.03


def practice_examples(study: Study, n: int, seed: int) -> Iterator[Example]:
    """Up to `n` examples over one database; fewer where it has little to ask about. The same seed gives the same examples."""
    rng = random.Random(f"{seed}/{study.schema.database}")
    seen: set[str] = set()
    families, weights = zip(*FAMILIES.items(), strict=True)
    tries = 0
    while len(seen) < n and tries < 6 * n + 60:
        tries += 1
        asking = Asking.begin(study, rng)
        try:
            question = rng.choices(families, weights)[0](asking)
        except (NothingToSay, IndexError):
            continue
        example = _finish(asking, question, study, rng)
        if example is not None and example.evidence.question not in seen:
            seen.add(example.evidence.question)
            yield example


def _finish(asking: Asking, question: Question, study: Study, rng: random.Random) -> Example | None:
    """The example, if its mentions are where they should be, its values are found and its result is sensible."""
    finished = asking.draft.finish(question.text, question.program)
    if finished is None:
        return None
    text, mentions, program = finished
    if not 6 < len(text) < 260:
        return None
    shown = relevant_schema(text, study.schema, study.index)
    if not all_shown(program, shown) or not _sensible(program, question, study):
        return None
    return Example(Evidence(text, (shuffled(shown, rng),), mentions), program, "practice", study.schema.database)


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


Result = list[tuple[object, ...]]


def _sensible(program: Program, question: Question, study: Study) -> bool:
    try:
        result = run(program, study.connection, study.schema)
        whole = run(question.whole, study.connection, study.schema) if question.whole else None  # type: ignore[arg-type]
    except (LanguageError, ToolError, sqlite3.Error):
        return False
    if isinstance(result, Fraction):
        return result != 0 and result != 100
    if not result or len(result) > _MOST_ROWS or all(v is None for row in result for v in row):
        return False
    if whole is not None and sorted(map(str, result)) == sorted(map(str, whole)):
        return False
    match question.hope:
        case "one":
            return len(result) <= 6
        case "number":
            return len(result) == 1 and result[0][0] not in (None, 0)
        case "several":
            return len(result) >= 2
        case _:
            return True


def run(program: Program, connection: sqlite3.Connection, schema: Schema) -> Result | Fraction:
    """The result that the program gives. Programs of practice only query and calculate.

    The router does this for answers; here the copy in memory is queried directly, hundreds of times a second.
    """
    results: dict[str, object] = {}
    last: Result | Fraction = []
    for step in tree(program).all("step"):
        if step.children[0] == "query":
            query = compile_select(step.all("selection")[0], schema, results)
            last = connection.execute(query.sql, query.parameters).fetchmany(_MOST_ROWS + 1)
            results[REFERENCES[len(results)]] = last[0][0] if len(last) == 1 and len(last[0]) == 1 else [row[0] for row in last]
        else:
            last = evaluate(step.all("expr")[0], results).value  # type: ignore[assignment]
            results[REFERENCES[len(results)]] = last
    return last


def unanswerable(studies: list[Study], examples: list[Example], n: int, rng: random.Random) -> Iterator[Example]:
    """Questions put to a database that knows nothing of what they ask: the program is `unknown`."""
    for _ in range(n):
        example, study = rng.choice(examples), rng.choice(studies)
        foreign = {w for token in example.program for w in _words(token, example)}
        own = {w for e in study.entities.values() for w in (*e.words, *(x for f in e.fields for x in f.words))}
        if study.schema.database == example.group or foreign & own:
            continue
        shown = relevant_schema(example.evidence.question, study.schema, study.index)
        evidence = replace(example.evidence, blocks=(shuffled(shown, rng),))
        yield Example(evidence, ("unknown",), "practice", study.schema.database)


def _words(token: Token, example: Example) -> tuple[str, ...]:
    from service.prepare.study import words_of

    match token:
        case Table(name=name):
            return words_of(name)
        case Column(name=name):
            return words_of(name)
    return ()
