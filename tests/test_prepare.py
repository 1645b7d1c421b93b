"""Readers of public data sets: each turns a tiny file in the set's own format into examples."""

import json
import lzma
import sqlite3
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from models.examples import Example, read_examples
from service.practice.arithmetic import arithmetic_practice
from service.prepare.expressions import calculate
from service.prepare.geography import geography_examples
from service.prepare.math_problems import gsm8k_examples, mawps_examples
from service.prepare.prepare import prepare
from service.prepare.qamr import qamr_examples
from service.prepare.sources import SOURCES, SourceError, open_source
from service.prepare.squad import squad_examples, squad_paragraphs
from service.prepare.wikisql import column_name, wikisql_examples
from tools.evidence import QUESTION, Number, Passage, Phrase, Schema, Span, Value
from tools.language import check

LONG = " ".join(f"Sentence number {n} says little about anything in particular here." for n in range(12))
PARAGRAPH = f"The tower was built in 1887. {LONG} It was painted red in 1887 by Anna Berg, who also painted the bridge."


def squad(*questions: dict) -> dict:
    return {"data": [{"title": "The_Tower", "paragraphs": [{"context": PARAGRAPH, "qas": list(questions)}]}]}


def asked(question: str, text: str, start: int = 0) -> dict:
    return {"id": "1", "question": question, "answers": [{"text": text, "answer_start": start}]}


def quotes(example: Example) -> list[str]:
    check(example.program)
    blocks = example.evidence.blocks
    return [blocks[t.block].text[t.start : t.end] for t in example.program if isinstance(t, Span)]  # type: ignore[union-attr]


def only(examples: Iterable[Example]) -> Example:
    (example,) = examples
    return example


# --- SQuAD and QAMR ---------------------------------------------------------------------------------------------


def test_squad_shows_the_passage_that_holds_the_answer() -> None:
    example = only(squad_examples(squad(asked("Who painted the bridge?", "Anna Berg")), Counter()))
    (passage,) = example.evidence.blocks
    assert isinstance(passage, Passage) and passage.title == "The Tower" and len(passage.text) < len(PARAGRAPH)
    assert quotes(example) == ["Anna Berg"]
    assert example.group == "The Tower"


@pytest.mark.parametrize(("question", "before"), [("When was the tower built?", "built in "), ("When was it painted red?", "red in ")])
def test_squad_prefers_the_occurrence_whose_sentence_is_asked_about(question: str, before: str) -> None:
    example = only(squad_examples(squad(asked(question, "1887", PARAGRAPH.index("1887"))), Counter()))
    passage, span = example.evidence.blocks[0], example.program[1]
    assert isinstance(passage, Passage) and isinstance(span, Span)
    assert passage.text[: span.start].endswith(before)


def test_squad_paragraphs_number_the_block_of_the_answer() -> None:
    example = only(squad_paragraphs(squad(asked("Who painted the bridge?", "Anna Berg")), Counter()))
    span = example.program[1]
    assert isinstance(span, Span) and span.block == len(example.evidence.blocks) - 1 > 0
    assert quotes(example) == ["Anna Berg"]


def test_squad_questions_without_an_answer_are_unknown_in_exams_and_skipped_in_training() -> None:
    dataset = squad({"id": "2", "question": "Who owns it?", "answers": [], "is_impossible": True})
    assert only(squad_paragraphs(dataset, Counter())).program == ("unknown",)
    skipped: Counter[str] = Counter()
    assert not list(squad_examples(dataset, skipped)) and skipped == {"no answer": 1}


def test_squad_counts_answers_that_are_not_in_the_paragraph() -> None:
    skipped: Counter[str] = Counter()
    assert not list(squad_examples(squad(asked("Who?", "Nobody")), skipped))
    assert skipped == {"answer not in the paragraph": 1}


def test_qamr_joins_tokens_and_quotes_the_majority_answer() -> None:
    sentences = "W:1:2:0\tMill -LRB- born 1773 -RRB- , `` a thinker '' , did n't rest .\n"
    line = "W:1:2:0\t0\t7\t0\t0\tWho was he?\t8\t5:7 8\t6:7 8\n"
    example = only(qamr_examples(sentences, line + line, Counter()))
    assert example.evidence.blocks[0].text == 'Mill (born 1773), "a thinker", didn\'t rest.'  # type: ignore[union-attr]
    assert quotes(example) == ["a thinker"]
    assert example.group == "W:1"


def test_qamr_quotes_two_pieces_but_not_three() -> None:
    sentences = "W:1:2:0\ta red fox and a white hare and an old owl\n"
    two, three = (f"W:1:2:0\t0\t7\t0\t0\tWho?\t{x}\t5:{x}\t6:{x}\n" for x in ("2 6", "2 6 10"))
    skipped: Counter[str] = Counter()
    assert quotes(only(qamr_examples(sentences, two + three, skipped))) == ["fox", "hare"]
    assert skipped == {"answer in too many pieces": 1}


