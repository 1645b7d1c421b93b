"""What examples of function calls promise: each can be said, is accepted by its function, and shows when not to call as well."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from models.answerer import SHIPPED
from models.checkpoint import read_tokenizer
from models.encoding import encode
from models.examples import Example, write_examples
from models.stream import Augmentation, Chances, Source, thinned
from service.exams.calls import CallsExam
from service.exams.exam import Reply
from service.prepare.calls import call_examples, split, written_functions
from tools.language import Evidence, Passage, Phrase, Span, Tool, ToolInfo

TEXT = "The depot opens at seven. Parcels leave at noon."
OTHER = Example(
    Evidence("When do parcels leave?", (Passage("p", "Depot", TEXT), Passage("q", "Else", "Nothing."))),
    ("quote", Span(0, 41, 47), "end"), "written", "depot",
)  # fmt: skip


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return list(call_examples(written_functions(), [OTHER], 400, seed=3))


def offered(example: Example) -> dict[str, ToolInfo]:
    return {block.name: block for block in example.evidence.blocks if isinstance(block, ToolInfo)}


def test_every_call_is_of_an_offered_function_and_points_at_what_the_request_says(examples: list[Example]) -> None:
    calls = [example for example in examples if example.program[0] == "call"]
    assert len(calls) > 200
    tokenizer = read_tokenizer(SHIPPED)
    for example in calls:
        (tool,) = (token for token in example.program if isinstance(token, Tool))
        assert tool.name in offered(example)
        for phrase in (token for token in example.program if isinstance(token, Phrase)):
            assert example.evidence.question[phrase.start : phrase.end] == phrase.text
        assert encode(example.evidence, tokenizer).targets(example.program) is not None


def test_some_requests_have_no_function_and_some_questions_are_none_s_to_answer(examples: list[Example]) -> None:
    missing = [example for example in examples if example.program == ("unknown",)]
    others = [example for example in examples if example.program == OTHER.program]
    assert missing and others and all(offered(example) for example in (*missing, *others))
    assert all(example.evidence.question == OTHER.evidence.question for example in others)


def test_functions_that_are_held_out_are_asked_for_by_nobody_else() -> None:
    learned, held = split(written_functions())
    names = {name for function in held for name in function.names}
    assert held and not names & {name for function in learned for name in function.names}
    assert all(set(offered(example)) <= names for example in call_examples(held, [], 50, seed=0))


def test_the_same_seed_gives_the_same_examples(examples: list[Example]) -> None:
    assert list(call_examples(written_functions(), [OTHER], 400, seed=3)) == examples


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
    call = next(example for example in examples if example.program[0] == "call" and len(example.program) > 6)
    write_examples(path, [call])
    exam = CallsExam(path)
    ((question,), _) = exam.questions()
    without = (*call.program[:-5], *call.program[-3:])  # the last argument left out
    judged = [exam.judge(question, Reply(None, program, 1.0)) for program in (call.program, without, ("unknown",))]
    assert [verdict.right for verdict in judged] == [True, False, False]
    assert [verdict.scores["function"] for verdict in judged] == [1.0, 1.0, 0.0]
