"""Exams read the benchmarks' own files and score as the benchmarks do; refusals count as what they are."""

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from models import checkpoint
from models.calibration import FEATURES, Calibration, chance_calibration_error, expected_calibration_error
from models.examples import Example
from service.calibrate import learn, threshold_at, workspace_marks
from service.exams.databases import GeographyExam, SpiderExam, hardness
from service.exams.exam import Exam, ExamError, Question, Reply
from service.exams.math import MathExam, problem
from service.exams.pictures import draw, read_marks, reliability, risk_coverage, save_marks
from service.exams.questions import Expected, QuestionsExam, judge
from service.exams.report import Mark, Report, coverage_at
from service.exams.runner import sit
from service.exams.squad import SquadExam
from service.exams.validation import ValidationExam
from service.exams.wikisql import form
from service.prepare.written import write_workspace
from service.sample import EXAM
from tests.workspaces import ORGANISATION, settings_for, untrained
from tools.evidence import QUESTION, Column, ColumnInfo, Evidence, Number, Passage, Phrase, Schema, Span, TableInfo, Value
from tools.language import Program
from tools.outcome import Outcome, Quote
from tools.router import Router

UNKNOWN = Reply(None, ("unknown",), 0.0)


@dataclass(frozen=True)
class Fixed:
    """Answers every question with the program that `programs` has for it, at the confidence there; else it knows nothing."""

    programs: Mapping[str, tuple[Program, float]]
    threshold: float = 0.5
    model: str = "fixed"

    def __call__(self) -> "Fixed":
        return self

    def shown(self, evidence: Evidence, databases: Mapping[str, Any]) -> Reply:
        if evidence.question not in self.programs:
            return UNKNOWN
        program, confidence = self.programs[evidence.question]
        return Reply(Router(databases).run(program, evidence), program, confidence)

    def asked(self, question: str) -> Reply:
        program, confidence = self.programs[question]
        return Reply(Router({}).run(program, Evidence(question, (PASSAGE,))), program, confidence)

    def read(self, evidence: Evidence) -> Reply:
        return UNKNOWN


PASSAGE = Passage("p0", "Tents", "Tents carry a warranty of 24 months. They are made in Osmouth.")


def report_of(exam: Exam, examinee: Fixed, **options: Any) -> dict[str, Any]:
    return sit(exam, examinee, processes=1, **options).to_json()


# --- The public benchmarks ----------------------------------------------------------------------------------------------


@pytest.fixture
def squad(tmp_path: Path) -> SquadExam:
    context = "The Normans gave their name to Normandy, a region in France. They came in the 10th century."
    questions = [
        {"id": "1", "question": "Where is Normandy?", "answers": [{"text": "France", "answer_start": 53}], "is_impossible": False},
        {"id": "2", "question": "Who was their king?", "answers": [], "is_impossible": True},
    ]
    path = tmp_path / "dev.json"
    path.write_text(json.dumps({"data": [{"title": "Normans", "paragraphs": [{"context": context, "qas": questions}]}]}))
    return SquadExam(path)


def test_squad_scores_the_quote_and_takes_a_refusal_as_no_answer(squad: SquadExam) -> None:
    report = report_of(squad, Fixed({"Where is Normandy?": (("quote", Span(0, 41, 59), "end"), 0.9)}))
    assert report["n"] == 2
    assert report["as_served"]["exact"] == 0.5  # "a region in France" is not "France"; the refusal is right
    assert report["as_served"]["f1"] == pytest.approx((1 + 0.5) / 2)


def test_an_answer_below_the_threshold_is_a_refusal(squad: SquadExam) -> None:
    program: Program = ("quote", Span(0, 53, 59), "end")
    report = report_of(squad, Fixed({"Where is Normandy?": (program, 0.4), "Who was their king?": (program, 0.4)}))
    assert report["answering_everything"]["exact"] == 0.5
    assert report["as_served"]["exact"] == 0.5  # now the other half
    assert report["kinds"]["unanswerable"]["right"] == 1
    assert report["kinds"]["answerable"]["refused"] == 1


