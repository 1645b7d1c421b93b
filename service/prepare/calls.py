"""Requests that a function answers, made of functions written by hand (`functions.py`), and when not to call any.

A request becomes a call of the function it was written for, with pointers to the words, numbers and dates in it, or to a stored value
that the schema shows and the request names. Beside the right function stand others, of its own domain above all; before them, in most
examples, passages and a schema of another set's examples, since that is what the service shows: those of any question, or those of one
organisation that match the request best. A question of such an example with functions beside it keeps its own program, also where they
sound like it but do something else, and a request without its function is `unknown`: when not to call is learned as well.

A request is kept only if the function accepts the arguments, they are what was said, and the model could point at each.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from models.encoding import Encoded, encode
from models.examples import Example
from models.tokenizer import Tokenizer
from retrieval.mentions import find_mentions
from retrieval.words import fold
from service.evidence import relevant_tools
from service.prepare.functions import Fillers, Place, Request, Taken, Written, filled
from service.prepare.written import Near
from tools.errors import ToolError
from tools.evidence import QUESTION, Block, Evidence, Mention, Parameter, Passage, Phrase, Pointer, Schema, Tool, ToolInfo, Value
from tools.functions import Function
from tools.language import OPERATIONS, LanguageError, Program
from tools.router import Router

_FIRST_DAY, _DAYS = date(2024, 1, 1), 1200  # what "tomorrow" counts from is one of these days
_MOST_OFFERED = 8
_QUESTION, _MISSING, _STORED = 0.3, 0.1, 0.05  # shares: another's question; the function is not offered; an argument is a stored value
_SOUNDING = 1 / 3  # of the questions stand beside functions that sound like them
_ALONE, _MATCHING = 0.2, 0.5  # of the requests have nothing beside the functions; of the others, what matches them best
_SAME_DOMAIN = 0.5  # of the rivals are of the function's domain
_NUMBERS = ("integer", "number", "money")
_PERCENT = ("", "%", " percent")  # what a number may have behind it
_POLITE = ("please {}", "can you {}?", "could you {}?", "could you please {}", "I'd like you to {}", "I need you to {}", "hey, {}",
           "{} please", "{}, thanks", "would you {}?", "go ahead and {}", "hi! {}", "now {}", "ok, {}", "can you please {}?")  # fmt: skip
_BEFORE = ("hi, ", "hello, ", "ok, ", "quick question: ", "so, ", "one more thing: ", "hey, ")
_AFTER = ("Returns JSON", "Call it only when it is asked for", "Needs the user's permission", "Use it when the user asks for this")
_KEPT_BY = {  # the columns, with their tables where they hold names, that hold what parameters of these kinds are filled with
    re.compile(r"city$|town$"): {"city", "place", "timezone"},
    re.compile(r"^(supplier|compan|client|vendor).* \w*name$"): {"company"},
    re.compile(r"^(product|item|article).* \w*(name|title)$"): {"product", "item"},
    re.compile(r"^(employee|staff|driver|teacher|patient|member|technician|colleague|worker|volunteer|student|guest)s?\w* \w*name$"): {
        "person", "fullname", "contact"
    },
}  # fmt: skip


def call_examples(
    functions: Sequence[Written], others: Sequence[Example], count: int, tokenizer: Tokenizer, seed: int = 0
) -> Iterator[Example]:
    """`count` examples over these functions, beside what the examples `others` show; all can be said with `tokenizer`."""
    maker = _Maker(functions, others, tokenizer, random.Random(seed))
    made = 0
    while made < count:
        example = maker.example()
        if example is not None:
            made += 1
            yield example


@dataclass(frozen=True)
class _Group:
    """What the examples of one organisation show."""

    examples: list[Example]

    @cached_property
    def near(self) -> Near:
        passages = {block.text: block for example in self.examples for block in example.evidence.blocks if isinstance(block, Passage)}
        return Near(list(passages.values()))

    @cached_property
    def schemas(self) -> list[Schema]:
        return [block for example in self.examples for block in example.evidence.blocks if isinstance(block, Schema)]


class _Maker:
    def __init__(self, functions: Sequence[Written], others: Sequence[Example], tokenizer: Tokenizer, rng: random.Random) -> None:
        self.functions, self.others, self.tokenizer, self.rng = functions, others, tokenizer, rng
        self.fillers = Fillers()
        self.domains: dict[str, list[Written]] = {}
        for function in functions:
            self.domains.setdefault(function.domain, []).append(function)
        groups: dict[str, list[Example]] = {}
        for example in others:
            groups.setdefault(example.group, []).append(example)
        self.groups = list(map(_Group, groups.values()))
        self.stored = [example for example in others if any(_stored(block) for block in example.evidence.blocks)]

    def example(self) -> Example | None:
        """None where what was drawn cannot be used."""
        rng, what = self.rng, self.rng.random()
        if self.others and what < _QUESTION:
            return self._question(rng.choice(self.others))
        if self.stored and what < _QUESTION + _STORED:
            return self._of_stored(rng.choice(self.stored))
        written = rng.choice(self.functions)
        return self._request(written, rng.choice(written.requests), {}, None, offered=what < 1 - _MISSING)

    def _request(
        self, written: Written, request: Request, given: dict[str, str], beside: tuple[Block, ...] | None, offered: bool
    ) -> Example | None:
        rng = self.rng
        text, places = _spoken(request, *filled(request, written, self.fillers, rng, given), rng)
        mentions = find_mentions(text, _FIRST_DAY + timedelta(days=rng.randrange(_DAYS)))
        beside = self._beside(text) if beside is None else beside
        declared, names = _declared(written, rng)
        call = self._call(declared, {taken.key: (taken, name) for taken, name in zip(written.parameters, names, strict=True)},
                          text, places, mentions, [block for block in beside if isinstance(block, Schema)])  # fmt: skip
        if call is None or (given and not any(isinstance(token, Value) for token in call)):
            return None
        tools = self._offered(written, declared if offered else None)
        return Example(Evidence(text, (*beside, *tools), mentions), call if offered else ("unknown",), "calls", written.names[0])

    def _of_stored(self, other: Example) -> Example | None:
        """A request that names a value which the schema of `other` shows."""
        rng = self.rng
        kinds, value = rng.choice([stored for block in other.evidence.blocks for stored in _stored(block)])
        able = [
            (written, request, taken.key)
            for written in self.functions for taken in written.parameters if taken.kind in kinds
            for request in written.requests if f"{{{taken.key}}}" in request.text
        ]  # fmt: skip
        if not able:
            return None
        written, request, key = rng.choice(able)
        said = value if rng.random() < 0.7 else value.lower()
        return self._request(written, request, {key: said}, other.evidence.blocks, offered=True)

    def _question(self, other: Example) -> Example | None:
        """Another's question with functions beside it, none of which answers it. Those that tell something and share its words might."""
        rng, question = self.rng, other.evidence.question
        written = rng.sample(self.functions, min(len(self.functions), 24))
        drawn = {info.name: (function, info) for function in written for info in [_declared(function, rng)[0].info]}
        sounding = {info.name for info in relevant_tools(question, [info for _, info in drawn.values()])}
        if rng.random() < _SOUNDING:
            able = [info for function, info in drawn.values() if function.acts and info.name in sounding]
        else:
            able = [info for function, info in drawn.values() if function.acts or info.name not in sounding]
        if not able:
            return None
        tools = rng.sample(able, min(len(able), rng.choice((1, 2, 2, 3, 4, 5, 6, _MOST_OFFERED))))
        return replace(other, evidence=replace(other.evidence, blocks=(*other.evidence.blocks, *tools)), source="calls", group="")

    def _beside(self, request: str) -> tuple[Block, ...]:
        """The passages and the schema that stand before the functions."""
        rng = self.rng
        if not self.others or rng.random() < _ALONE:
            return ()
        if rng.random() >= _MATCHING:
            return rng.choice(self.others).evidence.blocks
        group = rng.choice(self.groups)
        found = group.near.to(request, rng.choice((2, 3, 4, 5, 6)))
        return (*rng.sample(found, len(found)), *(rng.sample(group.schemas, 1) if group.schemas else ()))

    def _offered(self, written: Written, declared: Function | None) -> list[ToolInfo]:
        """The function, if it is there, and others that could not be meant; no two of them by one name."""
        rng = self.rng
        tools = {} if declared is None else {declared.name: declared.info}
        wanted = len(tools) + rng.choice((0, 1, 2, 2, 3, 4, 5, _MOST_OFFERED - 1) if tools else (1, 1, 2, 3, 4, 6, _MOST_OFFERED))
        for _ in range(3 * wanted):
            rival = rng.choice(self.domains[written.domain] if rng.random() < _SAME_DOMAIN else self.functions)
            if len(tools) < wanted and rival is not written and not rival.resembles(written):
                info = _declared(rival, rng)[0].info
                tools.setdefault(info.name, info)
        return rng.sample(list(tools.values()), len(tools))

    def _call(
        self, function: Function, parameters: Mapping[str, tuple[Taken, str]], text: str, places: Mapping[str, Place],
        mentions: tuple[Mention, ...], schemas: Sequence[Schema],
    ) -> Program | None:  # fmt: skip
        """The program that calls the function with what stands in the request; None where that cannot be pointed at or is not accepted."""
        said = {parameters[key][1]: (parameters[key][0], place) for key, place in places.items()}
        program: list[Any] = ["call", Tool(function.name)]
        for declared in function.parameters:  # in the order in which the model sees them
            if declared.name in said:
                pointer = _pointer(text, *said[declared.name], mentions, schemas)
                if pointer is None:
                    return None
                program += [Parameter(function.name, declared.name), pointer]
        program += ["end", "give", "r1"]
        evidence = Evidence(text, (*schemas, function.info), mentions)
        try:
            outcome = Router({}).for_question((function,)).run(tuple(program), evidence)
        except (ToolError, LanguageError):
            return None
        if outcome.kind != "call" or outcome.call is None or set(outcome.call.arguments) != set(said):
            return None
        for name, (taken, place) in said.items():
            if _is_words(taken) and fold(str(outcome.call.arguments[name])) != fold(text[place.start : place.end]):
                return None
        return tuple(program) if _can_be_said(encode(evidence, self.tokenizer), tuple(program)) else None


