"""Functions as people offer them to assistants, written by hand, with the ways to ask for them.

`functions/*.txt` holds them, a block a function; `functions/fillers.txt` what their parameters are filled with:

    # weather                                   the domain of those that follow; without one it is the file
    = get_weather / forecast : The weather in a city | How warm and wet it is somewhere
    @ acts; held; like train_times              marks: it does something; it is held out whole; never beside these
    city* / place : the city | where : city     a parameter: names, descriptions, kind of filler; a star where it is required
    unit / scale : unit of temperature : celsius, fahrenheit      members of an enum
    days : how many days : integer 1..14
    - will it rain in {city}[ {day}]?           a way to ask; what stands in brackets may be left out
    > check the forecast for {city}             a command, which people also say politely

Of the kinds, `integer` and `number` are numbers, `date` is a day, `period` a month or quarter, `money` an amount of money; the others are
words. {=day} is a date without its preposition. Of those held out nobody learns: they are drawn once and marked, so that adding functions
moves none.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "functions"
SLOT = re.compile(r"\{(=?)(\w+)\}")
_OPTIONAL = re.compile(r"(\s*)\[([^\]]*)\]")
_RANGE = re.compile(r"(\w+) (\d+)\.\.(\d+)")
_SMALL = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_SPELLED, _LEFT_OUT = 0.25, 0.5  # of small numbers, as words; of what may be left out
_BARE = ("on ", "from ", "since ", "by ", "starting ", "due ", "until ")  # after these a date has no preposition of its own


@dataclass(frozen=True, slots=True)
class Taken:
    """A parameter as it was written: names and descriptions to choose from, its kind, or the members of an enum."""

    key: str
    names: tuple[str, ...]
    descriptions: tuple[str, ...]
    kind: str
    members: tuple[str, ...]
    required: bool
    range: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Request:
    text: str
    command: bool


@dataclass(frozen=True, slots=True)
class Written:
    """A function as it was written. It `acts` where it does something, and else only tells; `like` names others that a request for it
    could mean."""

    names: tuple[str, ...]
    descriptions: tuple[str, ...]
    parameters: tuple[Taken, ...]
    requests: tuple[Request, ...]
    domain: str
    acts: bool
    held: bool
    like: frozenset[str]

    def resembles(self, other: Written) -> bool:
        """Whether both could be meant by one request."""
        return self.names[0] in other.like or other.names[0] in self.like or not _folded(self.names).isdisjoint(_folded(other.names))


@dataclass(frozen=True, slots=True)
class Place:
    """Where the argument of a parameter stands in a request."""

    start: int
    end: int


def _folded(names: Sequence[str]) -> set[str]:
    return {re.sub(r"[\W_]", "", name).lower() for name in names}


def written_functions(folder: Path = FOLDER) -> list[Written]:
    """In the order of the files. Raises ValueError for a file that is not in form."""
    files = sorted(path for path in folder.glob("*.txt") if path.stem != "fillers")
    return [function for path in files for function in _parse(path.read_text(encoding="utf-8"), path.stem)]


def split(functions: Sequence[Written]) -> tuple[list[Written], list[Written]]:
    """Those to learn from, and those held out whole."""
    return [function for function in functions if not function.held], [function for function in functions if function.held]


def _parse(text: str, domain: str) -> Iterator[Written]:
    blocks = re.split(r"^(?=[=#] )", text, flags=re.MULTILINE)
    for block in blocks[1:] if not blocks[0].strip() else blocks:
        head, *lines = [line for line in block.splitlines() if line.strip()]
        if head.startswith("# "):
            domain = head[2:].strip()
        elif head.startswith("= ") and " : " in head:
            yield _function(head[2:], lines, domain)
        else:
            raise ValueError(f"not the beginning of a function: {head!r}")


def _function(head: str, lines: Sequence[str], domain: str) -> Written:
    names, descriptions = head.split(" : ", 1)
    marks = [mark.strip() for line in lines if line.startswith("@ ") for mark in line[2:].split(";")]
    requests = tuple(Request(line[2:], line[0] == ">") for line in lines if line[:2] in ("- ", "> "))
    parameters = tuple(_parameter(line) for line in lines if line[:2] not in ("- ", "> ", "@ "))
    strange = {slot for request in requests for _, slot in SLOT.findall(request.text)} - {parameter.key for parameter in parameters}
    if strange or not requests:
        raise ValueError(f"{names}: no parameter is called {sorted(strange)}, or there is no way to ask")
    needed = {parameter.key for parameter in parameters if parameter.required}
    for request in requests:
        if missing := needed - {slot for _, slot in SLOT.findall(_OPTIONAL.sub("", request.text))}:
            raise ValueError(f"{names}: {request.text!r} does not say {sorted(missing)}, which is required")
    like = frozenset(name for mark in marks if mark.startswith("like ") for name in _parted(mark[5:], ","))
    if other := [mark for mark in marks if mark not in ("acts", "held") and not mark.startswith("like ")]:
        raise ValueError(f"{names}: there is no mark {other[0]!r}")
    return Written(_parted(names, "/"), _parted(descriptions, "|"), parameters, requests, domain, "acts" in marks, "held" in marks, like)


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
    ranged = _RANGE.fullmatch(kind)
    kind, range = (ranged[1], (int(ranged[2]), int(ranged[3]))) if ranged else (kind, None)
    return Taken(key, (key, *listed[1:]), shown, "" if members else kind, members, listed[0].endswith("*"), range)


def _short(line: str) -> tuple[str, str, str]:
    """Of a line whose last description is left empty."""
    names, rest = line.split(" : ", 1)
    descriptions, kind = rest.rsplit(": ", 1)
    return names.strip(), descriptions, kind.strip()


def _parted(text: str, mark: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(mark) if part.strip())


# --- Requests ---------------------------------------------------------------------------------------------------


class Fillers:
    """What parameters are filled with, by kind."""

    def __init__(self, path: Path = FOLDER / "fillers.txt") -> None:
        lines = path.read_text(encoding="utf-8").splitlines()
        kinds = (line.split(": ", 1) for line in lines if line and not line.startswith("#"))
        self.kinds = {kind: [filler.strip() for filler in listed.split(";")] for kind, listed in kinds}

    def of(self, taken: Taken, rng: random.Random) -> str:
        if taken.members:
            return rng.choice(taken.members)
        if taken.range is None:
            return self.kind(taken.kind, rng)
        number = _number(*taken.range, rng)
        if taken.kind == "money":
            return _money(number, rng)
        if number <= len(_SMALL) and number > 0 and rng.random() < _SPELLED:
            return _SMALL[number - 1]
        return f"{number:,}" if number >= 1000 and taken.range[1] > 20_000 and rng.random() < 0.4 else str(number)

    def kind(self, name: str, rng: random.Random) -> str:
        return SLOT.sub(lambda found: self.kind(found[2], rng), rng.choice(self.kinds[name]))


def _number(low: int, high: int, rng: random.Random) -> int:
    """Round numbers more often, since people say those."""
    step = 1 if high - low < 20 or rng.random() < 0.4 else 5 if high - low < 200 else 50
    return min(high, max(low, round(rng.randint(low, high) / step) * step))


def _money(amount: int, rng: random.Random) -> str:
    cents = rng.choice(("", "", "", ".50", ".99", f".{rng.randint(10, 99)}")) if amount < 1000 else ""
    written = f"{amount:,}{cents}" if rng.random() < 0.5 else f"{amount}{cents}"
    return rng.choice((f"€{written}", f"${written}", f"£{written}", f"{written} euros", f"{written} dollars", f"{written} EUR", written))


def filled(request: Request, written: Written, fillers: Fillers, rng: random.Random, given: dict[str, str]) -> tuple[str, dict[str, Place]]:
    """The request with its parameters filled, those of `given` with what it says, and where each argument stands."""
    spoken = _OPTIONAL.sub(lambda found: f"{found[1]}{found[2]}" if rng.random() >= _LEFT_OUT else "", request.text)
    text, places, at = "", dict[str, Place](), 0
    by_key = {taken.key: taken for taken in written.parameters}
    for found in SLOT.finditer(spoken):
        text += spoken[at : found.start()]
        at, key = found.end(), found[2]
        said = given[key] if key in given else fillers.of(by_key[key], rng)
        if by_key[key].kind == "date" and (found[1] or text.endswith(_BARE)):
            said = said.removeprefix("on ")
        places[key] = Place(len(text), len(text) + len(said))
        text += said
    return text + spoken[at:], places
