"""Practice on a whole workspace: its own databases and documents, seen the way the service will show them.

Beside each practice question stand the passages that retrieval finds for it, and beside each question on a document the part of the
schema that it may mean. What the model learns here that no public set can teach is which of them to turn to.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from models.examples import Example
from retrieval.schema import relevant_schema
from retrieval.search import Searcher
from service.practice.databases import practice_examples, shuffled
from service.practice.documents import cloze_examples, document_and_rows, terse_examples
from service.practice.named_rows import named_rows
from service.practice.study import Study
from tools.evidence import Block, Evidence, Passage

_FOUND = 6  # passages shown beside a question
_ROWS, _MIXED, _CLOZE, _TERSE = 0.45, 0.06, 0.15, 0.34  # shares of the examples, where there are databases and documents
_DEPRIVED = 0.10  # of the questions on documents lose their passage, and are to be refused


def workspace_examples(searcher: Searcher, passages: Sequence[Passage], studies: Sequence[Study], n: int, seed: int) -> Iterator[Example]:
    """About `n` examples, the same for the same seed. `passages` are those that `searcher` searches."""
    rng = random.Random(f"workspace {seed}")
    there = (_ROWS + _MIXED if studies else 0) + (_CLOZE + _TERSE if passages else 0)  # what is not there leaves its share to the rest
    if studies:
        for study in studies:
            for example in practice_examples(study, round(n * _ROWS / there / len(studies)), seed):
                yield _beside(example, _passages(searcher, example.evidence.question, rng))
        mixed = round(n * _MIXED / there / 2)
        for example in (*document_and_rows(studies, mixed, seed), *named_rows(studies, mixed, seed)):
            yield _beside(example, _passages(searcher, example.evidence.question, rng)[:2])
    if passages:
        for example in cloze_examples(passages, round(n * _CLOZE / there), seed):
            yield _among_rivals(example, searcher, studies, rng)
        for example in terse_examples(passages, round(n * _TERSE / there), seed):
            yield _among_rivals(example, searcher, studies, rng)


def _among_rivals(example: Example, searcher: Searcher, studies: Sequence[Study], rng: random.Random) -> Example:
    """A question on a document with the passages that retrieval finds for it, its own first, and the schema."""
    question = example.evidence.question
    own = {b.text for b in example.evidence.blocks if isinstance(b, Passage)}
    rivals = [p for p in _passages(searcher, question, rng) if p.text not in own]
    schemas = tuple(shuffled(relevant_schema(question, s.schema, s.index), rng) for s in studies)
    if rivals and rng.random() < _DEPRIVED:
        evidence = Evidence(question, (*rivals, *schemas), example.evidence.mentions)
        return replace(example, evidence=evidence, program=("unknown",))
    return _beside(example, (*rivals[: _FOUND - 1], *schemas))


def _beside(example: Example, others: Iterable[Block]) -> Example:
    """The others come last, so that pointers into the blocks that were there stay right."""
    return replace(example, source="workspace", evidence=replace(example.evidence, blocks=(*example.evidence.blocks, *others)))


def _passages(searcher: Searcher, question: str, rng: random.Random) -> tuple[Passage, ...]:
    found = tuple(hit.passage for hit in searcher.search(question, _FOUND))
    return tuple(rng.sample(found, len(found)))