def _declared(written: Written, rng: random.Random) -> tuple[Function, list[str]]:
    """The function in one of its wordings and in one style of names, and its parameters' names in the order of their writing."""
    style = rng.choice(_STYLES)
    names: list[str] = []
    properties: dict[str, Any] = {}
    for taken in written.parameters:
        name = style(rng.choice([name for name in taken.names if style(name) not in properties]))
        names.append(name)
        description = rng.choice(taken.descriptions)
        schema: dict[str, Any] = {"type": taken.kind if taken.kind in ("integer", "number") else "string"}
        if taken.members:
            schema = {"type": "string", "enum": rng.sample(taken.members, len(taken.members))}
        elif taken.kind == "money":
            schema = {"type": "number"}
        elif taken.kind == "date" and rng.random() < 0.65:
            schema = {"type": "string", "format": "date"}
        elif taken.kind == "date":
            description = f"{description} ({rng.choice(('YYYY-MM-DD', 'ISO date', 'a date'))})".strip()
        properties[name] = {**schema, "description": description}
    keys = rng.sample(list(properties), len(properties)) if rng.random() < 0.4 else list(properties)
    required = [name for taken, name in zip(written.parameters, names, strict=True) if taken.required]
    about = rng.choice(written.descriptions)
    about = f"{about.rstrip('.')}. {rng.choice(_AFTER)}." if rng.random() < 0.15 else about
    whole = {"type": "object", "properties": {key: properties[key] for key in keys}, "required": required}
    name = style(rng.choice(written.names))
    if rng.random() < 0.06:
        name = f"{re.sub(r'[^a-z]+', '_', written.domain)}{rng.choice(('_', '__', '-'))}{name}"
    return Function.declared(name, about, whole), names


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


