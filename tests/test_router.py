"""What the router promises: an outcome is what the tools gave for exactly this program, and its trace can be run again."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import pytest

from tests.waiting import ends_within
from tools.database import Database, Limits
from tools.errors import FixArguments, ToolError, Unanswerable
from tools.evidence import QUESTION, Column, Date, Evidence, Mention, Number, Parameter, Passage, Phrase, Span, Table, Tool, ToolInfo, Value
from tools.language import VERSION, LanguageError, Program
from tools.outcome import Outcome
from tools.results import Cell, Rows
from tools.router import Router
from tools.sqlite_database import SqliteDatabase

ASKED = "What is 15% of the orders of Ada since 1 March 2024?"
WARRANTY = "Tents carry a warranty of 24 months. Boots: 6 months."
PASSAGE = Passage("warranty.md#0", "warranty.md", WARRANTY, (Mention("number", 26, 28, "24"),))
FIFTEEN, ADA = Number("15", QUESTION, 8, 10), Phrase("Ada", 29, 32)
MARCH = Date("2024-03-01", "2024-03-02", QUESTION, 39, 51)
TOTAL, NAME = Column("orders", "total", "number"), Column("customers", "name", "text")
WEATHER = ToolInfo("weather", "the weather at a place", (("place", "a town"), ("day", "a day"), ("scale", "of degrees")))


def database_at(path: Path, name: str = "shop", limits: Limits = Limits()) -> Database:
    with sqlite3.connect(path) as connection:
        connection.executescript(
            """
            CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT);
            CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers(id), total REAL);
            INSERT INTO customers VALUES (1, 'Ada'), (2, 'Bob'), (3, 'Cleo');
            INSERT INTO orders VALUES (1, 1, 100.5), (2, 1, 89), (3, 2, 20), (4, 2, NULL);
            """
        )
    connection.close()
    return SqliteDatabase(name, path, limits)


@pytest.fixture
def shop(tmp_path: Path) -> Database:
    return database_at(tmp_path / "shop.sqlite")


@pytest.fixture
def evidence(shop: Database) -> Evidence:
    mentions = (Mention("number", 8, 10, "15"), Mention("date", 39, 51, "2024-03-01/2024-03-02"))
    return Evidence(ASKED, (PASSAGE, shop.schema, WEATHER), mentions)


def sum_for(name: Value | Phrase) -> Program:
    return ("query", "select", "sum", TOTAL, "where", "eq", NAME, name, "end")


PERCENT_OF_SUM: Program = (*sum_for(Value("customers", "name", "Ada")), "calc", "percent", FIFTEEN, "r1", "give", "r2")


def carried(outcome: Outcome) -> dict[str, object]:
    """A trace as it is after a journey."""
    return json.loads(json.dumps(outcome.to_json(), allow_nan=False))


# --- Answers


def test_a_quote_is_the_exact_source_text_with_its_hash(shop: Database, evidence: Evidence) -> None:
    outcome = Router({"shop": shop}).run(("quote", Span(0, 26, 35), Span(0, 44, 52), "end"), evidence)
    first, second = outcome.quotes
    assert (outcome.kind, first.passage, first.title, first.start, first.end) == ("quote", "warranty.md#0", "warranty.md", 26, 35)
    assert (first.text, second.text) == ("24 months", "6 months")
    assert first.sha256 == hashlib.sha256(b"24 months").hexdigest()


@pytest.mark.parametrize("place", [(0, 5, 500), (0, 9, 9), (0, 9, 4), (0, -3, 4), (1, 0, 3), (7, 0, 3), (QUESTION, 0, 4)])
def test_a_span_that_is_not_in_a_passage_is_no_quote(shop: Database, evidence: Evidence, place: tuple[int, int, int]) -> None:
    span = Span(*place)
    with pytest.raises(FixArguments):
        Router({"shop": shop}).run(("quote", span, "end"), evidence)


def test_a_query_joins_by_the_whole_schema_and_gives_rows(shop: Database, evidence: Evidence) -> None:
    program = ("query", "select", NAME, "sum", TOTAL, "group", NAME, "order", "desc", "sum", TOTAL, "limit", "1", "end", "give", "r1")
    outcome = Router({"shop": shop}).run(program, evidence)
    assert (outcome.kind, outcome.rows, outcome.value) == ("rows", (("Ada", 189.5),), None)
    assert "JOIN" in str(outcome.steps[0].input["sql"])


def test_a_calculation_goes_on_with_what_a_query_found(shop: Database, evidence: Evidence) -> None:
    outcome = Router({"shop": shop}).run(PERCENT_OF_SUM, evidence)
    assert (outcome.kind, outcome.value, outcome.text) == ("number", Fraction("28.425"), "28.425")
    assert outcome.working == "15% of 189.5 = 28.425"


def test_a_query_goes_on_with_what_a_query_found(shop: Database, evidence: Evidence) -> None:
    average = ("query", "select", "avg", TOTAL, "end")
    program = (*average, "query", "select", TOTAL, "where", "gt", TOTAL, "r1", "end", "give", "r2")
    assert Router({"shop": shop}).run(program, evidence).rows == ((100.5,), (89.0,))


def test_unknown_is_an_outcome_and_not_an_error(shop: Database, evidence: Evidence) -> None:
    assert Router({"shop": shop}).run(("unknown",), evidence).kind == "unknown"


def test_an_empty_result_is_unanswerable_and_a_count_of_zero_is_not(shop: Database, evidence: Evidence) -> None:
    router = Router({"shop": shop})
    nobody = Phrase("orders", 19, 25)
    with pytest.raises(Unanswerable, match="no rows"):
        router.run(("query", "select", NAME, "where", "eq", NAME, nobody, "end", "give", "r1"), evidence)
    with pytest.raises(Unanswerable, match="no rows"):
        router.run((*sum_for(nobody), "give", "r1"), evidence)
    with pytest.raises(Unanswerable, match="empty"):
        router.run((*sum_for(nobody), "calc", "add", "r1", "1", "give", "r2"), evidence)
    counted = router.run(("query", "select", "count", Table("customers"), "where", "eq", NAME, nobody, "end", "give", "r1"), evidence)
    assert counted.value == 0


def test_truncated_rows_say_so(tmp_path: Path, evidence: Evidence) -> None:
    router = Router({"shop": database_at(tmp_path / "two.sqlite", limits=Limits(rows=2))})
    outcome = router.run(("query", "select", NAME, "end", "give", "r1"), evidence)
    assert (len(outcome.rows), outcome.truncated, outcome.steps[0].truncated) == (2, True, True)


def test_values_reach_the_database_only_as_parameters(shop: Database) -> None:
    hostile = "x' OR 1=1; DROP TABLE orders --"
    evidence = Evidence(hostile, (shop.schema,))
    program = (*sum_for(Phrase(hostile, 0, len(hostile))), "give", "r1")
    with pytest.raises(Unanswerable, match="no rows"):
        Router({"shop": shop}).run(program, evidence)


# --- Which database


def test_the_database_is_the_one_that_has_what_is_named(tmp_path: Path, shop: Database) -> None:
    with sqlite3.connect(tmp_path / "zoo.sqlite") as connection:
        connection.executescript("CREATE TABLE animals (name TEXT); INSERT INTO animals VALUES ('okapi')")
    connection.close()
    zoo = SqliteDatabase("zoo", tmp_path / "zoo.sqlite")
    both = Evidence("?", (shop.schema, zoo.schema))
    router = Router({"shop": shop, "zoo": zoo})
    assert router.run(("query", "select", Column("animals", "name"), "end", "give", "r1"), both).rows == (("okapi",),)
    with pytest.raises(FixArguments, match="no database in the evidence"):
        router.run(("query", "select", Column("animals", "name"), TOTAL, "end", "give", "r1"), both)


def test_what_is_not_in_the_evidence_cannot_be_asked(shop: Database) -> None:
    program = ("query", "select", TOTAL, "end", "give", "r1")
    with pytest.raises(FixArguments, match="no database in the evidence"):
        Router({"shop": shop}).run(program, Evidence("?", (PASSAGE,)))
    with pytest.raises(FixArguments, match="no database 'shop'"):
        Router({}).run(program, Evidence("?", (shop.schema,)))


def test_what_is_no_program_is_not_run(shop: Database, evidence: Evidence) -> None:
    with pytest.raises(LanguageError):
        Router({"shop": shop}).run(("give", "r1"), evidence)


# --- Calls

CALL: Program = ("call", Tool("weather"), Parameter("weather", "place"), ADA, Parameter("weather", "day"), MARCH, "end", "give", "r1")


def test_a_registered_tool_is_called_with_its_arguments(shop: Database, evidence: Evidence) -> None:
    def weather(place: str, day: str) -> Mapping[str, object]:
        return {"place": place, "day": day, "degrees": 7}

    outcome = Router({"shop": shop}, {"weather": weather}).run(CALL, evidence)
    assert outcome.kind == "call" and outcome.call is not None and outcome.call.executed
    assert outcome.value == {"place": "Ada", "day": "2024-03-01", "degrees": 7}


def test_a_client_s_tool_is_left_to_the_client_who_may_come_back(shop: Database, evidence: Evidence) -> None:
    program = (*CALL[:-2], "calc", "mul", "r1", "2", "give", "r2")
    router = Router({"shop": shop})
    waiting = router.run(program, evidence)
    assert waiting.kind == "call" and waiting.call is not None and not waiting.call.executed
    assert waiting.call.arguments == {"place": "Ada", "day": "2024-03-01"}
    assert router.run(program, evidence, {"r1": 21}).value == 42
    assert router.verify(carried(waiting), evidence) == []


def test_a_tool_that_fails_is_a_named_error_and_wrong_arguments_are_another(shop: Database, evidence: Evidence) -> None:
    def broken(place: str, day: str) -> None:
        raise KeyError("secret")

    with pytest.raises(Unanswerable, match="'weather' failed: KeyError"):
        Router({"shop": shop}, {"weather": broken}).run(CALL, evidence)
    with pytest.raises(FixArguments, match="wrong arguments"):
        Router({"shop": shop}, {"weather": lambda town: 1}).run(CALL, evidence)
    with pytest.raises(FixArguments, match="unknown tool"):
        Router({"shop": shop}).run(CALL, Evidence(ASKED, ()))
    with pytest.raises(FixArguments, match="twice"):
        twice = ("call", Tool("weather"), *(Parameter("weather", "place"), ADA) * 2, "end", "give", "r1")
        Router({"shop": shop}, {"weather": lambda place: 1}).run(twice, evidence)


class Counted(SqliteDatabase):
    """Knows how often it was asked."""

    times = 0

    def run(self, sql: str, parameters: Sequence[Cell] = ()) -> Rows:
        self.times += 1
        return super().run(sql, parameters)


def test_programs_of_one_question_ask_a_database_the_same_but_once(shop: Database, evidence: Evidence, tmp_path: Path) -> None:
    counted = Counted("shop", tmp_path / "shop.sqlite")
    router = Router({"shop": counted})
    mine, another = router.for_question(), router.for_question()
    calculated = (*sum_for(ADA), "calc", "mul", FIFTEEN, "r1", "give", "r2")
    assert mine.run((*sum_for(ADA), "give", "r1"), evidence).rows == ((189.5,),)
    assert mine.run(calculated, evidence).value == Fraction("2842.5")
    assert counted.times == 1
    assert mine.run((*sum_for(Phrase("Bob", 29, 32)), "give", "r1"), evidence).rows == ((20.0,),)
    assert counted.times == 2
    another.run(calculated, evidence)  # what is asked later may be answered otherwise
    assert counted.times == 3


def test_what_a_database_refused_for_a_question_is_not_asked_again(shop: Database, evidence: Evidence, tmp_path: Path) -> None:
    counted = Counted("shop", tmp_path / "shop.sqlite", Limits(bytes=1))
    router = Router({"shop": counted}).for_question()
    for _ in range(2):
        with pytest.raises(Unanswerable):
            router.run((*sum_for(ADA), "give", "r1"), evidence)
    assert counted.times == 1


# --- Traces


def test_every_operand_is_traced_to_where_it_stands(shop: Database, evidence: Evidence) -> None:
    query, calc = Router({"shop": shop}).run(PERCENT_OF_SUM, evidence).steps
    assert [(o.source, o.text) for o in calc.operands] == [("question", "15"), ("r1", "")]
    assert [o.source for o in query.operands] == ["customers.name"]
    assert query.input["parameters"] == ["Ada"]


def test_a_number_in_a_passage_is_traced_to_the_passage(evidence: Evidence) -> None:
    outcome = Router({}).run(("calc", "div", Number("24", 0, 26, 28), "12", "give", "r1"), evidence)
    number, constant = outcome.steps[0].operands
    assert (number.source, number.start, number.end, number.text) == ("warranty.md#0", 26, 28, "24")
    assert constant.source == "language"
    assert (outcome.working, outcome.unit) == ("24 months ÷ 12 = 2", "")  # by a constant one converts: it may be years


def test_an_operand_that_points_outside_its_source_is_refused(evidence: Evidence) -> None:
    with pytest.raises(FixArguments, match="outside"):
        Router({}).run(("calc", "add", Number("24", 0, 26, 280), "1", "give", "r1"), evidence)


@pytest.mark.parametrize("program", [PERCENT_OF_SUM, ("quote", Span(0, 26, 35), "end"), ("unknown",), (*sum_for(ADA), "give", "r1")])
def test_a_trace_verifies_while_nothing_has_changed(shop: Database, evidence: Evidence, program: Program) -> None:
    router = Router({"shop": shop})
    assert router.verify(carried(router.run(program, evidence)), evidence) == []


def test_verify_names_what_has_changed_in_the_database(shop: Database, evidence: Evidence) -> None:
    router = Router({"shop": shop})
    trace = carried(router.run(PERCENT_OF_SUM, evidence))
    with sqlite3.connect(shop.path) as connection:
        connection.execute("UPDATE orders SET total = 189 WHERE id = 2")
    connection.close()
    differences = router.verify(trace, evidence)
    assert "steps[0].result.rows[0][0] was 189.5 and is 289.5" in differences
    assert any(line.startswith("value was") for line in differences)


def test_verify_names_a_quote_whose_passage_has_changed(shop: Database, evidence: Evidence) -> None:
    router = Router({"shop": shop})
    trace = carried(router.run(("quote", Span(0, 26, 35), "end"), evidence))
    edited = Evidence(ASKED, (Passage("warranty.md#0", "warranty.md", PASSAGE.text.replace("24", "36")), *evidence.blocks[1:]))
    assert 'quotes[0].text was "24 months" and is "36 months"' in router.verify(trace, edited)


@pytest.mark.parametrize(
    ("forge", "found"),
    [
        (lambda t: t.update(text="1000000"), "text was"),
        (lambda t: t["steps"][0]["input"].update(sql="SELECT 1"), "steps[0].input.sql was"),
        (lambda t: t["steps"][1]["operands"][0].update(text="99"), "steps[1].operands[0].text was"),
        (lambda t: t["steps"].pop(), "steps was"),
        (lambda t: t.update(program=t["program"].replace('number["15"', 'number["95"')), "does not stand in the evidence"),
        (lambda t: t.update(program="give r1"), "does not run any more"),
        (lambda t: t.update(language=99), "version 99"),
        (lambda t: t.clear(), "version None"),
    ],
)  # fmt: skip
def test_verify_finds_a_forged_trace(shop: Database, evidence: Evidence, forge: object, found: str) -> None:
    router = Router({"shop": shop})
    trace = carried(router.run(PERCENT_OF_SUM, evidence))
    forge(trace)  # type: ignore[operator]
    assert any(found in line for line in router.verify(trace, evidence))


@pytest.mark.parametrize(
    "program",
    [
        'calc add number["1e999999999", -1, 0, 0] 1 give r1',
        'call tool["weather"] parameter["weather", "place"] number["1e999999999", -1, 0, 0] end give r1',
        'call tool["weather"] parameter["weather", "place"] date["x", "y", -1, 0, 0] end give r1',
        'query select column["orders", "total", "number"] where gt column["orders", "total", "number"] number["1e999999999", -1, 0, 0]'
        " end give r1",
        'quote span["a", 0, 1] end',
        "quote span[" + "[" * 100_000,
        "calc " + "add " * 50_000,
        5,
    ],
    ids=range(8),
)
def test_verify_survives_a_hostile_trace(shop: Database, evidence: Evidence, program: object) -> None:
    with ends_within(1):
        assert "does not run any more" in Router({"shop": shop}).verify({"language": VERSION, "program": program}, evidence)[0]


def test_verify_does_not_call_a_tool_again(shop: Database, evidence: Evidence) -> None:
    calls: list[str] = []

    def weather(place: str, day: str) -> int:
        calls.append(place)
        return 7

    router = Router({"shop": shop}, {"weather": weather})
    assert router.verify(carried(router.run(CALL, evidence)), evidence) == []
    assert calls == ["Ada"]


def test_every_failure_of_a_step_is_a_tool_error(shop: Database, evidence: Evidence) -> None:
    router = Router({"shop": shop})
    for program in (
        ("calc", "div", "1", "0", "give", "r1"),
        ("calc", "pow", "1000", "1000", "give", "r1"),
        ("query", "select", TOTAL, "end", "calc", "add", "r1", "1", "give", "r2"),
        ("query", "select", TOTAL, "where", "gt", TOTAL, Number("9" * 900 + ".5", QUESTION, 0, 0), "end", "give", "r1"),
        ("query", "select", TOTAL, "where", "gt", TOTAL, Number("9" * 30, QUESTION, 0, 0), "end", "give", "r1"),
        ("calc", "pow", "10", "100", "query", "select", TOTAL, "where", "lt", TOTAL, "r1", "end", "calc", "pow", "9", "r2", "give", "r3"),
    ):
        with pytest.raises(ToolError):
            router.run(program, evidence)