def test_a_limit_draws_the_same_questions_every_time(tmp_path: Path) -> None:
    path = tmp_path / "problems.jsonl"
    path.write_text("\n".join(json.dumps({"question": f"What is {n} plus 1?", "answer": str(n + 1)}) for n in range(50)))
    first, second = (sit(MathExam(path), Fixed({}), limit=7, processes=1) for _ in range(2))
    assert len(first.marks) == 7
    assert first.to_json()["as_served"] == second.to_json()["as_served"]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "spider"
    (folder / "database" / "shop").mkdir(parents=True)
    with sqlite3.connect(folder / "database" / "shop" / "shop.sqlite") as connection:
        connection.execute("CREATE TABLE tent (name TEXT, price REAL)")
        connection.executemany("INSERT INTO tent VALUES (?, ?)", [("Gannet", 300), ("Larkspur", 200)])
    connection.close()
    columns = [[-1, "*"], [0, "name"], [0, "price"]]
    (folder / "tables.json").write_text(
        json.dumps([{"db_id": "shop", "table_names_original": ["tent"], "column_names_original": columns, "foreign_keys": []}])
    )
    asked = [
        {"db_id": "shop", "question": "Tents by price?", "query": "SELECT price, name FROM tent ORDER BY price"},
        {"db_id": "shop", "question": "What breaks?", "query": "SELECT colour FROM tent"},
        {"db_id": "gone", "question": "Where?", "query": "SELECT 1"},
    ]
    (folder / "dev.jsonl").write_text("\n".join(map(json.dumps, asked)))
    return folder


def test_spider_compares_rows_and_says_what_it_left_out(shop: Path) -> None:
    name, price = Column("tent", "name", "text"), Column("tent", "price", "number")
    right: Program = ("query", "select", name, price, "order", "asc", price, "end", "give", "r1")
    wrong: Program = ("query", "select", name, price, "order", "desc", price, "end", "give", "r1")
    report = report_of(SpiderExam(shop), Fixed({"Tents by price?": (right, 1.0)}))
    assert (report["n"], report["as_served"]["execution"]) == (1, 1.0)
    assert report["skipped"] == {"gold query does not run": 1, "no database": 1}
    assert report_of(SpiderExam(shop), Fixed({"Tents by price?": (wrong, 1.0)}))["as_served"]["execution"] == 0


def test_geography_asks_one_split(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "rivers.sqlite") as connection:
        connection.execute("CREATE TABLE river (river_name TEXT, length INT)")
        connection.execute("INSERT INTO river VALUES ('ohio', 1569)")
    connection.close()
    sentences = [
        {"text": "how long is river0", "question-split": "dev", "variables": {"river0": "ohio"}},
        {"text": "length of river0", "question-split": "train", "variables": {"river0": "ohio"}},
    ]
    sql = 'SELECT RIVERalias0.LENGTH FROM RIVER AS RIVERalias0 WHERE RIVERalias0.RIVER_NAME = "river0" ;'
    (tmp_path / "rivers.json").write_text(json.dumps([{"sql": [sql], "sentences": sentences}]))
    length, name = Column("river", "length", "number"), Column("river", "river_name", "text")
    program: Program = ("query", "select", length, "where", "eq", name, Value("river", "river_name", "ohio"), "end", "give", "r1")
    report = report_of(GeographyExam(tmp_path, "dev"), Fixed({"how long is ohio": (program, 1.0)}))
    assert (report["n"], report["as_served"]["execution"]) == (1, 1.0)


def test_wikisqls_logical_form_does_not_mind_the_order_of_conditions() -> None:
    team, year = Column("table", "team", "text"), Column("table", "year", "number")
    first = ("eq", team, Phrase("Osmouth", 0, 7))
    second = ("gt", year, Number("2010", QUESTION, 8, 12))
    one: Program = ("query", "select", "count", team, "where", "and", *first, *second, "end", "give", "r1")
    other: Program = ("query", "select", "count", team, "where", "and", *second, *first, "end", "give", "r1")
    different: Program = ("query", "select", "count", team, "where", *first, "end", "give", "r1")
    assert form(one) == form(other) is not None
    assert form(one) != form(different)
    assert form(("unknown",)) is None
    assert form(("query", "select", team, "end", "give", "r1")) == ("", "team", frozenset())


def test_validation_without_a_database_does_not_mind_it_either(tmp_path: Path) -> None:
    columns = tuple(ColumnInfo(name, "text") for name in ("team", "town"))
    evidence = Evidence("Osmouth in Wey, which team?", (Schema("table", (TableInfo("table", columns),)),))
    team, town = Column("table", "team", "text"), Column("table", "town", "text")
    conditions = ("eq", team, Phrase("Osmouth", 0, 7)), ("eq", town, Phrase("Wey", 11, 14))
    one, other = (("query", "select", team, "where", "and", *a, *b, "end", "give", "r1") for a, b in (conditions, conditions[::-1]))
    exam = ValidationExam(tmp_path, None, 1)
    question = Question(evidence.question, Example(evidence, one, "wikisql", "1"), "wikisql", True, evidence)
    assert exam.judge(question, Reply(None, other, 0.9)).right
    assert not exam.judge(question, Reply(None, (*one[:3], "where", *conditions[0], "end", "give", "r1"), 0.9)).right


