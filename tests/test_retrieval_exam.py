"""Test collections are read in their own layouts, and the service's own search is scored on them as the field does."""

import json
from pathlib import Path

import pytest

from models import checkpoint
from retrieval.record import Record
from service.exams.collections import Paper, read_collection
from service.exams.exam import ExamError
from service.exams.ranking import MEASURES, score
from service.exams.files import write_records
from service.exams.retrieval import cut, measure
from tests.test_embedder_jobs import embedder_checkpoint, page
from tests.workspaces import settings_for

CACM = ".I 1\n.T\nOn Trees\n.W\nTrees grow\nslowly.\n.B\nCACM 1958\n.A\nOak, A.\n.X\n1\t5\t1\n.I 2\n.T\nOn Rivers\n.A\nRill, B.\n"


@pytest.fixture
def beir(tmp_path: Path) -> Path:
    folder = tmp_path / "goods"
    (folder / "qrels").mkdir(parents=True)
    papers = [{"_id": f"d{n}", "title": page(n).split("\n")[0].strip("# "), "text": page(n).split("\n\n")[1].strip()} for n in range(12)]
    (folder / "corpus.jsonl").write_text("".join(json.dumps(paper) + "\n" for paper in papers))
    queries = [("q1", "the tent kept in the attic"), ("q2", "borrow a canoe"), ("q3", "nobody judged this")]
    (folder / "queries.jsonl").write_text("".join(json.dumps({"_id": id, "text": text}) + "\n" for id, text in queries))
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td0\t1\nq2\td3\t1\nq2\td4\t0\n")
    return folder


def test_a_collection_in_beirs_layout_is_read(beir: Path) -> None:
    collection = read_collection(beir)
    assert (collection.name, len(collection.papers)) == ("goods", 12)
    assert collection.queries.keys() == {"q1", "q2"}
    assert collection.judgements == {"q1": {"d0": 1}, "q2": {"d3": 1}}
    assert collection.skipped == {"queries without a relevant document": 1}


def test_cacm_is_read_by_its_fields_and_its_numbers_with_leading_zeros(tmp_path: Path) -> None:
    (tmp_path / "cacm.all").write_text(CACM)
    (tmp_path / "query.text").write_text(".I 1\n.W\n How do trees\ngrow?\n.N\n 1. Anon\n\n.I 2\n.W\nstreams\n")
    (tmp_path / "qrels.text").write_text("01 0001  0 0\n01 0007  0 0\n")
    collection = read_collection(tmp_path)
    assert collection.papers == (Paper("1", "On Trees", "Trees grow slowly.\nOak, A."), Paper("2", "On Rivers", "Rill, B."))
    assert collection.queries == {"1": "How do trees grow?"} and collection.judgements == {"1": {"1": 1}}
    assert collection.skipped["judgements of documents or queries that are not there"] == 1


def test_titles_of_npl_end_with_two_spaces(tmp_path: Path) -> None:
    (tmp_path / "doc-text").write_text(".I 1\n.W\nthe british computer society  report of a\nconference\n.I 2\n.W\nmagnetic cores\n")
    (tmp_path / "query-text").write_text(".I 1\n.W\nMAGNETIC\nMEMORIES\n")
    (tmp_path / "rlv-ass").write_text("1 2   1\n")
    collection = read_collection(tmp_path)
    assert collection.papers == (Paper("1", "the british computer society", "report of a conference"), Paper("2", "magnetic cores", ""))
    assert collection.queries == {"1": "magnetic memories"} and collection.judgements == {"1": {"2": 1, "1": 1}}


def test_judgements_of_cranfield_count_topics_by_their_place(tmp_path: Path) -> None:
    doc = "<doc>\n<docno>{}</docno>\n<title>{}</title>\n<author>ting</author>\n<text>{}</text>\n</doc>\n"
    (tmp_path / "cran.all.1400.xml").write_text(doc.format(1, "wings", "wings\nlift & drag .") + doc.format(2, "plates", "plates are flat"))
    topic = "<top>\n<num> {}</num>\n<title>\n{}\n</title>\n</top>\n"
    (tmp_path / "cran.qry.xml").write_text("<xml>" + topic.format(1, "lift") + topic.format(4, "flat plates") + "</xml>")
    (tmp_path / "cranqrel.trec.txt").write_text("1 0 1 1\n2 0 2 1\n2 0 1 0\n")
    collection = read_collection(tmp_path)
    assert collection.papers == (Paper("1", "wings", "lift & drag .\nting"), Paper("2", "plates", "are flat\nting"))
    assert collection.queries == {"1": "lift", "2": "flat plates"}
    assert collection.judgements == {"1": {"1": 1}, "2": {"2": 1}}


