"""Questions whose gold answer is a query: execution accuracy over the exam's own SQLite files, in Spider's way.

The rows of the answer must be those of the gold query: as a list where that orders them, else as a multiset; the order of
columns is free. The schema is read from the database, as the service reads it, with the foreign keys that the exam's files
add: few of these databases declare theirs.
"""

from __future__ import annotations

import csv
import math
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from retrieval.mentions import find_mentions
from retrieval.schema import ValueIndex, relevant_schema
from service.exams import metrics
from service.exams.exam import Exam, ExamError, Examinee, Question, Reply, Verdict
from service.exams.files import one_file, read_json
from service.prepare.geography import filled_questions, with_meant_keys
from service.prepare.same_rows import execute
from service.prepare.spider import database_path, open_read_only, read_spider, spider_schemas
from tools.database import Limits
from tools.errors import ToolError
from tools.evidence import Evidence, ForeignKey, Schema
from tools.sqlite_database import SqliteDatabase

_LIMITS = Limits(rows=100_000, bytes=50_000_000, seconds=5.0)  # a benchmark's answer may be long; it must not be cut


class KeyedDatabase(SqliteDatabase):
    """A database whose foreign keys are known beside what the file declares."""

    def __init__(self, name: str, path: Path, schema: Schema) -> None:
        super().__init__(name, path, _LIMITS)
        self._known = schema

    @property
    def schema(self) -> Schema:
        return self._known


@dataclass(frozen=True)
class Gold:
    """`place` is the path of the SQLite file."""

    sql: str
    rows: tuple[tuple[object, ...], ...]


class _Executed(Exam):
    """What the two exams share: evidence from the schema, and judging by rows."""

    main = "execution"

    def opened(self, name: str) -> KeyedDatabase:
        raise NotImplementedError

    def ready(self, question: Question) -> None:
        _opened(self, question.place)

    def answer(self, question: Question, examinee: Examinee) -> Reply:
        database, index = _opened(self, question.place)
        shown = relevant_schema(question.text, database.schema, index)
        evidence = Evidence(question.text, (shown,), find_mentions(question.text))
        return examinee.shown(evidence, {database.name: database})

    def judge(self, question: Question, reply: Reply) -> Verdict:
        gold: Gold = question.gold  # type: ignore[assignment]
        rows = rows_of(reply)
        right = rows is not None and metrics.same_rows_in_some_order_of_columns(rows, gold.rows, "order by" in gold.sql.lower())
        return Verdict(right, {"execution": float(right)})


@lru_cache(maxsize=8)
def _opened(exam: _Executed, name: str) -> tuple[KeyedDatabase, ValueIndex]:
    from service.stored_values import index_values

    database = exam.opened(name)
    return database, index_values(database)


def rows_of(reply: Reply) -> Sequence[Sequence[object]] | None:
    """What was found, as a table; None for a quote."""
    outcome = reply.outcome
    if outcome is None or outcome.kind not in ("rows", "number"):
        return None
    return outcome.rows if outcome.kind == "rows" else [(_as_float(outcome.value),)]  # type: ignore[arg-type]


def _as_float(value: Fraction) -> float:
    """An exact number as rows hold one; one that is too large for that equals no stored one."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _gold(connection: sqlite3.Connection, sql: str, skipped: Counter[str]) -> Gold | None:
    try:
        return Gold(sql, tuple(execute(connection, sql)))
    except sqlite3.Error:
        skipped["gold query does not run"] += 1
        return None


@dataclass(frozen=True)
class SpiderExam(_Executed):
    """A folder in Spider's layout: questions in JSON or JSONL, tables.json, and database/<db_id>/<db_id>.sqlite."""

    path: Path
    name: str = "spider"

    def questions(self) -> tuple[Sequence[Question], Mapping[str, int]]:
        if not (self.path / "tables.json").is_file():
            raise ExamError(f"{self.path} is not a folder in Spider's layout: it has no tables.json.")
        skipped: Counter[str] = Counter()
        try:
            return list(self._questions(skipped)), skipped
        except (ValueError, KeyError, TypeError) as error:
            raise ExamError(f"{self.path} is not a folder in Spider's layout: {error!r}.") from error

    def _questions(self, skipped: Counter[str]) -> Iterator[Question]:
        asked: dict[str, list[tuple[str, str]]] = {}
        for question in read_spider(self.path):
            asked.setdefault(question.database, []).append((question.question, question.sql))
        for name, pairs in asked.items():
            if not database_path(self.path, name).is_file():
                skipped["no database"] += len(pairs)
                continue
            with closing(open_read_only(database_path(self.path, name))) as connection:
                for text, sql in pairs:
                    if gold := _gold(connection, sql, skipped):
                        yield Question(text, gold, hardness(sql), place=name)

    def opened(self, name: str) -> KeyedDatabase:
        return KeyedDatabase(name, database_path(self.path, name), _spider_schemas(self.path)[name])


