"""Byte-pair encoding trained on our own text, lower-cased for the model, with offsets back into the original.

The marks that structure the model's input (`MARKS`) have ids above the tokenizer's own vocabulary and no spelling, so
no text, whatever it says, can produce one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import tokenizers
from tokenizers import models, normalizers, pre_tokenizers, trainers

MARKS = (
    "pad", "question", "separator", "passage", "table", "number column", "text column", "date column", "boolean column",
    "value", "tool", "parameter", "mask",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tokens:
    """A tokenized text: ids, character offsets into the original, and the index of the word each token belongs to."""

    ids: list[int]
    offsets: list[tuple[int, int]]
    words: list[int]


class Tokenizer:
    def __init__(self, inner: tokenizers.Tokenizer) -> None:
        self._inner = inner
        self.text_size = inner.get_vocab_size()

    @property
    def size(self) -> int:
        """Ids in all: the text's and the marks'."""
        return self.text_size + len(MARKS)

    def mark(self, name: str) -> int:
        return self.text_size + MARKS.index(name)

    def encode(self, text: str) -> Tokens:
        encoding = self._inner.encode(text, add_special_tokens=False)
        return Tokens(encoding.ids, encoding.offsets, encoding.word_ids)  # type: ignore[arg-type]  # None only for special tokens

    def encode_many(self, texts: Sequence[str]) -> list[list[int]]:
        return [encoding.ids for encoding in self._inner.encode_batch(texts, add_special_tokens=False)]

    @classmethod
    def train(cls, texts: Iterable[str], vocabulary: int = 10_000) -> Tokenizer:
        inner = tokenizers.Tokenizer(models.BPE(unk_token="?", continuing_subword_prefix="##"))
        # NFC keeps one character per letter, so offsets stay those of the text as written.
        inner.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
        inner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer = trainers.BpeTrainer(
            vocab_size=vocabulary, special_tokens=["?"], continuing_subword_prefix="##", limit_alphabet=400, show_progress=False
        )
        inner.train_from_iterator(texts, trainer)
        return cls(inner)

    def save(self, path: Path) -> None:
        self._inner.save(str(path))

    @classmethod
    def load(cls, path: Path) -> Tokenizer:
        return cls(tokenizers.Tokenizer.from_file(str(path)))


_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_\W]+")


@lru_cache(maxsize=65536)
def spell_name(identifier: str) -> str:
    """An identifier as words: `order_items`, `OrderItems` -> "order items"."""
    return " ".join(filter(None, _CAMEL.split(identifier))) or identifier


_ENDINGS = ("ingly", "edly", "ings", "ing", "ies", "ied", "ers", "ed", "es", "er", "ly", "s", "e", "y")


@lru_cache(maxsize=262144)
def stem(word: str) -> str:
    """A crude English stem: enough to see that "orders" and "ordered" share one."""
    word = word.lower()
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word

