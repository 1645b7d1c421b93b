"""Requests that a function answers: made of functions written by hand, each with several names and wordings, and ways to ask for it.

`functions/*.txt` holds them, in the form that `_parse` reads; `functions/fillers.txt` what their parameters are filled with. A request
becomes a call of the function it was written for, with pointers to the words, numbers and dates in it. Beside the right function stand
others; before them, in most examples, the passages and the schema of an example of another set, since that is what the service shows.
A question of such an example with functions beside it keeps its own program, and a request without its function is `unknown`: when not
to call is learned as well.

A request is kept only if the function accepts the arguments that its program supplies (`tools.functions`).
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from models.examples import Example
from retrieval.mentions import find_mentions
from tools.errors import ToolError
from tools.functions import Function
from tools.language import QUESTION, Date, Evidence, Mention, Number, Parameter, Phrase, Pointer, Program, Tool
from tools.router import Router

FOLDER = Path(__file__).parent / "functions"
TODAY = date(2026, 3, 4)  # what "tomorrow" counts from
_HELD = 8  # one function in so many is kept for validation
_MOST_OFFERED = 8
_ALONE, _QUESTION, _MISSING = 0.2, 0.27, 0.1  # shares: nothing beside the functions; another's question; the function is not offered
_SLOT = re.compile(r"\{(\w+)\}")
_OPTIONAL = re.compile(r"(\s*)\[([^\]]*)\]")
_NUMBERS = ("integer", "number")


@dataclass(frozen=True, slots=True)
class Taken:
    """A parameter as it was written: names and descriptions to choose from, its kind of filler, or the members of an enum."""

    key: str
    names: tuple[str, ...]
    descriptions: tuple[str, ...]
    kind: str
    members: tuple[str, ...]
    required: bool


@dataclass(frozen=True, slots=True)
class Written:
    """A function as it was written."""

    names: tuple[str, ...]
    descriptions: tuple[str, ...]
    parameters: tuple[Taken, ...]
    requests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Filled:
    """A request with its parameters filled: where each argument stands in it."""

    text: str
    places: Mapping[str, tuple[int, int]]


def written_functions(folder: Path = FOLDER) -> list[Written]:
    """In the order of the files. Raises ValueError for a file that is not in form."""
    files = sorted(path for path in folder.glob("*.txt") if path.stem != "fillers")
    return [function for path in files for function in _parse(path.read_text(encoding="utf-8"))]


def split(functions: Sequence[Written]) -> tuple[list[Written], list[Written]]:
    """Those to learn from, and those held out whole."""
    held = [function for place, function in enumerate(functions) if place % _HELD == 3]
    return [function for function in functions if function not in held], held


def call_examples(functions: Sequence[Written], others: Sequence[Example], count: int, seed: int = 0) -> Iterator[Example]:
    """`count` examples over these functions, beside what the examples `others` show."""
    maker = _Maker(functions, others, random.Random(seed))
    made = 0
    while made < count:
        example = maker.example()
        if example is not None:
            made += 1
            yield example


class _Maker:
    def __init__(self, functions: Sequence[Written], others: Sequence[Example], rng: random.Random) -> None:
        self.functions, self.others, self.rng = functions, others, rng
        self.fillers = _fillers()

    def example(self) -> Example | None:
        rng = self.rng
        what = rng.random()
        if self.others and what < _QUESTION:
            return self._question(rng.choice(self.others))
        written = rng.choice(self.functions)
        declared = self._declared(written)
        filled = self._filled(rng.choice(written.requests), written)
        mentions = find_mentions(filled.text, TODAY)
        call = _call(declared, written, filled, mentions)
        if call is None:
            return None
        offered = what >= _QUESTION + _MISSING
        tools = self._offered(written, declared if offered else None)
        beside = () if not self.others or rng.random() < _ALONE else rng.choice(self.others).evidence.blocks
        evidence = Evidence(filled.text, (*beside, *(tool.info for tool in tools)), mentions)
        return Example(evidence, call if offered else ("unknown",), "calls", written.names[0])

    def _question(self, other: Example) -> Example | None:
        """Another's question with functions beside it, none of which answers it."""
        blocks = (*other.evidence.blocks, *(tool.info for tool in self._offered(None, None)))
        return replace(other, evidence=replace(other.evidence, blocks=blocks), source="calls", group="")

    def _offered(self, written: Written | None, declared: Function | None) -> list[Function]:
        """The function and others in any order; no two of them by one name."""
        rng = self.rng
        rivals = [function for function in self.functions if function is not written]
        tools = [] if declared is None else [declared]
        wanted = rng.choice((0, 1, 2, 2, 3, 4, 5, _MOST_OFFERED - 1)) if tools else rng.choice((1, 1, 2, 3, 4, 6))
        for rival in rng.sample(rivals, min(wanted, len(rivals))):
            other = self._declared(rival)
            if all(other.name != tool.name for tool in tools):
                tools.append(other)
        rng.shuffle(tools)
        return tools

    def _declared(self, written: Written) -> Function:
        """The function in one of its wordings, its parameters in the order of their writing."""
        rng = self.rng
        properties: dict[str, Any] = {}
        required: list[str] = []
        for taken in written.parameters:
            name = rng.choice([name for name in taken.names if name not in properties])
            properties[name] = {**_schema(taken), "description": rng.choice(taken.descriptions)}
            if taken.required:
                required.append(name)
        schema = {"type": "object", "properties": properties, "required": required}
        return Function.declared(rng.choice(written.names), rng.choice(written.descriptions), schema)

    def _filled(self, request: str, written: Written) -> _Filled:
        rng = self.rng
        request = _OPTIONAL.sub(lambda found: f"{found[1]}{found[2]}" if rng.random() < 0.5 else "", request)
        text, places, at = "", dict[str, tuple[int, int]](), 0
        kinds = {taken.key: taken for taken in written.parameters}
        for found in _SLOT.finditer(request):
            text += request[at : found.start()]
            taken, at = kinds[found[1]], found.end()
            said = rng.choice(taken.members) if taken.members else self._filler(taken.kind)
            if text.endswith(("on ", "from ", "since ", "by ", "starting ", "due ")):
                said = said.removeprefix("on ")
            places[found[1]] = (len(text), len(text) + len(said))
            text += said
        return _Filled(*_cased(text + request[at:], places, rng))

    def _filler(self, kind: str) -> str:
        return _SLOT.sub(lambda found: self._filler(found[1]), self.rng.choice(self.fillers[kind]))


