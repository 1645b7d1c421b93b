"""Sentences that a data set gives as Penn Treebank tokens, put back the way people write them, with each token's place."""

from __future__ import annotations

import re
from collections.abc import Sequence

_BRACKETS = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}", "``": '"', "''": '"', "`": "'", "--": "–"}
_NO_SPACE_BEFORE = re.compile(r"[,.;:?!%)\]}]+|''|…|n['’]t|['’](?:s|S|re|ve|ll|d|m|t)?|-RRB-|-RSB-|-RCB-|°|%")
_NO_SPACE_AFTER = re.compile(r"[(\[{$£€#]|US\$|``|`|-LRB-|-LSB-|-LCB-")


def join_tokens(tokens: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """The text, and the characters [start, end) of each token in it."""
    text, places, previous, quoted = "", [], "", False
    for token in tokens:
        opens = token == "``" or (token == '"' and not quoted)
        closes = token == "''" or (token == '"' and quoted)
        if token in ("``", "''", '"'):
            quoted = opens
        apart = previous and not closes and not _NO_SPACE_BEFORE.fullmatch(token) and not _NO_SPACE_AFTER.fullmatch(previous)
        if apart:
            text += " "
        word = _BRACKETS.get(token, token).replace("\\/", "/").replace("\\*", "*")
        places.append((len(text), len(text) + len(word)))
        text += word
        previous = "``" if opens else token
    return text, places