_STYLES = (str, str, str, _camel, _camel, lambda name: _camel(name)[:1].upper() + _camel(name)[1:], lambda name: name.replace("_", "-"))


def _spoken(request: Request, text: str, places: Mapping[str, Place], rng: random.Random) -> tuple[str, Mapping[str, Place]]:
    """People are polite or not, begin with a capital letter or do not, and end with a mark or do not."""
    before = after = ""
    if request.command and rng.random() < 0.5:
        before, after = rng.choice(_POLITE).split("{}")
    elif rng.random() < 0.06:
        before = rng.choice(_BEFORE)
    if not after and text[-1] not in "?!.":
        after = rng.choice(("", "", "", ".", "!" if request.command else "."))
    if text.endswith("?") and rng.random() < 0.35:
        text = text[:-1]
    moved = {key: Place(place.start + len(before), place.end + len(before)) for key, place in places.items()}
    whole, case = before + text + after, rng.random()
    if case < 0.15 and len(whole.lower()) == len(whole):
        whole = whole.lower()
    elif case < 0.65:
        whole = whole[:1].upper() + whole[1:]
    return whole, moved


def _is_words(taken: Taken) -> bool:
    return taken.kind not in (*_NUMBERS, "date", "period")


def _pointer(text: str, taken: Taken, place: Place, mentions: Iterable[Mention], schemas: Iterable[Schema]) -> Pointer | None:
    """What says the argument: the mention within its place, or its words; a stored value where one, and only one, is those words."""
    if _is_words(taken):
        said = text[place.start : place.end]
        shown = [] if taken.members else [value for schema in schemas for value in _values(schema) if fold(str(value.value)) == fold(said)]
        return (shown[0] if len(shown) == 1 else None) if shown else Phrase(said, place.start, place.end)
    wanted = "number" if taken.kind in _NUMBERS else "date"
    found = [m for m in mentions if m.kind == wanted and place.start <= m.start < place.end]
    if len(found) != 1:
        return None
    (mention,) = found
    if text[place.end : mention.end] not in _PERCENT:
        return None
    return mention.pointer(QUESTION)