# --- WikiSQL ----------------------------------------------------------------------------------------------------


def wikisql(question: str, sql: str, table: str = "1-1", split: str = "train", **variables: str) -> dict:
    sentence = {"original": question, "question-split": split, "table-id": table, "variables": variables}
    listed = [{"name": name, "example": text} for name, text in variables.items()]
    return {"sentences": [sentence], "sql": [sql], "variables": listed}


ENTRIES = [
    wikisql(
        f"How many points did JANE DOE of table {n} score after 1999?",
        "SELECT SUM TABLEalias0.POINTS_(TOTAL)_FIELD FROM TABLE AS TABLEalias0 "
        'WHERE TABLEalias0.YEAR_FIELD > var1 AND TABLEalias0.PLAYER_FIELD = "var0" ;',
        table=f"1-{n}",
        split="dev" if n > 30 else "train",
        var0="jane doe",
        var1="1999",
    )
    for n in range(40)
]


def test_wikisql_programs_check_and_follow_the_question() -> None:
    examples = list(wikisql_examples(ENTRIES, "train", Counter()))
    assert len(examples) == 31
    for example in examples:
        check(example.program)
        operations = [token for token in example.program if isinstance(token, str)]
        assert operations == ["query", "select", "sum", "where", "and", "eq", "gt", "end", "give", "r1"]
        (number,) = (token for token in example.program if isinstance(token, Number))
        assert number.block == QUESTION and example.evidence.question[number.start : number.end] == "1999"


def test_wikisql_literals_are_phrases_or_stored_values_by_table() -> None:
    kinds = set()
    for example in wikisql_examples(ENTRIES, "train", Counter()):
        schema = example.evidence.blocks[0]
        (literal,) = (token for token in example.program if isinstance(token, Phrase | Value))
        kinds.add(type(literal))
        assert isinstance(schema, Schema)
        if isinstance(literal, Value):
            (column,) = (column for column in schema.tables[0].columns if column.name == literal.column)
            assert literal.value in column.values and literal.value == "JANE DOE"
        else:
            assert example.evidence.question[literal.start : literal.end] == literal.text == "JANE DOE"
    assert kinds == {Phrase, Value}


def test_wikisql_columns_are_typed_by_their_use_and_shown_with_others() -> None:
    extra = [wikisql("Where?", f"SELECT TABLEalias0.PLACE_{n}_FIELD FROM TABLE AS TABLEalias0 ;", table="2-1") for n in range(4)]
    example = next(wikisql_examples(ENTRIES + extra, "train", Counter()))
    (schema,) = example.evidence.blocks
    assert isinstance(schema, Schema)
    types = {column.name: column.type for column in schema.tables[0].columns}
    assert 5 <= len(types) <= 8
    assert types["points (total)"] == types["year"] == "number" and types["player"] == "text"


def test_wikisql_skips_what_the_question_does_not_say() -> None:
    entry = wikisql("Who won?", "SELECT TABLEalias0.A_FIELD FROM TABLE AS TABLEalias0 WHERE TABLEalias0.B_FIELD = var0 ;", var0="Norway")
    skipped: Counter[str] = Counter()
    assert not list(wikisql_examples([entry], "train", skipped))
    assert skipped == {"literal not found in the question": 1}


def test_wikisql_is_drawn_the_same_way_each_time() -> None:
    first, second = ([e.to_json() for e in wikisql_examples(ENTRIES, "dev", Counter())] for _ in range(2))
    assert first == second and len(first) == 9


def test_column_names_are_readable() -> None:
    assert column_name("POPULATION_(2011)") == "population (2011)"


# --- GeoQuery and Restaurants -----------------------------------------------------------------------------------


def database(script: str) -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.executescript(script)
    content = connection.serialize()
    connection.close()
    return content


RIVERS = database(
    "CREATE TABLE river (river_name TEXT, length INT, traverse TEXT);"
    "INSERT INTO river VALUES ('ohio', 9, 'iowa'), ('red', 5, 'utah')"
)


def rivers(sql: str, text: str = "how long is the river_name0", name: str = "red") -> dict:
    return {"sql": [sql], "sentences": [{"text": text, "variables": {"river_name0": name}, "question-split": "train"}]}


def test_geography_fills_in_the_variables_and_points_at_stored_values() -> None:
    entry = rivers('SELECT RIVERalias0.LENGTH FROM RIVER AS RIVERalias0 WHERE RIVERalias0.RIVER_NAME = "river_name0" ;')
    example = only(geography_examples([entry], RIVERS, "geography", Counter()))
    check(example.program)
    assert example.evidence.question == "how long is the red"
    assert Value("river", "river_name", "red") in example.program


def test_geography_skips_numbers_that_the_question_does_not_say() -> None:
    entry = rivers("SELECT RIVERalias0.RIVER_NAME FROM RIVER AS RIVERalias0 WHERE RIVERalias0.LENGTH > 7500 ;", "name the major rivers")
    skipped: Counter[str] = Counter()
    assert not list(geography_examples([entry], RIVERS, "geography", skipped))
    assert skipped == {"geography: a number that the question does not say": 1}


