"""SQuAD 1.1 and sets in its format: questions on paragraphs, answered by a quote.

`squad_examples` shows the model only the short passage that holds the answer: training costs what it reads, and its loop
adds distractors of its own. `squad_paragraphs` shows the whole paragraph, cut as the service cuts documents.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.examples import Example
from retrieval.mentions import find_mentions
from retrieval.passages import sentences, split
from tools.evidence import Evidence, Passage, Span
from tools.language import Program

_WORD = re.compile(r"\w+")
_SHORT, _TARGET, _LONG = 40, 75, 110  # words in a short passage
Cut = Callable[[str], list[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Item:
    """A question on a paragraph. `answers` are the accepted texts with their offsets; none means that it has no answer."""

    id: str
    title: str
    context: str
    question: str
    answers: tuple[tuple[str, int], ...]


def squad_items(dataset: Mapping[str, Any]) -> Iterator[Item]:
    """The questions of a file in SQuAD's format, version 1 or 2, in its order."""
    for article in dataset["data"]:
        title = article.get("title", "").replace("_", " ")
        for paragraph in article["paragraphs"]:
            for question in paragraph["qas"]:
                answers = () if question.get("is_impossible") else tuple((a["text"], a["answer_start"]) for a in question["answers"])
                yield Item(str(question["id"]), title, paragraph["context"], question["question"].strip(), answers)


def served_passages(text: str) -> list[tuple[int, int]]:
    """Where the service would cut the text."""
    return [(draft.start, draft.end) for draft in split(text, title="", is_markdown=False)]


def short_passages(text: str) -> list[tuple[int, int]]:
    """Whole sentences, packed until a passage has about _TARGET words; a short rest joins its neighbour if that stays readable."""
    chunks: list[tuple[int, int, int]] = []
    for start, end in sentences(text):
        words = len(text[start:end].split())
        if chunks and (chunks[-1][2] + words <= _TARGET or (chunks[-1][2] < _SHORT and chunks[-1][2] + words <= _LONG)):
            start, words = chunks[-1][0], chunks.pop()[2] + words
        chunks.append((start, end, words))
    if len(chunks) > 1 and chunks[-1][2] < _SHORT and chunks[-2][2] + chunks[-1][2] <= _LONG:
        (start, _, before), (_, end, after) = chunks[-2:]
        chunks[-2:] = [(start, end, before + after)]
    return [(start, end) for start, end, _ in chunks]


def squad_examples(dataset: Mapping[str, Any], skipped: Counter[str], source: str = "squad") -> Iterator[Example]:
    """One example a question, its only block being the passage that holds the answer. Questions without an answer are skipped."""
    for example in squad_paragraphs(dataset, skipped, source, short_passages):
        match example.program:
            case (_, Span(block, start, end), _):
                evidence = Evidence(example.evidence.question, (example.evidence.blocks[block],), example.evidence.mentions)
                yield Example(evidence, ("quote", Span(0, start, end), "end"), source, example.group)
            case _:
                skipped["no answer"] += 1


def squad_paragraphs(
    dataset: Mapping[str, Any], skipped: Counter[str], source: str = "squad", cut: Cut = served_passages
) -> Iterator[Example]:
    """One example a question, with all passages of its paragraph as blocks; "unknown" where it has no answer."""
    known: tuple[str, tuple[Passage, ...], list[int]] = ("", (), [])
    for item in squad_items(dataset):
        if item.context != known[0]:
            known = (item.context, *_passages(item.title, item.context, cut(item.context)))
        _, passages, starts = known
        program: Program = ("unknown",)
        if item.answers:
            where = locate(item.context, item.question, *item.answers[0])
            span = None if where is None else _span_in(passages, starts, *where)
            if span is None:
                skipped["answer not in the paragraph" if where is None else "answer lies across passages"] += 1
                continue
            program = ("quote", span, "end")
        evidence = Evidence(item.question, passages, find_mentions(item.question))
        yield Example(evidence, program, source, item.title)


def _passages(title: str, context: str, bounds: Sequence[tuple[int, int]]) -> tuple[tuple[Passage, ...], list[int]]:
    """A paragraph's passages, and where in the paragraph each begins."""
    passages = tuple(
        Passage(f"p{number}", title, context[start:end], find_mentions(context[start:end])) for number, (start, end) in enumerate(bounds)
    )
    return passages, [start for start, _ in bounds]


def locate(context: str, question: str, answer: str, hint: int) -> tuple[int, int] | None:
    """Where `answer` stands in `context`: the occurrence whose sentence shares most words with the question.

    `hint` is the set's own offset, which wins among equals, so that an annotator's choice is kept where it is known.
    Occurrences inside a longer word count only if there are no others.
    """
    answer = answer.strip()
    places = [m.start() for m in re.finditer(re.escape(answer), context)] if answer else []
    whole = [p for p in places if not _cuts_word(context, p, p + len(answer))]
    if not places:
        return None
    asked = {word.lower() for word in _WORD.findall(question)}
    cut = sentences(context)

    def merit(place: int) -> tuple[int, bool, int]:
        around = next((context[a:b] for a, b in cut if a <= place < b), "")
        shared = len(asked & {word.lower() for word in _WORD.findall(around)})
        return shared, place == hint, -place

    best = max(whole or places, key=merit)
    return best, best + len(answer)


def _cuts_word(text: str, start: int, end: int) -> bool:
    before = start > 0 and text[start - 1].isalnum() and text[start].isalnum()
    return before or (end < len(text) and text[end - 1].isalnum() and text[end].isalnum())


def _span_in(passages: tuple[Passage, ...], starts: list[int], start: int, end: int) -> Span | None:
    for block, (passage, offset) in enumerate(zip(passages, starts, strict=True)):
        if offset <= start and end <= offset + len(passage.text):
            return Span(block, start - offset, end - offset)
    return None
