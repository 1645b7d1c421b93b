"""What a question is answered from: the passages that match it best, the parts of the databases that it may mean, and the tools."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from models.tokenizer import spell_name
from retrieval.mentions import find_mentions
from retrieval.schema import relevant_schema
from retrieval.search import Hit
from retrieval.words import STOP_WORDS, fold, stem
from service.settings import Settings
from service.workspace import Workspace
from tools.errors import Unreachable
from tools.evidence import Block, Evidence, ToolInfo
from tools.functions import Function

MOST_TOOLS = 8  # of the service's own that are shown for a question
_WORTH_READING = 0.3  # of the best passage's score: in what scores less, an answer is rarer than a wrong one (models/LOG.md)
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Gathered:
    """`match` is how well the best passage matched, from 0 to 1; `hits` are the passages of the evidence, in its order; `unreachable` says
    which databases could not be looked at, for their server does not answer."""

    evidence: Evidence
    hits: tuple[Hit, ...]
    match: float
    unreachable: tuple[Unreachable, ...] = ()


def gather(
    question: str, workspace: Workspace, settings: Settings, functions: Iterable[Function] = (), searched: Sequence[Hit] | None = None
) -> Gathered:
    """`functions` are the caller's, shown beside the tools of the workspace; `searched` are passages, best first, in place of those of the
    workspace's own documents. Raises RecordError where the documents cannot be searched."""
    if searched is None:
        searched = workspace.searcher.search(question, settings.passages) if settings.passages else ()
    hits = tuple(_worth_reading(searched[: settings.passages]))
    schemas, unreachable = [], []
    for name, database in workspace.databases.items():
        try:
            schemas.append(relevant_schema(question, database.schema, workspace.values[name]))
        except Unreachable as error:
            unreachable.append(error)
    tools = relevant_tools(question, [function.info for function in workspace.router.functions.values()])
    blocks: tuple[Block, ...] = (
        *(hit.passage for hit in hits), *(schema for schema in schemas if schema.tables), *tools, *(f.info for f in functions),
    )  # fmt: skip
    mentions = find_mentions(question, settings.today or date.today())
    return Gathered(Evidence(question, blocks, mentions), hits, best_match(question, hits), tuple(unreachable))


def _worth_reading(hits: Sequence[Hit]) -> list[Hit]:
    """Those that were not found much less well than the best: the others cost time, and mislead."""
    best = max((hit.score for hit in hits), default=0.0)
    return [hit for hit in hits if hit.score >= _WORTH_READING * best] if best > 0 else list(hits)


def best_match(question: str, hits: Sequence[Hit]) -> float:
    """The share of the question's telling words that stand in the best passage or its title; where vectors say how near it is in
    meaning, the mean of both."""
    asked = _telling(question)
    return max((_match(asked, hit) for hit in hits), default=0.0)


def relevant_tools(question: str, tools: Sequence[ToolInfo]) -> list[ToolInfo]:
    """Those that share most words with the question, MOST_TOOLS at most, in the order given."""
    asked = _telling(question)

    def shared(tool: ToolInfo) -> int:
        said = " ".join((spell_name(tool.name), tool.description, *(f"{spell_name(name)} {about}" for name, about in tool.parameters)))
        return len(asked & _telling(said))

    kept = sorted(range(len(tools)), key=lambda place: -shared(tools[place]))[:MOST_TOOLS]
    return [tools[place] for place in sorted(kept)]


def _telling(text: str) -> set[str]:
    return {stem(fold(word)) for word in _WORD.findall(text) if fold(word) not in STOP_WORDS}


def _match(asked: set[str], hit: Hit) -> float:
    there = {stem(fold(word)) for word in _WORD.findall(f"{hit.passage.title} {hit.passage.text}")}
    share = len(asked & there) / len(asked) if asked else 0.0
    return share if hit.dense_score is None else (share + min(1.0, max(0.0, hit.dense_score))) / 2