# --- Mathematics ------------------------------------------------------------------------------------------------


def worded(program: tuple) -> str:
    return " ".join(token if isinstance(token, str) else token.value for token in program)


def gsm(question: str, answer: str) -> str:
    return json.dumps({"question": question, "answer": answer}) + "\n"


def test_gsm8k_steps_become_one_calculation() -> None:
    problem = gsm("Ann sold 48 clips in April and half as many in May. How many in all?", "<<48/2=24>>24 in May.\n<<48+24=72>>72\n#### 72")
    example = only(gsm8k_examples(problem, Counter()))
    assert worded(example.program) == "calc add 48 div 48 2 give r1"
    assert calculate(example.program) == 72 and example.evidence.blocks == ()


def test_gsm8k_results_used_twice_are_steps_of_their_own() -> None:
    problem = gsm("5 bags at $20 each, 10% off. What is the cost?", "<<5*20=100>> <<100*10*.01=10>> <<100-10=90>>\n#### 90")
    assert worded(only(gsm8k_examples(problem, Counter())).program) == "calc mul 5 20 calc sub r1 percent 10 r1 give r2"


def test_gsm8k_skips_numbers_from_nowhere_and_other_answers() -> None:
    skipped: Counter[str] = Counter()
    assert not list(gsm8k_examples(gsm("How many cents are 3 quarters?", "<<3*25=75>>\n#### 75"), skipped))
    assert not list(gsm8k_examples(gsm("What are 3 and 4?", "<<3+4=7>>\n#### 8"), skipped))
    assert skipped == {"gsm8k: number neither in the question nor a constant": 1, "gsm8k: no step gives the answer": 1}


def test_mawps_equations_become_calculations_over_the_questions_numbers() -> None:
    problem = {
        "original_text": "A waiter had 22 guests . If 14 left and 4 sat at each table , how many tables ?",
        "equation": "X=((22.0-14.0)/4.0)",
    }
    example = only(mawps_examples([problem | {"ans": 2.0}], "mawps", Counter()))
    assert worded(example.program) == "calc div sub 22 14 4 give r1"
    numbers = [token for token in example.program if isinstance(token, Number)]
    assert [example.evidence.question[n.start : n.end] for n in numbers] == ["22", "14", "4"]
    assert example.evidence.question.endswith("at each table, how many tables?")


def test_mawps_leaves_out_systems_of_equations() -> None:
    skipped: Counter[str] = Counter()
    problem = {"original_text": "Two numbers add up to 5 .", "equation": "m+n=5 ; m-n=1", "ans": [3, 2]}
    assert not list(mawps_examples([problem], "draw", skipped)) and skipped == {"draw: several equations": 1}


def test_arithmetic_practice_checks_calculates_and_repeats() -> None:
    examples = list(arithmetic_practice(300, seed=5))
    assert [e.to_json() for e in examples] == [e.to_json() for e in arithmetic_practice(300, seed=5)]
    assert len({e.group for e in examples}) > 60
    for example in examples:
        check(example.program)
        calculate(example.program)
        for token in example.program:
            if isinstance(token, Number):
                assert any((m.start, m.end, m.value) == (token.start, token.end, token.value) for m in example.evidence.mentions)


# --- Files ------------------------------------------------------------------------------------------------------


def put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / SOURCES[name].file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(lzma.compress(content))
    return path


def test_a_file_with_another_checksum_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "squad", b"{}")
    with pytest.raises(SourceError, match=r"squad-train-v1.1.json.xz is not the file that was meant: its SHA-256 is \w+, expected d35f"):
        open_source(tmp_path, "squad")


def test_a_missing_file_is_named_with_its_public_source(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"gsm8k-train.jsonl.xz is missing.*Cobbe"):
        open_source(tmp_path, "gsm8k")


def test_an_unpacked_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "math").mkdir()
    (tmp_path / "math/gsm8k-train.jsonl").write_text("{}")
    assert open_source(tmp_path, "gsm8k").text() == "{}"


def test_prepare_writes_whole_groups_to_either_file(tmp_path: Path) -> None:
    articles = [
        {"title": f"Article {n}", "paragraphs": squad(asked("Who painted the bridge?", "Anna Berg"))["data"][0]["paragraphs"] * 2}
        for n in range(50)
    ]
    (tmp_path / "reading").mkdir()
    (tmp_path / "reading/squad-train-v1.1.json").write_text(json.dumps({"data": articles}))
    (report,) = prepare(tmp_path, tmp_path / "out", ["squad"])
    train, valid = (list(read_examples(tmp_path / f"out/squad.{part}.jsonl")) for part in ("train", "valid"))
    assert (report.train, report.valid) == (len(train), len(valid)) == (96, 4)
    assert not {e.group for e in train} & {e.group for e in valid}
