"""QAMR: short questions on single sentences, answered by tokens of the sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from models.examples import Example
from retrieval.mentions import find_mentions
from service.prepare.detokenise import join_tokens
from tools.evidence import Evidence, Passage, Span
from tools.language import Program

_MOST_SPANS = 2


def qamr_examples(sentences: str, questions: str, skipped: Counter[str]) -> Iterator[Example]:
    """One example a question, in the file's order; `sentences` and `questions` are the texts of the set's own TSV files.

    The group is the article. Of the three annotators' answers the one given most often is taken, the writer's own first.
    """
    tokens_of = dict(line.split("\t") for line in sentences.splitlines() if line)
    passages: dict[str, tuple[Passage, list[tuple[int, int]]]] = {}
    seen = set()
    for line in questions.splitlines():
        fields = line.split("\t")
        name, question = fields[0], " ".join(fields[5].split())
        if name not in tokens_of:
            skipped["sentence is missing"] += 1
            continue
        if name not in passages:
            text, places = join_tokens(tokens_of[name].split())
            passages[name] = Passage(name, "", text, find_mentions(text)), places
        passage, places = passages[name]
        runs = _runs(_agreed([fields[6], *(judgement.split(":")[1] for judgement in fields[7:])]), passage.text, places)
        if not runs or len(runs) > _MOST_SPANS:
            skipped["answer in too many pieces"] += 1
        elif (name, question.lower(), tuple(runs)) in seen:
            skipped["asked before"] += 1
        else:
            seen.add((name, question.lower(), tuple(runs)))
            program: Program = ("quote", *(Span(0, start, end) for start, end in runs), "end")
            yield Example(Evidence(question, (passage,), find_mentions(question)), program, "qamr", name.rsplit(":", 2)[0])


def _agreed(answers: list[str]) -> list[int]:
    best, _ = Counter(answers).most_common(1)[0]
    return sorted(map(int, best.split()))


def _runs(indices: list[int], text: str, places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Characters of the tokens, neighbours joined; a gap of mere punctuation is no gap, and none begins or ends with it."""
    runs: list[tuple[int, int]] = []
    for index in indices:
        start, end = places[index]
        if not any(map(str.isalnum, text[start:end])) and text[start:end] not in "$£€%":
            continue
        if runs and not any(map(str.isalnum, text[runs[-1][1] : start])):
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    return runs