def _values(schema: Schema) -> Iterator[Value]:
    return (Value(table.name, column.name, value) for table in schema.tables for column in table.columns for value in column.values)


def _stored(block: Block) -> list[tuple[set[str], str]]:
    """Stored values that a request could name, each with the kinds of parameters that take it."""
    if not isinstance(block, Schema):
        return []
    found: list[tuple[set[str], str]] = []
    for value in _values(block):
        column = value.column.lower()
        named = f"{value.table.lower()} {column}" if re.search(r"(?<!user)(name|title)$", column) else column
        for held, kinds in _KEPT_BY.items():
            if held.search(named) and isinstance(value.value, str) and 3 <= len(value.value) <= 40:
                found.append((kinds, value.value))
    return found


def _can_be_said(encoded: Encoded, program: Program) -> bool:
    """Whether the model can point at all of it: phrases from the first letter of a word to the last of one."""
    ids = encoded.targets(program)
    if ids is None:
        return False
    for phrase in (token for token in program if isinstance(token, Phrase)):
        covered = encoded.targets(("call", phrase))
        assert covered is not None
        first, last = (encoded.slots[id - len(OPERATIONS)] for id in covered[1:])
        if (first.start, last.end) != (phrase.start, phrase.end) or not (first.opens and last.closes):
            return False
    return True
