"""Test collections of retrieval: documents, queries and judgements of relevance, in the layouts that they are passed around in.

A folder is read by what it holds: the files of CACM, NPL or Cranfield, or BEIR's layout (Thakur et al. 2021), which is the one to bring
one's own collection in:

    corpus.jsonl       {"_id": …, "title": …, "text": …} a line
    queries.jsonl      {"_id": …, "text": …} a line
    qrels/test.tsv     query, document and grade, with tabs between them, under a line of headings

Of a document its title, text, authors and keywords are read, as a file of it would say them; the libraries' own numbers, dates and
citations are not. Queries that nothing is judged relevant to are left out and counted.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from service.exams.exam import ExamError
from service.exams.files import read_records, read_text

Judgements = dict[str, dict[str, int]]  # query -> document -> grade, above 0 where it is relevant


@dataclass(frozen=True, slots=True)
class Paper:
    """A document of a collection, by the collection's own number."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Collection:
    """`skipped` counts what was left out, by reason."""

    name: str
    papers: tuple[Paper, ...]
    queries: Mapping[str, str]
    judgements: Mapping[str, Mapping[str, int]]
    skipped: Mapping[str, int]


def read_collection(folder: Path, split: str | None = None) -> Collection:
    """`split` names the judgements of a collection in BEIR's layout, "test" where it is None. Raises ExamError."""
    for mark, read in _LAYOUTS.items():
        if (folder / mark).is_file():
            papers, queries, judged = read(folder, split or "test")
            return _checked(folder.resolve().name, papers, queries, judged)
    raise ExamError(f"{folder} holds no collection that is known here: it should have one of {', '.join(_LAYOUTS)}.")


def _checked(name: str, papers: list[Paper], queries: dict[str, str], judged: Judgements) -> Collection:
    known = {paper.id for paper in papers}
    if len(known) < len(papers):
        raise ExamError(f"The collection {name} has two documents of one number.")
    empty = {paper.id for paper in papers if not f"{paper.title}{paper.text}".strip()}
    relevant = {query: {id: grade for id, grade in of.items() if grade > 0 and id in known} for query, of in judged.items()}
    asked = {query: text for query, text in queries.items() if relevant.get(query)}
    skipped = {
        "documents without a word": len(empty),
        "queries without a relevant document": len(queries) - len(asked),
        "judgements of documents or queries that are not there": sum(
            query not in queries or id not in known for query, of in judged.items() for id in of
        ),
    }  # fmt: skip
    if not asked:
        raise ExamError(f"The collection {name} has no query with a relevant document.")
    kept = tuple(paper for paper in papers if paper.id not in empty)
    return Collection(name, kept, asked, {query: relevant[query] for query in asked}, {why: n for why, n in skipped.items() if n})


# --- Layouts ----------------------------------------------------------------------------------------------------------

_Read = tuple[list[Paper], dict[str, str], Judgements]


def _beir(folder: Path, split: str) -> _Read:
    papers = [
        Paper(str(_of(record, "_id", folder)), str(record.get("title") or ""), str(_of(record, "text", folder)))
        for record in read_records(folder / "corpus.jsonl")
    ]
    queries = {str(_of(r, "_id", folder)): str(_of(r, "text", folder)) for r in read_records(folder / "queries.jsonl")}
    path = folder / "qrels" / f"{split}.tsv"
    rows = [line.split("\t") for line in read_text(path).splitlines() if line.strip()]
    if rows and not rows[0][-1].strip().lstrip("-").isdigit():
        del rows[0]
    return papers, queries, _judged(path, rows)


def _cacm(folder: Path, split: str) -> _Read:
    papers = [
        Paper(number, _line(fields.get("T", "")), "\n".join(filter(None, (_line(fields.get(name, "")) for name in "WAK"))))
        for number, fields in _smart(folder / "cacm.all")
    ]
    queries = {number: _line(fields.get("W", "")) for number, fields in _smart(folder / "query.text")}
    path = folder / "qrels.text"
    rows = [line.split() for line in read_text(path).splitlines() if line.strip()]
    return papers, queries, _judged(path, [[row[0].lstrip("0"), row[1].lstrip("0"), "1"] for row in rows if len(row) > 1])


def _npl(folder: Path, split: str) -> _Read:
    """Titles end with two spaces there."""
    papers = []
    for number, fields in _smart(folder / "doc-text"):
        title, _, text = fields.get("W", "").partition("  ")
        papers.append(Paper(number, _line(title), _line(text)))
    queries = {number: _line(fields.get("W", "")).lower() for number, fields in _smart(folder / "query-text")}
    path = folder / "rlv-ass"
    rows = [line.split() for line in read_text(path).splitlines() if line.strip()]
    return papers, queries, _judged(path, [[row[0], number, "1"] for row in rows for number in row[1:]])


def _cranfield(folder: Path, split: str) -> _Read:
    """The judgements count topics from 1 as they stand in the file, whatever numbers the topics have. A text repeats its title."""
    papers = []
    for match in re.finditer(r"<doc>(.*?)</doc>", read_text(folder / "cran.all.1400.xml"), re.DOTALL):
        number, title, author, text = (_line(_tag(match[1], name)) for name in ("docno", "title", "author", "text"))
        papers.append(Paper(number, title, "\n".join(filter(None, (text.removeprefix(title).strip(), author)))))
    topics = re.findall(r"<top>(.*?)</top>", read_text(folder / "cran.qry.xml"), re.DOTALL)
    queries = {str(place): _line(_tag(topic, "title")) for place, topic in enumerate(topics, 1)}
    path = folder / "cranqrel.trec.txt"
    rows = [line.split() for line in read_text(path).splitlines() if line.strip()]
    return papers, queries, _judged(path, [[row[0], *row[2:]] for row in rows])


_LAYOUTS: dict[str, Callable[[Path, str], _Read]] = {
    "corpus.jsonl": _beir, "cacm.all": _cacm, "doc-text": _npl, "cran.all.1400.xml": _cranfield,
}  # fmt: skip
"""How a folder is read that holds a file of this name."""


def _judged(path: Path, rows: list[list[str]]) -> Judgements:
    """From rows of query, document and grade. Raises ExamError."""
    judged: Judgements = {}
    for row in rows:
        try:
            query, document, grade = row
            judged.setdefault(query.strip(), {})[document.strip()] = int(grade)
        except ValueError:
            raise ExamError(f"{path} should hold a query, a document and a whole number a line, not {' '.join(row)[:60]!r}.") from None
    return judged


def _smart(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The records of a file of the SMART system: `.I` and a number, then fields of one letter each."""
    for record in re.split(r"^\.I\s+", read_text(path), flags=re.MULTILINE)[1:]:
        number, *parts = re.split(r"^\.([A-Z])[ \t]*\n", record, flags=re.MULTILINE)
        yield number.strip(), dict(zip(parts[::2], parts[1::2], strict=True))


def _tag(text: str, name: str) -> str:
    found = re.search(f"<{name}>(.*?)</{name}>", text, re.DOTALL)
    return html.unescape(found[1]) if found else ""


def _line(text: str) -> str:
    return " ".join(text.split())


def _of(record: Mapping[str, object], name: str, folder: Path) -> object:
    if record.get(name) is None:
        raise ExamError(f"{folder}: a line of corpus.jsonl or queries.jsonl has no {name!r}.")
    return record[name]