@pytest.mark.parametrize("record, answers", [
    ({"original_text": "What is 2 plus 3 ?", "ans": 5.0}, (5,)),
    ({"question": "What is half of 5?", "answer": "5/2 = <<5/2=2.5>>2.5\n#### 2.5"}, (Fraction(5, 2),)),
    ({"original": {"sQuestion": "Which two?", "lSolutions": [1.0, 2.0]}}, (1, 2)),
    ({"text": "How many?", "answer": ["1,200"]}, (1200,)),
    ({"question": "Who?", "answer": "nobody"}, None),
    ({"answer": 1}, None),
])  # fmt: skip
def test_word_problems_are_read_in_the_shapes_they_come_in(record: dict[str, Any], answers: tuple[object, ...] | None) -> None:
    question = problem(record, Counter())
    assert (question.gold if question else None) == answers


def test_math_allows_one_part_in_ten_thousand(tmp_path: Path) -> None:
    path = tmp_path / "problems.json"
    path.write_text(json.dumps([{"question": "What is 10 through 3?", "answer": 3.3333}]))
    text = "What is 10 through 3?"
    division: Program = ("calc", "div", Number("10", QUESTION, 8, 10), Number("3", QUESTION, 19, 20), "give", "r1")
    assert report_of(MathExam(path), Fixed({text: (division, 1.0)}))["as_served"]["accuracy"] == 1