def test_a_folder_without_a_collection_and_a_damaged_judgement_are_said(tmp_path: Path, beir: Path) -> None:
    with pytest.raises(ExamError, match="no collection that is known"):
        read_collection(tmp_path)
    with pytest.raises(ExamError, match=r"no file .*dev\.tsv"):
        read_collection(beir, "dev")
    (beir / "qrels" / "test.tsv").write_text("query\tdocument\tgrade\nq1\td0\tvery\n")
    with pytest.raises(ExamError, match="whole number a line, not 'q1 d0 very'"):
        read_collection(beir)


def test_measures_are_trec_evals() -> None:
    judgements = {"a": {"x": 1, "y": 1}, "b": {"z": 1}, "c": {"x": 1}}
    means, marks = score({"one": {"a": {"x": 3.0, "n": 2.0, "y": 1.0}, "b": {"n": 2.0, "z": 1.0}}}, judgements)
    a, b, c = marks
    assert a["RR"] == 1 and b["RR"] == 0.5 and c["RR"] == 0  # nothing was found for the third
    assert a["AP"] == pytest.approx((1 + 2 / 3) / 2) and a["nDCG@10"] == pytest.approx(1.5 / (1 + 1 / 1.5849625), abs=1e-6)
    assert means["one"]["RR"] == pytest.approx(0.5) and means["one"].keys() == set(MEASURES)


def test_a_short_document_is_one_passage_and_a_long_one_is_cut() -> None:
    assert [draft.text for draft in cut(Paper("1", "Title", ""))[1]] == ["Title"]
    text, drafts = cut(Paper("1", "Title", "Every sentence has a few words. " * 60))
    assert len(drafts) > 2 and all(text[draft.start : draft.end] == draft.text and draft.title == "Title" for draft in drafts)


def test_the_service_is_scored_by_words_by_vectors_and_by_both(beir: Path, tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "w", embedder=embedder_checkpoint(tmp_path / "embedder", 0))
    seen: set[str] = set()
    report = measure(beir, settings, progress=lambda what, done, of: seen.add(f"{what} {done}/{of}"))
    assert (report.documents, report.passages, report.queries, report.practised) == (12, 12, 2, None)
    assert report.scores.keys() == {"BM25", "dense", "hybrid"}
    assert report.scores["BM25"]["RR"] == 1 and report.scores["hybrid"]["R@100"] == 1  # both find every passage of so few
    assert "searching 2/2" in seen and "storing documents 12/12" in seen
    assert {(mark["query"], mark["search"]) for mark in report.marks} == {(q, w) for q in ("q1", "q2") for w in report.scores}
    assert measure(beir, settings).scores == report.scores
    write_records(tmp_path / "marks" / "goods.jsonl", report.marks)
    assert [json.loads(line) for line in (tmp_path / "marks" / "goods.jsonl").read_text().splitlines()] == report.marks
    assert not (settings.workspace / "record.sqlite").exists()  # the workspace is not touched


def test_practice_before_the_exam_reads_no_query(beir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_for(tmp_path / "w", embedder=embedder_checkpoint(tmp_path / "embedder", 0))
    stored: list[str] = []
    kept = Record.add_document
    monkeypatch.setattr(Record, "add_document", lambda self, name, *rest: (stored.append(name), kept(self, name, *rest))[1])
    before = checkpoint.fingerprint(settings.embedder)
    report = measure(beir, settings, practice=True)
    assert report.practised is not None and report.practised > 0
    assert {name for name in stored if name != "halves"} == {f"d{number}" for number in range(12)}
    assert report.embedder == before or report.embedder.startswith("ft:reckoner-embedder:practice:")
    assert checkpoint.fingerprint(settings.embedder) == before


def test_too_few_documents_to_practise_on_are_said(beir: Path, tmp_path: Path) -> None:
    lines = (beir / "corpus.jsonl").read_text().splitlines()
    (beir / "corpus.jsonl").write_text(lines[0] + "\n" + lines[3] + "\n")
    settings = settings_for(tmp_path / "w", embedder=embedder_checkpoint(tmp_path / "embedder", 0))
    with pytest.raises(ExamError, match="2 different passages"):
        measure(beir, settings, practice=True)
