"""Practice: examples that a database yields by itself, with no labels.

A question family (service/practice/families.py) draws a program over the schema and the stored values and says it in words; the
program is executed, and kept if its result is one that somebody would ask for. What the model is shown is what the service
would show it: the schema with the stored values that retrieval finds for the question, so that distractors are real ones.
"""

from __future__ import annotations

import hashlib
import random
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from models.examples import Example, write_examples
from retrieval.schema import relevant_schema
from tools.errors import ToolError
from tools.evidence import Column, Evidence, Table
from tools.language import LanguageError, Program, Token

from service.practice.checking import MOST_ROWS, all_shown, run, shuffled
from service.practice.conditions import NothingToSay
from service.practice.asking import Asking, Question
from service.practice.families import FAMILIES
from service.practice.invented import invented_databases
from service.practice.named_rows import named_rows
from service.practice.documents import document_and_number, document_and_rows
from service.practice.study import Study, words_of

VALID_SHARE = 0.05
VALID_MOST = 600
_UNANSWERABLE = 0.03


def practice_examples(study: Study, n: int, seed: int) -> Iterator[Example]:
    """Up to `n` examples over one database; fewer where it has little to ask about. The same seed gives the same examples."""
    rng = random.Random(f"{seed}/{study.schema.database}")
    seen: set[str] = set()
    families, weights = zip(*FAMILIES.items(), strict=True)
    tries = 0
    while len(seen) < n and tries < 10 * n + 60:
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


def held_out(group: str) -> bool:
    """Whether a database is kept for validation; settled by its name, so that it never changes sides."""
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % 100 < 100 * VALID_SHARE


def write_practice(out: Path, own: Sequence[Study], n: int, seed: int, invented: float = 0.55) -> dict[str, int]:
    """Writes OUT/practice.train.jsonl and OUT/practice.valid.jsonl, about `n` examples over `own` databases and invented ones.

    `invented` is the share over invented databases. Databases are held out whole, so that validation asks about schemas that
    training has not seen.
    """
    rng = random.Random(seed)
    examples: list[Example] = []
    for studies, share in ((own, 1 - invented), (_invented(n, invented, seed), invented)):
        studies = [s for s in studies if any(e.rows >= 3 for e in s.entities.values())]
        if not studies:
            continue
        made: list[Example] = []
        for study in studies:
            made.extend(practice_examples(study, max(8, round(n * share / len(studies))), seed))
        examples += made
        examples += unanswerable(studies, made, int(_UNANSWERABLE * len(made)), rng)
        examples += document_and_rows(studies, int(0.035 * len(made)), seed)
        examples += named_rows(studies, int(0.02 * len(made)), seed)
    examples += document_and_number(int(0.025 * len(examples)), seed)
    rng.shuffle(examples)
    valid = [e for e in examples if held_out(e.group)][:VALID_MOST]
    train = [e for e in examples if not held_out(e.group)]
    return {"train": write_examples(out / "practice.train.jsonl", train), "valid": write_examples(out / "practice.valid.jsonl", valid)}


def _invented(n: int, share: float, seed: int) -> list[Study]:
    return [Study.of_connection(name, connection) for name, connection in invented_databases(min(600, max(4, int(n * share / 40))), seed)]


def _sensible(program: Program, question: Question, study: Study) -> bool:
    try:
        result = run(program, study.connection, study.schema)
        whole = run(question.whole, study.connection, study.schema) if question.whole else None  # type: ignore[arg-type]
    except (LanguageError, ToolError, sqlite3.Error):
        return False
    if isinstance(result, Fraction):
        return result > 0 and result != 100 or (result < 0 and "change" in program)
    if not result or len(result) > MOST_ROWS or all(v is None for row in result for v in row):
        return False
    if isinstance(whole, list) and sorted(map(str, result)) == sorted(map(str, whole)):
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
    match token:
        case Table(name=name):
            return words_of(name)
        case Column(name=name):
            return words_of(name)
    return ()
