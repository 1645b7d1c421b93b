"""The words of a statement for PostgreSQL: the part of the engine's lock that the server cannot be told to keep.

A session that may read may also call every function, and some reach out of the transaction that is rolled back: pg_advisory_lock
outlives it, dblink opens connections, query_to_xml runs text. So nothing passes that is not a word of `_KEYWORDS`, a function of
`_FUNCTIONS` before a bracket, a type of `_TYPES` in a cast, an operator of `_OPERATORS`, or the name of a table or column. This reads
tokens by PostgreSQL's own lexical rules and has no grammar, so that it shares no mistake with the parser behind tools/sql_lock.py.

What names mean is left to the server: tables that must not be seen as they are stand behind a view of the statement's own
(tools/postgres_database.py), and a name with a schema before it, which would go past that view, is refused here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import accumulate

from tools.errors import FixArguments

_TOKEN = re.compile(
    r"""(?P<space>[ \t\n\r\f]+)
    | (?P<quoted>"(?:[^"\0]|"")+")
    | (?P<text>'(?:[^'\0]|'')*')
    | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
    | (?P<word>[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_\u0080-\U0010ffff]*)
    | (?P<parameter>%s)
    | (?P<operator>(?:[-+*/<>=!~@\#^&|`?]|%%)+)
    | (?P<sign>[(),.])""",
    re.VERBOSE,
)
_LONGEST = 20_000
_DEEPEST = 120
_KEYWORDS = frozenset(
    """select distinct from join inner cross left right full outer on using where group by having order asc desc nulls first last limit
    offset as and or not in is null like ilike escape between exists union intersect except all case when then else end true
    false""".split()  # noqa: SIM905
)
_FUNCTIONS = frozenset("count sum avg min max cast extract round abs lower upper coalesce nullif length substring".split())  # noqa: SIM905
_TYPES = frozenset(
    "boolean smallint int integer bigint real double precision numeric decimal text varchar date timestamp timestamptz".split()
)  # noqa: SIM905
_PARTS = frozenset({"year", "month", "day"})  # of dates, in EXTRACT(YEAR FROM …)
_OPERATORS = frozenset({"=", "<", ">", "<=", ">=", "<>", "!=", "+", "-", "*", "/", "%"})
_BEFORE_TEXT = _KEYWORDS - {"as", "true", "false", "null", "end", "from", "join"}  # another word makes a typed or escaped literal of it


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str  # names as the server knows them, words in lower case
    start: int
    end: int


def names_of(sql: str, known: Collection[str], tables: Collection[str], relations: Collection[tuple[str, str]]) -> frozenset[str]:
    """The names that the statement may mean; raises FixArguments for whatever is not plainly harmless.

    `known` are the names of what may be read, `tables` and columns; `relations` are (schema, name) of everything else that the server
    could read.
    """
    if len(sql) > _LONGEST:
        raise FixArguments(f"a statement is at most {_LONGEST} characters of text")
    tokens = list(_tokens(sql))
    if max(accumulate((token.text == "(") - (token.text == ")") for token in tokens if token.kind == "sign"), default=0) > _DEEPEST:
        raise FixArguments(f"a statement is nested at most {_DEEPEST} deep")  # the server plans deeper ones without a look at the clock
    if not tokens or tokens[0].text not in ("select", "("):
        raise FixArguments("only SELECT is allowed")
    given = {after.text for token, after in zip(tokens, tokens[1:], strict=False) if token.text == "as" and after.kind != "sign"}
    reader = _Words(tokens, known, given, tables, relations)
    return frozenset(name for place, token in enumerate(tokens) if (name := reader.name_at(place, token)))


def quoted_names(sql: str) -> frozenset[str]:
    """Every name of the statement, whatever it may mean."""
    return frozenset(token.text for token in _tokens(sql) if token.kind in ("word", "quoted"))


def _tokens(sql: str) -> Iterator[_Token]:
    place = 0
    while place < len(sql):
        found = _TOKEN.match(sql, place)
        if found is None:
            raise FixArguments(f"{sql[place]!r} is not allowed in a statement")
        start, place = place, found.end()
        kind, text = found.lastgroup or "", found.group()
        if kind == "space":
            continue
        if kind == "operator":
            text = text.replace("%%", "%")
            if "--" in text or "/*" in text or "*/" in text:
                raise FixArguments("comments are not allowed in a statement")
            if text not in _OPERATORS:
                raise FixArguments(f"the operator {text!r} is not allowed")
        if kind == "quoted":
            text = text[1:-1].replace('""', '"').replace("%%", "%")
        if kind == "word":
            text = "".join(letter.lower() if letter.isascii() else letter for letter in text)
        yield _Token(kind, text, start, place)


class _Words:
    def __init__(
        self, tokens: list[_Token], known: Collection[str], given: Collection[str], tables: Collection[str],
        relations: Collection[tuple[str, str]],
    ) -> None:  # fmt: skip
        self._tokens = tokens
        self._known, self._given, self._tables, self._relations = known, given, tables, relations
        self._schemas = {schema for schema, _ in relations}
        self._casts = _inside_casts(tokens)

    def name_at(self, place: int, token: _Token) -> str:
        """The name that stands at this place, "" where it is a word of the language. Raises FixArguments."""
        before = self._tokens[place - 1] if place else _NOTHING
        after = self._tokens[place + 1] if place + 1 < len(self._tokens) else _NOTHING
        if token.kind in ("word", "quoted") and after.kind == "text" and not (token.kind == "word" and token.text in _BEFORE_TEXT):
            raise FixArguments(f"{token.text!r} is not allowed before a text")
        if token.kind == "word":
            if token.text in _KEYWORDS and before.text != ".":
                return ""
            if after.text == "(" and before.text != ".":
                if token.text not in _FUNCTIONS:
                    raise FixArguments(f"the function {token.text!r} is not allowed")
                return ""
            if place in self._casts and (before.text == "as" or before.text == "double"):
                if token.text not in _TYPES:
                    raise FixArguments(f"a cast to {token.text!r} is not allowed")
                return ""
            if token.text in _PARTS and before.text == "(" and self._tokens[place - 2].text == "extract":
                return ""
        if token.kind not in ("word", "quoted"):
            return ""
        self._check(token.text, before, after, self._tokens[place + 2] if place + 2 < len(self._tokens) else _NOTHING)
        return token.text

    def _check(self, name: str, before: _Token, after: _Token, then: _Token) -> None:
        if after.text == "(" and after.kind == "sign":
            raise FixArguments(f"{name!r} is not allowed before a bracket")
        if name not in self._known and (name.startswith("pg_") or name not in self._given):
            raise FixArguments(f"there is no table or column {name!r}")
        if after.text == "." and after.kind == "sign":
            # A table may be called as a schema is; then what follows must not be a table of that schema.
            if before.text == "." or name in self._schemas and (name not in self._tables or (name, then.text) in self._relations):
                raise FixArguments(f"a schema before a name is not allowed: {name!r}")
        if before.text == "." and name not in self._known:
            raise FixArguments(f"there is no column {name!r}")


_NOTHING = _Token("", "", 0, 0)


def _inside_casts(tokens: list[_Token]) -> frozenset[int]:
    """The places directly within the brackets of a CAST."""
    opened: list[bool] = []
    inside = set()
    for place, token in enumerate(tokens):
        if token.kind == "sign" and token.text == "(":
            opened.append(place > 0 and tokens[place - 1].kind == "word" and tokens[place - 1].text == "cast")
        elif token.kind == "sign" and token.text == ")" and opened:
            opened.pop()
        elif opened and opened[-1]:
            inside.add(place)
    return frozenset(inside)