def _cased(text: str, places: Mapping[str, tuple[int, int]], rng: random.Random) -> tuple[str, Mapping[str, tuple[int, int]]]:
    """People begin with a capital letter or do not, and end with a mark or do not."""
    if rng.random() < 0.15:
        text = text.lower()
    elif rng.random() < 0.6:
        text = text[:1].upper() + text[1:]
    if rng.random() < 0.3 and all(end < len(text) for _, end in places.values()):
        text = text.rstrip("?.")
    if rng.random() < 0.1:
        before = rng.choice(("Please ", "Hi, ", "Could you: ", "ok, ", "Next: "))
        text, places = before + text, {key: (start + len(before), end + len(before)) for key, (start, end) in places.items()}
    return text, places


def _call(function: Function, written: Written, filled: _Filled, mentions: Sequence[Mention]) -> Program | None:
    """The program that calls the function with what stands in the request; None where it cannot be pointed at or is not accepted."""
    names = {taken.key: parameter for taken, parameter in zip(written.parameters, _as_written(function), strict=True)}
    program: list[Any] = ["call", Tool(function.name)]
    for declared in function.parameters:  # in the order in which the model sees them
        key = next(key for key, name in names.items() if name == declared.name)
        if key not in filled.places:
            if declared.required:
                return None
            continue
        kind = next(taken.kind for taken in written.parameters if taken.key == key)
        pointer = _pointer(filled.text, *filled.places[key], kind, mentions)
        if pointer is None:
            return None
        program += [Parameter(function.name, declared.name), pointer]
    program += ["end", "give", "r1"]
    evidence = Evidence(filled.text, (function.info,), tuple(mentions))
    try:
        outcome = Router({}).for_question((function,)).run(tuple(program), evidence)
    except ToolError:
        return None
    return tuple(program) if outcome.kind == "call" else None


