"""Tiny real things for tests of the service: a workspace of two documents and one database, and answerers to put in front of it.

`Scripted` stands in at one seam only, that of the model: it gives the candidates a test wrote down. Everything behind it is real.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch

from models import checkpoint
from models.answerer import Answerer
from models.calibration import Calibration
from models.decode import Candidate
from models.tokenizer import Tokenizer
from models.embedder import Embedder
from models.objectives import Embedder as Network
from models.transformer import Encoder, ModelConfig, Transformer
from retrieval.ingest import index_text
from retrieval.record import Record
from service.settings import Settings
from service.workspace import Workspace
from tools.evidence import QUESTION, Column, Evidence, Number, Passage, Span, Table, Tool, Value
from tools.language import Program

WARRANTY = "# Warranty\n\nTents carry a warranty of 24 months from the date of purchase. Boots: 6 months.\n"
PRICES = "# Prices\n\nA day ticket costs 189.50 euros. Children pay half.\n"
TENTS, LUNCH = "How long is the warranty on tents?", "What is for lunch?"
COUNT: Program = ("query", "select", "count", Table("orders"), "where", "eq", Column("orders", "status"),
                  Value("orders", "status", "shipped"), "end", "give", "r1")  # fmt: skip
NOTHING: Program = ("query", "select", Column("orders", "id", "number"), "where", "eq", Column("orders", "status"),
                    Value("orders", "status", "lost"), "end", "give", "r1")  # fmt: skip
UNKNOWN: Program = ("unknown",)
ORGANISATION = """organisation: Quay Rentals
today: 2025-03-17

== database
CREATE TABLE boats (id INTEGER PRIMARY KEY, name TEXT, state TEXT, bought_on DATE, seats INTEGER);
INSERT INTO boats VALUES (1, 'Alma', 'in repair', '2021-05-02', 4), (2, 'Bess', 'ready', '2024-04-01', 6);
INSERT INTO boats VALUES (3, 'Cora', 'ready', '2024-07-09', 8);

== documents
# Terms
## Deposit
Every boat is handed over against a deposit of 150 euros. We pay it back within three days because the bank needs that long.
Q: How much do I leave with you as security?
Q: sum you keep till I'm back
A: 150 euros
Q: Why does my security take so long to come back?
A: We pay it ... that long.
Q: We take 2 boats: what do we leave with you?
CALC: 2 * 150
Q: Which bank do you use?
A: NONE

== questions
Q: How many boats are out of order?
SQL: SELECT COUNT(*) FROM boats WHERE state = 'in repair'
Q: Which boats did we get last year?
SQL: SELECT name FROM boats WHERE bought_on = '{last year}'
Q: What share of the seats is on Cora?
SQL: SELECT seats FROM boats WHERE name = 'Cora'
SQL: SELECT SUM(seats) FROM boats
CALC: share(r1, r2)
Q: How many canoes do we own?
SQL: SELECT COUNT(*) FROM canoes
"""


def settings_for(folder: Path, **changes: Any) -> Settings:
    given = {
        "workspace": folder, "databases": {"shop": folder / "shop.sqlite"}, "embedder": None, "workers": 2,
        "requests_per_minute": 0,
    }  # fmt: skip
    return Settings(_env_file=None, **{**given, **changes})



def tiny_workspace(folder: Path, **changes: Any) -> tuple[Workspace, Settings]:
    connection = sqlite3.connect(folder / "shop.sqlite")
    connection.executescript(
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, status TEXT, total REAL);"
        "INSERT INTO orders VALUES (1, 'shipped', 20.5), (2, 'shipped', 9), (3, 'processing', 4);"
    )
    connection.close()
    settings = settings_for(folder, **changes)
    record = Record(settings.record_address)
    for name, text in (("warranty.md", WARRANTY), ("prices.md", PRICES)):
        index_text(record, None, name, text)
    record.close()
    return Workspace.open(settings), settings


def tokenizer() -> Tokenizer:
    return Tokenizer.train([WARRANTY, PRICES, TENTS, LUNCH, "orders id status total shipped"], vocabulary=150)


def untrained() -> Answerer:
    """A real network that has learned nothing."""
    torch.manual_seed(0)
    words = tokenizer()
    config = ModelConfig(words.size, channels=32, heads=2, encoder_layers=1, decoder_layers=1, dropout=0.0)
    return Answerer(Transformer(config), words, {"size": "tiny"}, Calibration(), "untrained")


def untrained_checkpoint(folder: Path) -> Path:
    """The same network as a checkpoint."""
    answerer = untrained()
    checkpoint.save(folder, answerer.model, answerer.model.config, answerer.tokenizer, answerer.about)
    answerer.calibration.save(folder)
    return folder


@cache
def untrained_embedder() -> Embedder:
    torch.manual_seed(0)
    words = tokenizer()
    config = ModelConfig(words.size, channels=32, heads=2, encoder_layers=1, decoder_layers=1, dropout=0.0)
    return Embedder(Network(Encoder(config)), words, "untrained")


class Scripted:
    """Stands in for the model: `script` makes the candidates, best first, from the evidence it is shown."""

    def __init__(self, script: Callable[[Evidence], Sequence[Program]], probability: float = 0.9, threshold: float = 0.5) -> None:
        self.script, self.probability = script, probability
        self.id, self.about, self.tokenizer = "scripted", {"size": "tiny"}, tokenizer()
        self.calibration = Calibration(threshold=threshold)

    def programs(self, evidence: Evidence, beams: int = 4, calls: frozenset[str] = frozenset()) -> list[Candidate]:
        score = torch.tensor(self.probability).log().item()
        written = [p for p in self.script(evidence) if not calls or p[0] == "call" and isinstance(p[1], Tool) and p[1].name in calls]
        return [Candidate(program, score - rank, len(program), score) for rank, program in enumerate(written[:beams])]


def quoting(words: str) -> Callable[[Evidence], list[Program]]:
    return lambda evidence: [("quote", span_of(words, evidence), "end")]


def span_of(words: str, evidence: Evidence) -> Span:
    for block, passage in enumerate(evidence.blocks):
        if isinstance(passage, Passage) and words in passage.text:
            start = passage.text.index(words)
            return Span(block, start, start + len(words))
    raise AssertionError(f"{words!r} is in no passage of the evidence")


def three_tickets(evidence: Evidence) -> list[Program]:
    """3 × 189.50: a number of the question and one of a passage."""
    price, count = span_of("189.50", evidence), evidence.question.index("3")
    return [("calc", "mul", Number("3", QUESTION, count, count + 1), Number("189.5", price.block, price.start, price.end), "give", "r1")]
