"""Organisations put together by chance out of `vocabulary.py`'s kinds of things and pages: as many as are wanted, no two alike.

What is written once is so met in many schemas and documents, beside ever other things, and asked for in one of its wordings. From here
on an organisation is treated as one written whole: `written.py` finds its programs and the evidence that the service would show.

    python -m service.prepare.composed [NUMBER]     prints an organisation as a file of the format of `written.py`
"""

from __future__ import annotations

import argparse
import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from models.examples import Example
from retrieval.mentions import find_mentions
from service.prepare.composed_across import Across
from service.prepare.composed_database import ComposedDatabase, as_asked
from service.prepare.composed_ties import Ties
from service.prepare.vocabulary import VOCABULARY, Entity, Fact, Page, Vocabulary, read_vocabulary
from service.prepare.written import Asked, Organisation, organisation_examples
from tools.evidence import Passage

_TABLES, _PAGES = (3, 6), (4, 9)
_ASKED_OF_DATABASE, _ASKED_OF_PAGES = 80, 60  # wordings an organisation
_ELSEWHERE = 0.06  # of the questions are about what the organisation does not keep


def compose(number: int, words: Vocabulary) -> Organisation:
    """The organisation of this number, always the same one."""
    rng = random.Random(f"composed {number}")
    today = date(2023, 1, 1) + timedelta(rng.randrange(1200))
    organisation = Organisation(f"composed_{number}", today, "", [], [])
    database = ComposedDatabase(_related(words.entities, rng), rng, today)
    ties = Ties(database, random.Random(f"ties {number}"))
    organisation.script = database.script()
    pages = rng.sample(words.pages, len(words.pages))
    count = rng.randint(*_PAGES)
    asked = _asked_of_pages(pages[:count], organisation, rng)
    asked += _thinned(database.asked(), _ASKED_OF_DATABASE, rng)
    asked += as_asked(ties.asked())
    asked += Across(organisation, database, random.Random(f"across {number}")).asked()
    few = math.ceil(_ELSEWHERE * len(asked) / 2)
    elsewhere = [rng.choice(rng.choice(page.facts).asks) for page in pages[count : count + few]]
    asked += [Asked(0, None, [wording], "NONE") for wording in elsewhere + database.unanswerable(few)]
    for line, question in enumerate(asked):
        question.line = line
    organisation.asked = asked
    return organisation


def composed_examples(count: int, skipped: Counter[str] | None = None, first: int = 0) -> Iterator[Example]:
    """Those of `count` organisations from number `first` on. `skipped` counts by reason what cannot be used."""
    words, reasons = read_vocabulary(VOCABULARY), Counter[str]() if skipped is None else skipped
    for number in range(first, first + count):
        yield from organisation_examples(compose(number, words), reasons, "composed")


def _related(entities: Sequence[Entity], rng: random.Random) -> list[Entity]:
    """Some kinds of things, mostly ones that belong to one another, no two of one name."""
    by_name = {e.names[0]: e for e in entities}
    chosen: dict[str, Entity] = {}
    waiting = [rng.choice(entities)]
    count = rng.randint(*_TABLES)
    while len(chosen) < min(count, len(by_name)):
        entity = waiting.pop(0) if waiting else rng.choice(entities)
        if entity.names[0] in chosen:
            continue
        chosen[entity.names[0]] = entity
        near = [by_name[a.target] for a in entity.attributes if a.target in by_name]
        near += [e for e in entities if any(a.target == entity.names[0] for a in e.attributes)]
        waiting += rng.sample(near, min(len(near), 2))
    return list(chosen.values())


def _thinned(asked: list[Asked], most: int, rng: random.Random) -> list[Asked]:
    return rng.sample(asked, min(most, len(asked)))


# --- Documents --------------------------------------------------------------------------------------------------


def _asked_of_pages(pages: Sequence[Page], organisation: Organisation, rng: random.Random) -> list[Asked]:
    """Writes the pages as passages of the organisation, and returns questions for their facts."""
    asked: list[Asked] = []
    book = rng.choice(("", "", "Handbook > ", "Guide > ", "Rules > ", "Notes > "))
    for page in pages:
        title, facts = rng.choice(page.titles), rng.sample(page.facts, len(page.facts))
        while facts:
            together, facts = facts[: (count := rng.randint(2, 5))], facts[count:]
            said = [_said(fact, rng) for fact in together]
            text = " ".join(f"{before}{answer}{after}" for before, answer, after in said)
            paragraph, start = len(organisation.passages), 0
            organisation.passages.append(Passage(str(paragraph + 1), book + title, text, find_mentions(text)))
            for fact, (before, answer, after) in zip(together, said, strict=True):
                # An answer is looked for by its words, so it must be the first place where they stand.
                if text.find(answer) == start + len(before) and fact.asks:
                    wordings = rng.sample(fact.asks, min(len(fact.asks), 2))
                    asked.append(Asked(0, paragraph, wordings, answer))
                start += len(before) + len(answer) + len(after) + 1
    return _thinned(asked, _ASKED_OF_PAGES // 2, rng)


def _said(fact: Fact, rng: random.Random) -> tuple[str, str, str]:
    before, answers, after = rng.choice(fact.says)
    return before, rng.choice(answers), after


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m service.prepare.composed", description="Print a composed organisation.")
    parser.add_argument("number", nargs="?", type=int, default=0)
    organisation = compose(parser.parse_args().number, read_vocabulary(VOCABULARY))
    print(f"today: {organisation.today}\n\n== database\n{organisation.script}\n\n== documents")
    for passage in organisation.passages:
        print(f"# {passage.title}\n{passage.text}\n")
    print("== questions")
    for asked in organisation.asked:
        print("\n".join(f"Q: {wording}" for wording in asked.wordings))
        print("\n".join([f"A: {asked.answer}"] * (asked.answer is not None) + [f"SQL: {query}" for query in asked.queries]))
        if asked.calculation:
            print(f"CALC: {asked.calculation}")


if __name__ == "__main__":
    main()