def _as_written(function: Function) -> list[str]:
    """The names of the parameters in the order of the schema."""
    return list(function.schema["properties"])


def _pointer(text: str, start: int, end: int, kind: str, mentions: Iterable[Mention]) -> Pointer | None:
    if kind not in (*_NUMBERS, "date"):
        return Phrase(text[start:end], start, end)
    wanted = "date" if kind == "date" else "number"
    for mention in mentions:
        if mention.kind == wanted and start <= mention.start and mention.end <= end:
            if wanted == "number":
                return Number(mention.value, QUESTION, mention.start, mention.end)
            first, last = mention.value.split("/")
            return Date(first, last, QUESTION, mention.start, mention.end)
    return None


def _schema(taken: Taken) -> dict[str, Any]:
    if taken.members:
        return {"type": "string", "enum": list(taken.members)}
    if taken.kind == "date":
        return {"type": "string", "format": "date"}
    return {"type": taken.kind if taken.kind in _NUMBERS else "string"}


def _parse(text: str) -> Iterator[Written]:
    """`= names : descriptions`, a line a parameter `key* / names : descriptions : kind or members`, and `- a way to ask`.

    Names are parted by " / ", descriptions by "|", members by commas; a star marks what is required; what stands in brackets may be left
    out.
    """
    for block in re.split(r"^= ", text, flags=re.MULTILINE)[1:]:
        head, *lines = [line for line in block.splitlines() if line.strip()]
        names, descriptions = head.split(" : ", 1)
        requests = tuple(line[2:] for line in lines if line.startswith("- "))
        parameters = tuple(_parameter(line) for line in lines if not line.startswith("- "))
        known = {parameter.key for parameter in parameters}
        strange = {slot for request in requests for slot in _SLOT.findall(request)} - known
        if strange or not requests:
            raise ValueError(f"{names}: no parameter is called {sorted(strange)}, or there is no way to ask")
        yield Written(_parted(names, "/"), _parted(descriptions, "|"), parameters, requests)


def _parameter(line: str) -> Taken:
    try:
        names, descriptions, kind = (part.strip() for part in line.rsplit(" : ", 2)) if line.count(" : ") > 1 else _short(line)
    except ValueError:
        raise ValueError(f"not a parameter: {line!r}") from None
    listed = _parted(names, "/")
    key = listed[0].removesuffix("*")
    members = _parted(kind, ",") if "," in kind else ()
    said = tuple(part for part in (part.strip() for part in descriptions.split("|")) if part) or ("",)
    shown = (*said, "") if "|" in descriptions else said
    return Taken(key, (key, *listed[1:]), shown, "" if members else kind, members, listed[0].endswith("*"))


def _short(line: str) -> tuple[str, str, str]:
    """Of a line whose last description is left empty."""
    names, rest = line.split(" : ", 1)
    descriptions, kind = rest.rsplit(": ", 1)
    return names.strip(), descriptions, kind.strip()


def _parted(text: str, mark: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(mark) if part.strip())


def _fillers() -> dict[str, list[str]]:
    lines = (FOLDER / "fillers.txt").read_text(encoding="utf-8").splitlines()
    kinds = (line.split(": ", 1) for line in lines if line and not line.startswith("#"))
    return {kind: [filler.strip() for filler in listed.split(";")] for kind, listed in kinds}
