"""What examples of function calls promise: each can be said, is accepted by its function, and shows when not to call as well."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from models.checkpoint import read_tokenizer
from models.encoding import encode
from models.examples import Example, write_examples
from models.shipped import SHIPPED
from models.stream import Augmentation, Chances, Source, thinned
from service.cli import Kind
from service.exams.calls import CallsExam
from service.exams.catalogue import KINDS
from service.exams.exam import Reply
from service.prepare.calls import call_examples
from service.prepare.functions import split, written_functions
from tools.evidence import ColumnInfo, Evidence, Passage, Phrase, Schema, Span, TableInfo, Tool, ToolInfo, Value

TEXT = "The depot opens at seven. Parcels leave at noon."
OTHER = Example(
    Evidence("When do parcels leave?", (Passage("p", "Depot", TEXT), Passage("q", "Else", "Nothing."))),
    ("quote", Span(0, 41, 47), "end"), "written", "depot",
)  # fmt: skip
TOKENIZER = read_tokenizer(SHIPPED)


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return list(call_examples(written_functions(), [OTHER], 400, TOKENIZER, seed=3))


def offered(example: Example) -> dict[str, ToolInfo]:
    return {block.name: block for block in example.evidence.blocks if isinstance(block, ToolInfo)}


def test_every_call_is_of_an_offered_function_and_points_at_what_the_request_says(examples: list[Example]) -> None:
    calls = [example for example in examples if example.program[0] == "call"]
    assert len(calls) > 200
    for example in calls:
        (tool,) = (token for token in example.program if isinstance(token, Tool))
        assert tool.name in offered(example)
        for phrase in (token for token in example.program if isinstance(token, Phrase)):
            assert example.evidence.question[phrase.start : phrase.end] == phrase.text
        assert encode(example.evidence, TOKENIZER).targets(example.program) is not None


def test_some_requests_have_no_function_and_some_questions_are_none_s_to_answer(examples: list[Example]) -> None:
    missing = [example for example in examples if example.program == ("unknown",)]
    others = [example for example in examples if example.program == OTHER.program]
    assert missing and others and all(offered(example) for example in (*missing, *others))
    assert all(example.evidence.question == OTHER.evidence.question for example in others)


def folded(name: str) -> str:
    """In one style, whatever the names of a function are written in."""
    return re.sub(r"[\W_]", "", name).lower()


def test_functions_that_are_held_out_are_asked_for_by_nobody_else() -> None:
    learned, held = split(written_functions())
    names = {folded(name) for function in held for name in function.names}
    assert len(held) > len(learned) / 10 and not names & {folded(name) for function in learned for name in function.names}
    for example in call_examples(held, [], 50, TOKENIZER, seed=0):
        assert all(folded(name).endswith(tuple(names)) for name in offered(example))


def test_a_request_stands_beside_no_other_function_that_it_could_mean(tmp_path: Path) -> None:
    (tmp_path / "small.txt").write_text(
        "= look : L\n@ like gaze\ncity* : c : city\n- look at {city}\n\n= gaze : G\ncity* : c : city\n- gaze at {city}\n\n"
        "= walk / go : W\ncity* : c : city\n- walk to {city}\n\n= run / GO : R\ncity* : c : city\n- run to {city}\n"
    )
    rivals: dict[str, set[str]] = {"look": set(), "walk": set()}
    for example in call_examples(written_functions(tmp_path), [], 200, TOKENIZER, seed=4):
        if example.group in rivals:
            rivals[example.group] |= {folded(name) for name in offered(example)}
    assert {"look", "run"} <= rivals["look"] and "gaze" not in rivals["look"]
    assert {"walk", "look", "gaze"} <= rivals["walk"] and "run" not in rivals["walk"]


def test_a_value_that_the_schema_shows_is_pointed_at_there() -> None:
    column = ColumnInfo("city", "text", ("Oldmere Vale", "Zoltburg"))
    shown = Example(Evidence("How many depots?", (Schema("d", (TableInfo("depots", (column,)),)),)), ("unknown",), "written", "d")
    made = [e for e in call_examples(written_functions(), [shown], 200, TOKENIZER, seed=5) if e.program[0] == "call"]
    stored = [e for e in made if any(isinstance(token, Value) for token in e.program)]
    assert stored
    for example in stored:
        (value,) = {token.value for token in example.program if isinstance(token, Value)}
        assert str(value).lower() in example.evidence.question.lower()
        assert encode(example.evidence, TOKENIZER).targets(example.program) is not None


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("= a : b\nc* : d : city\n- go to {e}\n", "no parameter is called"),
        ("= a : b\nc* : d : city\n- go[ to {c}]\n", "required"),
        ("= a : b\n@ odd\nc* : d : city\n- go to {c}\n", "no mark"),
        ("= a : b\nc*\n- go\n", "not a parameter"),
        ("a : b\n", "not the beginning"),
    ],
)  # fmt: skip
def test_a_function_that_is_not_in_form_is_refused_by_what_is_wrong(written: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "odd.txt").write_text(written)
    with pytest.raises(ValueError, match=said):
        written_functions(tmp_path)


def test_the_same_seed_gives_the_same_examples(examples: list[Example]) -> None:
    assert list(call_examples(written_functions(), [OTHER], 400, TOKENIZER, seed=3)) == examples


def test_thinning_keeps_the_function_and_taking_it_away_leaves_nothing_to_answer(examples: list[Example], tmp_path: Path) -> None:
    call = next(example for example in examples if example.program[0] == "call" and len(offered(example)) > 3)
    (name,) = (token.name for token in call.program if isinstance(token, Tool))
    rng = random.Random(0)
    kept = [set(offered(thinned(call, rng))) for _ in range(20)]
    assert all(name in names for names in kept) and any(len(names) < len(offered(call)) for names in kept)
    write_examples(tmp_path / "calls.jsonl", [call])
    deprived = Augmentation({"calls": Source(tmp_path / "calls.jsonl")})(call, Chances(crowd=0.0, deprive=1.0), rng)
    assert deprived.program == ("unknown",) and name not in offered(deprived)


def test_the_exam_wants_the_function_and_all_its_arguments(examples: list[Example], tmp_path: Path) -> None:
    path = tmp_path / "calls.valid.jsonl"
    call = next(example for example in examples if example.program[0] == "call" and len(example.program) > 8)
    write_examples(path, [call])
    exam = CallsExam(path)
    ((question,), _) = exam.questions()
    without = (*call.program[:-5], *call.program[-3:])  # the last argument left out
    turned = (*call.program[:2], *call.program[4:6], *call.program[2:4], *call.program[6:])  # the first two change places
    judged = [exam.judge(question, Reply(None, program, 1.0)) for program in (call.program, turned, without, ("unknown",))]
    assert [verdict.right for verdict in judged] == [True, True, False, False]
    assert [verdict.scores["function"] for verdict in judged] == [1.0, 1.0, 1.0, 0.0]


def test_every_exam_there_is_can_be_asked_for() -> None:
    assert {kind.value for kind in Kind} == {*KINDS, "language", "retrieval"}