@pytest.mark.parametrize("exam", [SquadExam, SpiderExam, GeographyExam, MathExam, QuestionsExam])
def test_files_that_are_missing_or_wrong_are_said_in_a_sentence(exam: Any, tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"data": 3')
    for path in (tmp_path / "nowhere.json", broken):
        with pytest.raises(ExamError, match=r"\.$"):
            exam(path).questions()


# --- Questions of one's own ---------------------------------------------------------------------------------------------


def quoted(*texts: str) -> Outcome:
    return Outcome("quote", ("unknown",), tuple(Quote("p", "", 0, 0, len(t), t, "") for t in texts), text="; ".join(texts))


def table(*rows: tuple[Any, ...]) -> Outcome:
    return Outcome("rows", ("unknown",), (), tuple("abc"[: len(rows[0])]), rows)


@pytest.mark.parametrize("outcome, right, exact", [
    (quoted("24 months"), True, True),
    (quoted("Tents carry a warranty of 24 months."), True, False),
    (quoted("Tents carry a warranty of 24 months. They are made in Osmouth."), False, False),
    (quoted("124 months"), False, False),
    (quoted("24 months", "Osmouth"), False, False),
])  # fmt: skip
def test_a_quote_is_right_if_it_is_the_answer_or_a_sentence_with_it(outcome: Outcome, right: bool, exact: bool) -> None:
    assert judge(outcome, Expected(("24 months", "two years"))) == (right, exact)


@pytest.mark.parametrize("outcome, expected, right", [
    (table((46.012195,)), Expected(("46.01",)), True),
    (table((46.012195,)), Expected(("46.1",)), False),
    (table(("Osmouth",), ("Dunmore",)), Expected(("Osmouth",)), False),
    (table(("Osmouth",)), Expected(("osmouth",)), True),
    (table(("a", 1), ("b", 2)), Expected(rows=(("b", "2"), ("a", "1"))), True),
    (table(("a", 1), ("b", 2)), Expected(rows=(("b", "2"), ("a", "1")), ordered=True), False),
    (table((1, "a")), Expected(rows=(("a", "1"),)), False),
    (Outcome("number", ("unknown",), value=Fraction(139, 20)), Expected(("6.95",)), True),
    (Outcome("number", ("unknown",), value=Fraction(139, 20)), Expected(rows=(("6.95",),)), True),
])  # fmt: skip
def test_values_and_rows_must_be_the_expected_ones(outcome: Outcome, expected: Expected, right: bool) -> None:
    assert judge(outcome, expected)[0] is right


def test_questions_without_an_answer_must_be_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    asked = [{"question": "How long?", "answer": ["24 months"]}, {"question": "When do we move?", "answer": None}]
    path.write_text("\n".join(map(json.dumps, asked)))
    quote: Program = ("quote", Span(0, 26, 35), "end")
    report = report_of(QuestionsExam(path), Fixed({"How long?": (quote, 0.9), "When do we move?": (quote, 0.2)}))
    assert report["as_served"] | {"precision": 1.0} == report["as_served"]
    assert (report["as_served"]["right"], report["as_served"]["wrong"]) == (2, 0)
    assert report["answering_everything"]["accuracy"] == 0.5


def test_the_samples_own_exam_can_be_read() -> None:
    questions, _ = QuestionsExam(EXAM).questions()
    assert len(questions) == 120
    assert {q.answerable for q in questions if q.kind == "refuse"} == {False}


def test_a_query_inside_another_is_nested_however_it_is_spelt() -> None:
    assert hardness("SELECT name FROM t WHERE id NOT IN (SELECT id FROM u)") == "nested"
    assert hardness("SELECT a FROM t\nJOIN u ON t.id = u.id") == "join" and hardness("SELECT selected FROM t") == "one table"


# --- Calibration --------------------------------------------------------------------------------------------------------


def marks(*pairs: tuple[float, bool]) -> list[Mark]:
    return [Mark("", True, True, right, confidence, 0.01) for confidence, right in pairs]


def test_coverage_is_the_share_that_can_be_answered_at_a_precision() -> None:
    ranked = marks((0.9, True), (0.8, True), (0.7, False), (0.6, True))
    assert coverage_at(ranked, 0.95) == 0.5
    assert coverage_at(ranked, 0.75) == 1
    assert coverage_at(marks((0.9, True), (0.9, False)), 0.95) == 0  # a threshold cannot part equals
    assert Report("x", "", 0.75, ranked, {}, "accuracy", 1).to_json()["as_served"]["precision"] == 1


def test_confidences_that_are_right_have_a_calibration_error_by_chance_that_many_answers_dispel() -> None:
    assert chance_calibration_error([0.0, 1.0]) == 0  # nothing is left to chance
    assert chance_calibration_error([0.5]) == pytest.approx(0.5)  # the one answer is right or wrong, and half was said
    spread = [(i + 0.5) / 100 for i in range(100)]
    few, many = chance_calibration_error(spread), chance_calibration_error(spread * 100)
    assert few == pytest.approx(10 * many, rel=0.1)
    assert many < expected_calibration_error(spread * 100, [c > 0.5 for c in spread] * 100)
    report = Report("x", "", 0.5, marks(*((c, True) for c in spread)), {}, "accuracy", 1).to_json()
    assert report["calibration"]["ece_by_chance"] == few


def test_the_threshold_is_the_lowest_that_reaches_the_precision() -> None:
    assert threshold_at([0.9, 0.8, 0.7, 0.6], [True, True, False, True], 0.75) == 0.6
    assert threshold_at([0.9, 0.8, 0.7, 0.6], [True, True, False, False], 0.9) == 0.8
    assert threshold_at([0.9, 0.8], [False, False], 0.9) > 0.9


def test_calibration_learns_which_answer_to_give_and_how_sure_to_be() -> None:
    """Each question has two answers; the second feature tells which is right, and the likelier one is often wrong."""
    nothing = [0.0] * (len(FEATURES) - 2)
    seen = []
    for i in range(400):
        good, easy = i % 8 < 6, i % 8 < 4  # in pairs and fours, since every other answer is held
        answers = (((-0.1, 0.0, *nothing), False), ((-1.0, 1.0 if easy else 0.5, *nothing), good))
        seen.append(Mark("", True, True, False, 0.9, 0.01, answers=answers))
    learned = learn([replace(m, right=i % 40 < 2) for i, m in enumerate(seen)], 400, 0.8)
    assert learned.right_before < 0.1 and learned.right_after == 0.75
    assert learned.ece < 0.1
    confidence = learned.calibration.confidence
    assert confidence((-1.0, 1.0, *nothing)) > 0.7 > confidence((-1.0, 0.5, *nothing)) > 0.2 > confidence((-0.1, 0.0, *nothing))


def test_the_same_score_is_worth_more_where_it_is_more_often_right() -> None:
    situated = [[float(name == situation) for name in FEATURES[1:]] for situation in ("a workspace", "a table")]
    seen = []
    for i in range(800):
        odds, there = (2.0 if i % 4 < 2 else -2.0), i // 4 % 2
        right = i % 20 < (14 if odds > 0 else 4) + 5 * there
        seen.append(Mark("", True, True, right, 0.5, 0.01, answers=(((odds, *situated[there]), right),)))
    learned = learn(seen, len(seen), 0.8)
    searched, given = (learned.calibration.confidence((2.0, *features)) for features in situated)
    assert given > searched + 0.1
    assert learned.ece < 0.05


def test_what_is_worth_trusting_differs_where_evidence_was_searched() -> None:
    """Where it was searched the second feature tells which answer is right, where it was given the first."""
    seen = []
    for i in range(1200):
        searched, turned = i // 2 % 2 == 0, i // 4 % 2 == 0  # in pairs, since every other answer is held
        situation = [float(name == ("a workspace" if searched else "a passage")) for name in FEATURES[2:]]
        rows = [(1.0, 0.0, *situation), (0.0, 1.0, *situation)]
        answers = tuple((row, place == int(searched)) for place, row in enumerate(rows))
        seen.append(Mark("", True, True, False, 0.5, 0.01, answers=answers[::-1] if turned else answers))
    learned = learn([replace(mark, right=i % 3 == 0) for i, mark in enumerate(seen)], len(seen), 0.8)
    assert learned.right_after > 0.99


def test_a_calibration_from_before_situations_differed_is_read(tmp_path: Path) -> None:
    size = len(FEATURES)
    plain = {"weights": [0.5] * size, "bias": 0.1, "mean": [0.0] * size, "scale": [1.0] * size, "threshold": 0.4}
    (tmp_path / "calibration.json").write_text(json.dumps({**plain, "slope": 0.7, "offset": -0.2}))
    read = Calibration.load(tmp_path)
    assert read.searched == read.given and read.threshold == 0.4
    assert set(read.given.slopes) == {0.7} and set(read.given.offsets) == {-0.2} and len(read.given.slopes) == len(read.given.offsets)
    read.save(tmp_path)
    assert Calibration.load(tmp_path) == read


def test_a_workspace_that_was_held_out_sits_its_own_exam(tmp_path: Path) -> None:
    (tmp_path / "quay_rentals.txt").write_text(ORGANISATION, encoding="utf-8")
    asked = write_workspace(tmp_path / "quay_rentals.txt", tmp_path / "held")
    model = untrained()
    checkpoint.save(tmp_path / "model", model.model, model.model.config, model.tokenizer, {"size": "tiny"})
    settings = settings_for(tmp_path, model=tmp_path / "model", beams=1, passages=1)
    marks = workspace_marks(tmp_path / "held", settings, processes=1)
    assert len(marks) == asked and {mark.kind.partition(": ")[0] for mark in marks} == {"held"}
    assert any(not mark.answerable for mark in marks)


def certain(confidence: float, right: bool, answered: bool = True) -> Mark:
    return Mark("", True, answered, right, confidence, 0.0)


def test_risk_grows_with_coverage_as_less_sure_answers_are_given() -> None:
    marks = [certain(0.9, True), certain(0.5, False), certain(0.7, True), certain(0.0, False, answered=False)]
    assert risk_coverage(marks) == [(0.25, 0.0), (0.5, 0.0), (0.75, 1 / 3)]


def test_reliability_is_the_share_right_of_each_confidence() -> None:
    assert reliability([certain(0.92, True), certain(0.98, False), certain(0.11, False)]) == [(0.11, 0.0, 1), (0.95, 0.5, 2)]


def test_pictures_are_drawn_from_marks_that_were_kept(tmp_path: Path) -> None:
    marks = [certain(i / 40, i % 3 > 0) for i in range(40)]
    save_marks(tmp_path / "marks" / "squad.jsonl", marks)
    assert read_marks(tmp_path / "marks" / "squad.jsonl") == marks
    for path in draw({"squad": marks}, tmp_path / "pictures"):
        assert path.read_text(encoding="utf-8").rstrip().endswith("</svg>")


def test_what_are_no_marks_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"question": "Why?"}\n', encoding="utf-8")
    with pytest.raises(ExamError, match="--marks"):
        read_marks(tmp_path / "x.jsonl")


def test_too_little_to_calibrate_with_is_said() -> None:
    with pytest.raises(ExamError, match="too few"):
        learn(marks((0.5, True)), 1, 0.8)
