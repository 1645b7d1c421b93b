"""Words of names, values and questions, made comparable: without case, accents, plural endings and the usual abbreviations."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

STOP_WORDS = frozenset(
    """a about after all also am an and any are as at be been before being below between both but by can could did do does doing
    during each either every find for from get give had has have having he her here him his how i if in into is it its itself
    just least less list made make many may me more most much must my name no nor not number of off on once one only or other our
    out over own per please same she should show since so some such tell than that the their them then there these they this those
    through to together too total under until up us very was we were what when where whether which while who whom whose why will
    with without would year yes you your""".split()  # noqa: SIM905
)
# Stems that questions have whatever they are about: a value spelt nearly so is not what they mean.
QUESTION_STEMS = frozenset(
    """above across add address age ago along alphabetic alphabetical alphabetically among amount annual answer apart appear ascending
    associated available average base based become began begin belong best bigger biggest birth book bought break bring brought build
    building buy call called capacity category cause change charge cheap cheaper cheapest check choose chose city class close closed
    code combine come common company compare complete completed contain containing cost correspond corresponding country create created
    current customer date day decrease decreasing department descending description detail difference different display distinct
    document double earlier earliest earn email employ employee enter entered enough equal ever exactly except exist exceed expensive
    fall fewer fewest final finally finish first follow following former frequent frequently full gender given gone good great greater
    greatest group grouped grow happen head held help high higher highest history hold hour identify include including income increase
    increasing indicate information involve involved item join joined keep kept kind know known large larger largest last late later
    latest lead least leave left letter like line listed live lived living local located location long longer longest look lose lost low
    lower lowest maximum mean median meet member mention method middle minimum minute month move named nation national nationality
    need never next note often old older oldest open opened opening order ordered origin overall paid pair part participate
    participated party pass past pay payment people percent percentage perform person phone place placed play played player please
    point popular population position possible present previous price print produce produced product profit provide provided purchase
    quarter question range rank rate rated rating reach read receive received recent recently record recorded register registered remain
    report reported require required respective respectively rest result return revenue role room round said sale school score second
    sell send sent serve service share shared short shorter shortest show showing side similar since single size small smaller smallest
    sold sort sorted source spend spent staff stand start started starting state status stay still store student substring sum
    summary support take taken taught teach team term thank thing think third three time title today took town travel turn twice
    type unique unit used using usually value various visit visited want wait went weight well whole work worked working worth write
    written wrong yesterday young younger youngest""".split()  # noqa: SIM905
)
# Each spelling with the one that stands for it; only words among others are replaced: "CO" alone is Colorado, not a company.
_SHORT = {
    long: short
    for short, longs in {
        "st": "street saint", "ave": "avenue av", "blvd": "boulevard", "rd": "road", "ln": "lane", "dr": "doctor drive", "sq": "square",
        "hwy": "highway", "mt": "mount mountain mtn", "ft": "fort", "bldg": "building", "apt": "apartment", "inc": "incorporated",
        "co": "company", "corp": "corporation", "ltd": "limited", "bro": "brother", "assn": "association assoc", "mfg": "manufacturing",
        "dept": "department", "univ": "university", "inst": "institute", "intl": "international", "natl": "national", "govt": "government",
        "mgmt": "management", "tech": "technology", "ctr": "center centre", "jr": "junior", "sr": "senior", "prof": "professor",
        "gen": "general", "capt": "captain", "lt": "lieutenant", "sgt": "sergeant", "vs": "versus", "n": "north", "s": "south",
        "e": "east", "w": "west", "1": "one", "2": "two", "3": "three", "4": "four", "5": "five", "6": "six", "7": "seven",
        "8": "eight", "9": "nine", "10": "ten", "1st": "first", "2nd": "second", "3rd": "third",
    }.items()
    for long in longs.split()
}  # fmt: skip
ARTICLES = frozenset({"the", "a", "an"})
LEGAL_FORMS = frozenset({"inc", "co", "corp", "ltd", "llc", "llp", "plc", "gmbh", "ag", "sa", "bv"})

_WORD = re.compile(r"(?:[^\W\d_]\.){2,}[^\W\d_]?(?!\w)|(?:[^\W_][\u0300-\u036f]*)+")  # "U.S.A." is one word
_POSSESSIVE = re.compile(r"['’]s\b")
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})  # which NFKD leaves whole


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text, at its characters [start, end)."""

    start: int
    end: int
    folded: str
    stem: str


def fold(text: str) -> str:
    """Lower case without accents."""
    if text.isascii():
        return text.lower()
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c)).translate(_LETTERS)


def stem(word: str) -> str:
    """A folded word without its plural ending."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def words_of(text: str) -> list[Word]:
    """The words of a text, in order; a possessive's "'s" is none."""
    text = _POSSESSIVE.sub(lambda match: " " * len(match[0]), text)  # as many characters, so that offsets hold
    words = []
    for match in _WORD.finditer(text):
        folded = fold(match[0]).replace(".", "")
        words.append(Word(match.start(), match.end(), folded, stem(folded)))
    return words


def folded_words(text: str) -> list[str]:
    """Those of `words_of` without their places: of a million values, the objects would be most of the time."""
    if "'" in text or "’" in text:
        text = _POSSESSIVE.sub(" ", text)
    return [fold(word).replace(".", "") for word in _WORD.findall(text)]


def stems_of(text: str) -> list[str]:
    return [stem(word) for word in folded_words(text)]


def name_words(name: str) -> list[str]:
    """The words of an identifier, in any script: `OrderLines2`, `order_lines_2` and `ORDER LINES 2` have three each."""
    words = [""]
    name = unicodedata.normalize("NFC", name)
    for place, letter in enumerate(name):
        if not letter.isalnum() and unicodedata.category(letter)[0] != "M":
            words.append("")
            continue
        before, after = name[place - 1 : place], name[place + 1 : place + 2]
        opens = letter.isupper() and (before.islower() or before.isupper() and after.islower())
        if opens or letter.isdigit() != before.isdigit():
            words.append("")
        words[-1] += letter
    return [word for word in words if word]


def canonical(stems: list[str]) -> list[str]:
    """The same words however they are abbreviated: without the "and" within, which "&" may stand for."""
    if len(stems) < 2:
        return stems
    return [_SHORT.get(word, word) for place, word in enumerate(stems) if word != "and" or place in (0, len(stems) - 1)]