@lru_cache(maxsize=1)
def _spider_schemas(path: Path) -> dict[str, Schema]:
    try:
        return spider_schemas(path)
    except (ToolError, sqlite3.Error) as error:
        raise ExamError(f"A database of {path} cannot be read: {error}.") from error


def hardness(sql: str) -> str:
    """A coarse kind to report by: what the gold query is made of."""
    words = re.findall(r"\w+", sql.lower())
    if words.count("select") > 1:
        return "nested"
    return "join" if "join" in words else "one table"


@dataclass(frozen=True)
class GeographyExam(_Executed):
    """A set of the text2sql-data repository: a JSON of question templates, a .sqlite and a -schema.csv in one folder.

    `split` picks questions by their "question-split"; none takes all of them.
    """

    path: Path
    split: str | None = None
    name: str = "geography"

    def questions(self) -> tuple[Sequence[Question], Mapping[str, int]]:
        file = self.path if self.path.is_file() else one_file(self.path, "*.json")
        entries = read_json(file)
        skipped: Counter[str] = Counter()
        try:
            asked = [(text, sql) for text, sql, _ in filled_questions(entries, self.split)]
        except (KeyError, TypeError, AttributeError) as error:
            raise ExamError(f"{file} is not in text2sql-data's format: {error!r}.") from error
        with closing(open_read_only(self._database())) as connection:
            golds = [(text, _gold(connection, sql, skipped)) for text, sql in asked]
        name = self._database().stem
        return [Question(text, gold, hardness(gold.sql), place=name) for text, gold in golds if gold], skipped

    def opened(self, name: str) -> KeyedDatabase:
        database = SqliteDatabase(name, self._database())
        return KeyedDatabase(name, self._database(), _with_listed_keys(with_meant_keys(database.schema), self._folder()))

    def _folder(self) -> Path:
        return self.path if self.path.is_dir() else self.path.parent

    def _database(self) -> Path:
        return one_file(self._folder(), "*.sqlite")


def _with_listed_keys(schema: Schema, folder: Path) -> Schema:
    """With the keys that a -schema.csv marks: a foreign column points at the column of its name that is another table's key."""
    columns = {(t.name.lower(), c.name.lower()): (t.name, c.name) for t in schema.tables for c in t.columns}
    listed: list[tuple[tuple[str, str], bool, bool]] = []
    for file in sorted(folder.glob("*schema*.csv")):
        with file.open(encoding="utf-8", newline="") as opened:
            for row in csv.reader(opened, skipinitialspace=True):
                if len(row) >= 4 and (place := columns.get((row[0].strip().lower(), row[1].strip().lower()))):
                    listed.append((place, row[2].strip().lower() == "y", row[3].strip().lower() == "y"))
    owners = [place for place, primary, foreign in listed if primary and not foreign]
    keys = [
        ForeignKey(*place, *owner)
        for place, _, foreign in listed
        for owner in owners
        if foreign and owner[0] != place[0] and owner[1].lower() == place[1].lower()
    ]
    known = {frozenset([(k.table, k.column), (k.other_table, k.other_column)]) for k in schema.foreign_keys}
    new = [k for k in dict.fromkeys(keys) if frozenset([(k.table, k.column), (k.other_table, k.other_column)]) not in known]
    return replace(schema, foreign_keys=(*schema.foreign_keys, *new))
