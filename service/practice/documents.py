"""Practice on documents: cloze and terse questions from their sentences, and questions that need a document and numbers or a database.

Cloze questions are made by rule (a sentence with an auxiliary verb is turned round) and are plain; they teach where to look.
Mixed questions stand on short sentences in the style of house rules, written here: a rate to multiply by, a percentage to
take, a threshold that rows of a database are held against.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from models.examples import Example
from retrieval.mentions import find_mentions
from retrieval.passages import sentences
from retrieval.schema import relevant_schema
from tools.errors import ToolError
from tools.evidence import Block, Evidence, Mention, Number, Passage, Span
from tools.language import Program

from service.practice.conditions import NothingToSay
from service.practice.asking import Asking, summable
from service.practice.lexicon import MONEY
from service.practice.phrasing import Draft, Part, Voice
from service.practice.checking import all_shown, run, shuffled
from service.practice.study import Study

# --- Cloze --------------------------------------------------------------------------------------------------------

_SENTENCE = re.compile(r"[A-Z][^.!?\n]{25,220}[.!?](?=\s|$)")
_TURN = re.compile(
    r"^(?P<subject>(?:The|A|An|Each|Every|All|Any|Our|Your|You|We|It|They|[A-Z]\w+)(?: [^\s,;:]+){0,6}?) (?P<verb>can|may|must|"
    r"should|will|is|are|was|were|has|have)(?P<no> not)? (?P<rest>.+)[.!]$"
)
_QUANTITY = re.compile(
    r"\b(?P<number>\d[\d,.]*\d|\d|two|three|four|five|six|seven|eight|nine|ten|twelve) (?P<unit>(?:working |calendar |business "
    r")?[a-z]{3,}s)\b"
)
_DATE_PHRASE = re.compile(r"\b(?:on|in|by|since|until|before|after) ")
_LONG_UNITS = {"days", "weeks", "months", "years", "hours", "minutes", "seconds", "working days", "business days", "calendar days"}
_SELF = {
    "you",
    "customers",
    "employees",
    "members",
    "guests",
    "visitors",
    "students",
    "staff",
    "users",
    "participants",
    "we",
    "everyone",
    "anyone",
    "people",
}


def cloze_examples(passages: Sequence[Passage], n: int, seed: int, group: str = "documents") -> Iterator[Example]:
    """Up to `n` questions that a sentence of a passage answers, by a span of it or as a whole."""
    rng = random.Random(f"{seed}/cloze")
    made = 0
    for passage in rng.sample(list(passages), len(passages)):
        for match in _SENTENCE.finditer(passage.text):
            found = _cloze(match[0], rng)
            if found is None or rng.random() < 0.25:
                continue
            question, start, end = found
            question = question[:1].upper() + question[1:] if rng.random() < 0.8 else question[:1].lower() + question[1:]
            if rng.random() < 0.15:
                question = question.rstrip("?")
            block = replace(passage, mentions=find_mentions(passage.text))
            evidence = Evidence(question, (block,), find_mentions(question))
            yield Example(evidence, ("quote", Span(0, match.start() + start, match.start() + end), "end"), "practice", group)
            made += 1
            if made == n:
                return


def _cloze(sentence: str, rng: random.Random) -> tuple[str, int, int] | None:
    """A question and the characters of the sentence that answer it."""
    turned = _TURN.match(sentence)
    if turned is None:
        return None
    subject, verb, no, rest = turned["subject"], turned["verb"], turned["no"] or "", turned["rest"]
    said = (
        subject[:1].lower() + subject[1:]
        if subject.split()[0] in ("The", "A", "An", "Each", "Every", "All", "Any", "Our", "Your", "You", "We", "It", "They")
        or subject.lower() in _SELF
        or re.fullmatch(r"[A-Z][a-z]+s", subject)
        else subject
    )
    if said in ("it", "they", "this", "these"):
        return None
    offset = turned.start("rest")
    if (quantity := _QUANTITY.search(rest)) is not None and rng.random() < 0.75:
        unit = quantity["unit"]
        before, after = rest[: quantity.start()].rstrip(), rest[quantity.end() :].strip()
        lead = ""
        words = before.split()
        if words and words[-1] in ("within", "for", "after", "before", "at", "of", "in", "up", "to", "least", "most", "every", "than"):
            lead = words[-1] + " " if words[-1] in ("within", "for", "after", "before", "in") else ""
            before = " ".join(words[:-1])
        long = unit in _LONG_UNITS and rng.random() < 0.4 and not lead.startswith("within")
        asked = "how long" if long else f"{lead}how many {unit}"
        if after.startswith(("and ", "or ", ",", "(")) or before.endswith(("up", "and", "or")):
            return None
        if after.startswith("of ") and not long:
            asked, after = f"{asked} {after}", ""
        question = " ".join(p for p in (asked, verb + no.replace(" not", ""), said, before, after) if p) + "?"
        return (question.capitalize() if question[0].islower() else question), offset + quantity.start(), offset + quantity.end()
    dates = [m for m in find_mentions(rest) if m.kind == "date"]
    if dates and rng.random() < 0.8:
        before = _DATE_PHRASE.sub("", rest[: dates[0].start][-8:])
        kept = rest[: max(0, dates[0].start - 8)] + before + rest[dates[0].end :]
        return f"When {verb} {said} {' '.join(kept.split())}?", offset + dates[0].start, offset + dates[0].end
    if no and verb in ("can", "may", "must", "should"):
        template = rng.choice(("Can {s} {r}?", "May {s} {r}?", "Is it allowed to {r}?", "Am I allowed to {r}?"))
    elif verb in ("can", "may"):
        template = rng.choice(("Can {s} {r}?", "May {s} {r}?", "Is it possible to {r}?", "Is it allowed to {r}?"))
    elif verb in ("must", "should"):
        template = rng.choice(("Do {s} have to {r}?", "Must {s} {r}?", "Is it necessary to {r}?"))
    else:
        template = "{V} {s} {r}?"
    who = "I" if said in _SELF and rng.random() < 0.75 else said
    if "Do {s}" in template and who not in _SELF | {"I"}:
        template = "Must {s} {r}?"
    clause = re.split(r"[,;:]| unless | if | because | so that ", rest)[0]
    if who == "I":
        clause = re.sub(r"\byour\b", "my", re.sub(r"\btheir\b", "my", clause))
        verb = {"are": "am", "were": "was", "has": "have"}.get(verb, verb)
    return template.format(s=who, r=clause, V=verb.capitalize()), 0, len(sentence)


# --- A number of a document and a number of the question -----------------------------------------------------------

# (sentence with {p}, question with {q}, program over P and Q)
_Shape = tuple[str, tuple[str, ...], tuple[str, ...]]
_MUL, _PERCENT, _LESS, _MORE, _DIV = (
    ("mul", "Q", "P"),
    ("percent", "P", "Q"),
    ("sub", "Q", "percent", "P", "Q"),
    ("add", "Q", "percent", "P", "Q"),
    ("div", "Q", "P"),
)
_RATES: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    (
        "kilometre",
        "kilometres",
        ("driving", "a trip of"),
        "Business trips by private car are paid back at {p} euros per {u}.|Whoever drives their own car gets {p} euros for every "
        "{u}.|The mileage allowance is {p} euros per {u}.",
    ),
    (
        "day",
        "days",
        ("storing a parcel for", "parking for"),
        "Storage costs {p} euros per {u}.|A fee of {p} euros is charged for each {u}.|We charge {p} euros a {u} for storage and parking.",
    ),
    (
        "hour",
        "hours",
        ("a repair that takes", "renting the hall for"),
        "An hour of work or of the hall costs {p} euros.|Repairs and the hall are billed at {p} euros per {u}.|Our rate is {p} euros "
        "for each {u}.",
    ),
    (
        "night",
        "nights",
        ("staying", "a stay of"),
        "Guests pay {p} euros per {u}.|The tourist rate is {p} euros for each {u}.|A {u} in the hut costs {p} euros.",
    ),
    (
        "person",
        "people",
        ("a group of", "a tour with"),
        "The price is {p} euros per {u}.|Groups pay {p} euros for each {u}.|Every {u} pays {p} euros.",
    ),
    (
        "kilogram",
        "kilograms",
        ("sending", "a parcel of"),
        "Shipping costs {p} euros per {u}.|Each {u} of weight adds {p} euros.|Freight is charged at {p} euros per {u}.",
    ),
    (
        "week",
        "weeks",
        ("borrowing it for", "renting a bike for"),
        "The rental fee is {p} euros per {u}.|A bike costs {p} euros a {u}.|For every {u} we ask {p} euros.",
    ),
    (
        "copy",
        "copies",
        ("printing", "an order of"),
        "Each {u} costs {p} euros.|Printing is {p} euros per {u}.|We charge {p} euros for a {u}.",
    ),
    (
        "month",
        "months",
        ("a subscription of", "membership for"),
        "Membership is {p} euros per {u}.|A subscription costs {p} euros every {u}.|The fee is {p} euros a {u}.",
    ),
)
_SHARES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "discount",
        "Members get a discount of {p}% on all services.|Students receive {p}% off.|Returning customers are given a {p}% discount.|"
        "There is {p} percent off for early bookings.|Staff pay {p}% less in our shops.",
        (
            "less:[What|How much] [do I|would I|does one] pay [for|on] {q} with the discount?|less:What does {q} come to after the "
            "discount?|less:What is the reduced price of {q}?|share:How much [do I|would I] save on {q} with the discount?|share:How "
            "big is the discount on {q}?|share:What discount do I get on {q}?",
        ),
    ),
    (
        "deposit",
        "A deposit of {p}% is due when booking.|When the contract is signed, {p}% of the price must be paid.|We ask for a down "
        "payment of {p} percent.",
        (
            "share:How [high|large|much] is the [deposit|down payment] [for|on] {q}?|share:What deposit is due for {q}?|less:What is "
            "left to pay of {q} after the [deposit|down payment]?|less:How much remains of {q} once the deposit is paid?",
        ),
    ),
    (
        "surcharge",
        "A surcharge of {p}% applies at weekends.|Express orders cost {p}% extra.|For work at night we add {p} percent.|A service "
        "charge of {p}% is added to every bill.",
        (
            "more:What [do I|does one] pay for {q} with the surcharge?|more:How much is {q} including the surcharge?|more:What does "
            "{q} come to with the extra charge?|share:How [much|high] is the surcharge on {q}?|share:What is the extra charge on {q}?",
        ),
    ),
    (
        "tax",
        "Sales tax is {p}%.|The rate of value added tax is {p} percent.|All prices are subject to {p}% tax.",
        (
            "share:How much tax is due on {q}?|share:What is the tax on {q}?|more:What is {q} with tax?|more:How much is {q} "
            "including tax?|more:{q} plus tax",
        ),
    ),
    (
        "commission",
        "Agents earn a commission of {p}% on each sale.|The commission rate is {p} percent.|We keep a commission of {p}%.",
        (
            "share:What is the commission on {q}?|share:How much commission [is due|do agents get] [on|for] {q}?|less:What remains "
            "of {q} after commission?",
        ),
    ),
    (
        "fee",
        "The cancellation fee is {p}% of the price.|Cancelling late costs {p}% of the booking.|If you cancel, {p} percent are kept.",
        (
            "share:What does it cost to cancel a booking of {q}?|share:How high is the cancellation fee for {q}?|less:How much of "
            "{q} do I get back if I cancel?|less:What is the refund when cancelling a booking of {q}?",
        ),
    ),
)
_FILLERS = (
    "Questions are answered at the front desk from nine to five.",
    "Please keep the receipt.",
    "The rule holds for all locations.",
    "Exceptions need the consent of the manager.",
    "Details are in the handbook.",
    "This has been the case since the last revision.",
    "Children under 6 are free.",
    "The form has two pages.",
    "Write to the office for more.",
    "It is checked once a year.",
)


# --- Terse questions ----------------------------------------------------------------------------------------------

_ABOUT = (
    "", "", "", "what about ", "how about ", "what do we say about ", "what is the rule on ", "tell me about ", "what happens with ",
    "anything on ", "how does it work with ", "what should I know about ", "what applies to ", "how do we handle ", "why ", "how do ",
    "can I ", "do we ", "do I have to ", "is it true that ",
)  # fmt: skip
_AMOUNT = ("how many ", "how much ", "how long ", "what number of ", "what is the figure for ", "how many is it for ", "what amount: ", "")
_DAY = ("when ", "since when ", "by when ", "what date: ", "when was ", "when do ")
_SMALL = frozenset(
    "a an and any are as at be been but by can do does each every for from had has have if in into is it its may must no not of on only or"
    " our so than that the their them then there they this to until up was we were when which who will with without you your".split()
)
_TERM = re.compile(r"[A-Za-z][\w'’-]+")
_UNIT = re.compile(r"[ -]?(?:%|[A-Za-z]+)")


def terse_examples(passages: Sequence[Passage], n: int, seed: int, group: str = "documents") -> Iterator[Example]:
    """Up to `n` questions of a few words of a sentence, as people type into a search box.

    They are answered by the sentence, or, where they ask for an amount or a day, by the number with its unit or the date. No
    grammar is attempted: what they teach is to find the sentence that says it and to quote it.
    """
    rng = random.Random(f"terse {seed}")
    chosen = list(passages)
    for _ in range(n):
        passage = rng.choice(chosen)
        start, end = rng.choice(sentences(passage.text))
        mentions = [m for m in passage.mentions if start <= m.start and m.end <= end]
        asked = rng.choice(mentions) if mentions and rng.random() < 0.6 else None
        terms = [w for w in _TERM.finditer(passage.text, start, end) if w[0].lower() not in _SMALL]
        if asked is not None:
            terms = [w for w in terms if w.end() <= asked.start or w.start() >= asked.end]
        if len(terms) < 3:
            continue
        few = sorted(rng.sample(terms, min(len(terms), rng.choice((2, 3, 3, 4, 5)))), key=lambda w: w.start())
        opening = rng.choice(_ABOUT) if asked is None else rng.choice(_AMOUNT if asked.kind == "number" else _DAY)
        words = " ".join(w[0].lower() if w.start() == start else w[0] for w in few)
        question = opening + words + rng.choice(("", "?", "?"))
        first, last = (start, end) if asked is None else (asked.start, asked.end)
        if asked is not None and asked.kind == "number" and (unit := _UNIT.match(passage.text, asked.end, end)):
            last = unit.end()
        program: Program = ("quote", Span(0, first, last), "end")
        question = question[:1].upper() + question[1:] if rng.random() < 0.5 else question
        yield Example(Evidence(question, (passage,), find_mentions(question)), program, "cloze", group)


def document_and_number(n: int, seed: int) -> Iterator[Example]:
    """Calculations with one number of a passage and one of the question."""
    rng = random.Random(f"{seed}/rates")
    for index in range(n):
        voice = Voice(rng)
        draft = Draft(voice)
        if rng.random() < 0.5:
            unit, units, occasions, sentences = rng.choice(_RATES)
            rate = rng.choice((Decimal(rng.randint(1, 90)), Decimal(rng.randint(10, 999)) / 100, Decimal(rng.randint(1, 40)) / 2))
            sentence = rng.choice(sentences.split("|")).format(p=format(rate.normalize(), "f"), u=unit)
            q, later = draft.number(rng.choice((rng.randint(2, 12), rng.randint(13, 400))))
            text = voice.say(
                f"[How much [is|do I pay for|do we get for|would I pay for] {rng.choice(occasions)} {{q}} {units}?|What does "
                f"{rng.choice(occasions)} {{q}} {units} [cost|come to]?|[cost of|price for] {{q}} {units}|What [do|would] {{q}} "
                f"{units} [cost|come to] [in total|]?|How many euros [is that|is it] for {{q}} {units}?]",
                q=q,
            )
            shape: tuple[str, ...] = _MUL
        else:
            _, sentences, questions = rng.choice(_SHARES)
            rate = Decimal(rng.choice((2, 3, 5, 7, 8, 10, 12, 15, 18, 19, 20, 25, 30, 40, 50)))
            sentence = rng.choice(sentences.split("|")).format(p=rate)
            kind, _, question = rng.choice(
                questions[0]
                .replace("|share:", "\n share:")
                .replace("|less:", "\nless:")
                .replace("|more:", "\nmore:")
                .replace(" share:", "share:")
                .split("\n")
            ).partition(":")
            q, later = draft.number(rng.choice((rng.randint(20, 400), rng.randint(4, 90) * 50)))
            draft.slots[-1].surface = rng.choice(("{} euros", "€{}", "{} EUR", "{} euros")).format(draft.slots[-1].first)
            text = voice.say(question, q=q)
            shape = {"share": _PERCENT, "less": _LESS, "more": _MORE}[kind]
        try:
            passage, mention = _around(sentence, rate, rng, "house rules")
        except NothingToSay:
            continue
        blocks, at = among(passage, rng)
        parts: list[Part] = ["calc"]
        for word in shape:
            parts.append(later if word == "Q" else _number(mention, at) if word == "P" else word)
        finished = draft.finish(text, [*parts, "give", "r1"])
        if finished is not None:
            yield Example(Evidence(finished[0], blocks, finished[1]), finished[2], "practice", f"house rules {index % 40}")


def paragraph(sentence: str, rng: random.Random, title: str, more: tuple[str, ...] = ()) -> tuple[Passage, int]:
    """The sentence among others, and the character it begins at."""
    others = [*rng.sample(_FILLERS, rng.randint(0, 3)), *more]
    rng.shuffle(others)
    before = others[: rng.randint(0, len(others))]
    start = sum(len(s) + 1 for s in before)
    text = " ".join([*before, sentence, *others[len(before) :]])
    number, called = rng.randint(1, 9999), rng.choice((title, title.capitalize(), "Handbook", "Terms", "Notes", "Policy"))
    return Passage(f"p{number}", called, text, find_mentions(text)), start


def _around(sentence: str, value: Decimal, rng: random.Random, title: str, more: tuple[str, ...] = ()) -> tuple[Passage, Mention]:
    """The sentence among others, and the number in it."""
    passage, start = paragraph(sentence, rng, title, more)
    inside = (m for m in passage.mentions if m.kind == "number" and start <= m.start < start + len(sentence))
    mention = next((m for m in inside if Decimal(m.value) == value), None)
    if mention is None:
        raise NothingToSay
    return passage, mention


def among(passage: Passage, rng: random.Random, *more: Block) -> tuple[tuple[Block, ...], int]:
    """The passage among distractors, and where it stands."""
    blocks: list[Block] = [passage, *more]
    for _ in range(rng.choice((0, 0, 1, 1, 2))):
        unit, _, _, sentences = rng.choice(_RATES)
        sentence = rng.choice(sentences.split("|")).format(p=rng.randint(2, 90), u=unit)
        text = " ".join([rng.choice(_FILLERS), sentence]) if rng.random() < 0.5 else " ".join(rng.sample(_FILLERS, 2))
        if passage.text not in text and sentence not in passage.text and rng.random() < 0.6:
            text = " ".join(rng.sample(_FILLERS, 2))
        blocks.append(Passage(f"p{rng.randint(1, 9999)}", "Notes", text, find_mentions(text)))
    rng.shuffle(blocks)
    return tuple(blocks), blocks.index(passage)


def _number(mention: Mention, block: int) -> Number:
    return Number(mention.value, block, mention.start, mention.end)


# --- A threshold of a document, rows of a database ------------------------------------------------------------------

_LABELS = (
    "large",
    "priority",
    "premium",
    "small",
    "special",
    "reportable",
    "top",
    "critical",
    "eligible",
    "major",
    "low",
    "standard",
    "heavy",
    "protected",
)


def document_and_rows(studies: Sequence[Study], n: int, seed: int) -> Iterator[Example]:
    """Queries whose number stands in a passage: "how many premium customers do we have?"."""
    return tried(studies, n, random.Random(f"{seed}/thresholds"), _threshold)


_TRIES = 8  # for each example that is wanted


def tried(
    studies: Sequence[Study], n: int, rng: random.Random, make: Callable[[Asking, random.Random], Example | None]
) -> Iterator[Example]:
    """Up to `n` examples that `make` makes of draws over one of the studies each; it may find nothing to say, or return None."""
    made = 0
    for _ in range(_TRIES * n):
        if made == n:
            return
        try:
            example = make(Asking.begin(rng.choice(studies), rng), rng)
        except (NothingToSay, ToolError, IndexError):
            continue
        if example is not None:
            made += 1
            yield example


def _threshold(ask: Asking, rng: random.Random) -> Example | None:
    voice, study = ask.voice, ask.study
    entity = ask.entity(lambda e: any(f.role == "measure" and f.type == "number" for f in e.fields))
    field = ask.measure(entity)
    column, many = voice.column(field, 0.3), voice.entity(entity, True)
    money = " euros" if any(w in MONEY for w in field.words) else ""
    if rng.random() < 0.3 and summable(field) and money:  # a percentage of a document, taken of a total
        rate = Decimal(rng.choice((2, 3, 5, 8, 10, 12, 15, 20, 25)))
        what = rng.choice(("commission", "bonus", "tax", "reserve", "discount", "service charge", "levy"))
        sentence = voice.say(
            "[A {w} of {x}% is [paid on|taken of|charged on] the {c} of {p}.|The {w} [is|amounts to] {x} percent of the {c} of {p}.|"
            "For {p}, a {w} of {x}% of the {c} applies.]",
            w=what,
            x=str(rate),
            c=column,
            p=many,
        )
        passage, mention = _around(sentence, rate, rng, "rules")
        text = voice.say(
            "[What is|How [much|high|large] is] the {w} on the total {c} of all {p}?|[total|overall] {w} [for|on] all {p}|How much "
            "{w} [do all {p} bring|is due] [in total|altogether] [on|for] the {c} of [our|all] {p}?",
            w=what,
            c=column,
            p=many,
        )
        query: tuple[Part, ...] = ("query", "select", "sum", field.token, "end", "calc", "percent")
        tail: tuple[Part, ...] = ("r1", "give", "r2")
    else:
        label, above = rng.choice(_LABELS), rng.random() < 0.65
        threshold = ask.conditions.threshold(field)
        if threshold <= 0:
            return None
        operation, spoken = rng.choice(
            (("gt", "[more than|above|over|exceeding]"), ("ge", "[at least|no less than]"))
            if above
            else (("lt", "[less than|below|under]"), ("le", "[at most|no more than|up to]"))
        )
        x = voice.pick(spoken) + " " + (f"{threshold:,}" if rng.random() < 0.3 else format(threshold.normalize(), "f")) + money
        sentence = voice.say(
            "[{P} with a {c} of {x} [are considered|count as|are called|are treated as] {l}.|A {e} is [called|considered] {l} if its "
            "{c} is {x}.|We speak of {l} {p} where the {c} is {x}.|{P} whose {c} is {x} are classed as {l}.]",
            P=many.capitalize(),
            p=many,
            c=column,
            x=x,
            l=label,
            e=voice.entity(entity, False),
        )
        sentence = (
            re.sub(r"\bof (above|below|over|under|exceeding|up to)\b", r"\1", sentence)
            .replace("is exceeding", "exceeds")
            .replace("are exceeding", "exceeds")
        )
        contrast: tuple[str, ...] = ()
        if rng.random() < 0.5:  # another label with another number beside it: which one is meant must be read
            other_label = rng.choice([word for word in _LABELS if word != label])
            contrast = (
                voice.say(
                    "[{P} with a {c} {s} {y} are {l}.|{l} {p} are those {s} {y}.|A {c} {s} {y} makes it {l}.]",
                    P=many.capitalize(),
                    p=many,
                    c=column,
                    l=other_label,
                    s=rng.choice(("above", "below", "of at least")),
                    y=str(ask.conditions.threshold(field)),
                ).capitalize(),
            )
        passage, mention = _around(sentence, threshold, rng, f"{label} {many}", contrast)
        which = rng.random()
        if which < 0.5:
            text = voice.say(
                "[How many {l} {p} [are there|do we have|]?|How many [of our |]{p} [count as|are considered|are] {l}?|[number of|"
                "count] {l} {p}|How many {p} are there that count as {l}?]",
                l=label,
                p=many,
            )
            what_selected: tuple[Part, ...] = ("count", entity.token)
        elif entity.naming:
            text = voice.say(
                "[Which {p} [are|count as|are considered] {l}?|[list|show|show me|name] [the|all|all the] {l} {p}|Which are our {l} "
                "{p}?|{l} {p}]",
                l=label,
                p=many,
            )
            what_selected = ask.shown(entity)
        else:
            other = ask.measure(entity)
            if not summable(other):
                return None
            text = voice.say(
                "[What is|Calculate] the [total|average] {c} of [all |the |]{l} {p}[?|]", c=voice.column(other), l=label, p=many
            )
            what_selected = ("avg" if "average" in text else "sum", other.token)
        query = ("query", "select", *what_selected, "where", operation, field.token)
        tail = ("end", "give", "r1")
    shown = relevant_schema(text, study.schema, study.index)
    schema = shuffled(shown, rng)
    blocks, at = among(passage, rng, schema)
    finished = ask.draft.finish(text, [*query, _number(mention, at), *tail])
    if finished is None or not all_shown(finished[2], schema):
        return None
    result = run(finished[2], study.connection, study.schema)
    total = study.connection.execute(f'SELECT COUNT(*) FROM "{entity.name}"').fetchone()[0]
    if not result or (isinstance(result, list) and (result[0][0] in (None, 0) or len(result) == total or result[0][0] == total)):
        return None
    return Example(Evidence(finished[0], blocks, finished[1]), finished[2], "practice", study.schema.database)


__all__ = ["among", "cloze_examples", "document_and_number", "document_and_rows", "paragraph", "tried"]
