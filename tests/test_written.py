"""Questions written by hand: one file of an organisation becomes examples that point at what the service would show."""

from collections import Counter
from pathlib import Path

import pytest

from models.examples import Example
from service.prepare.written import ORGANISATIONS, PROBLEMS, Unusable, read_organisation, write_workspace, written_examples
from tests.workspaces import ORGANISATION
from tools.evidence import Date, Number, Passage, Schema, Span


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "quay_rentals.txt").write_text(ORGANISATION, encoding="utf-8")
    return tmp_path / "quay_rentals.txt"


@pytest.fixture
def examples(path: Path) -> dict[str, Example]:
    return {example.evidence.question: example for example in written_examples(path, Counter())}


def quoted(example: Example) -> list[str]:
    return [example.evidence.blocks[t.block].text[t.start : t.end] for t in example.program if isinstance(t, Span)]  # type: ignore[union-attr]


def test_every_wording_is_an_example_with_the_same_answer(examples: dict[str, Example]) -> None:
    assert quoted(examples["How much do I leave with you as security?"]) == ["150 euros"]
    assert quoted(examples["sum you keep till I'm back"]) == ["150 euros"]


def test_three_dots_stand_for_the_words_between(examples: dict[str, Example]) -> None:
    (quote,) = quoted(examples["Why does my security take so long to come back?"])
    assert quote == "We pay it back within three days because the bank needs that long."


def test_a_calculation_points_into_question_and_paragraph(examples: dict[str, Example]) -> None:
    program = examples["We take 2 boats: what do we leave with you?"].program
    assert [token.value for token in program if isinstance(token, Number)] == ["2", "150"]
    assert program[:2] == ("calc", "mul")


def test_a_question_that_the_paragraph_leaves_open_is_unknown(examples: dict[str, Example]) -> None:
    example = examples["Which bank do you use?"]
    assert example.program == ("unknown",)
    assert any(isinstance(block, Passage) and "bank" in block.text for block in example.evidence.blocks)


def test_a_category_is_shown_though_the_question_has_other_words(examples: dict[str, Example]) -> None:
    example = examples["How many boats are out of order?"]
    (schema,) = (block for block in example.evidence.blocks if isinstance(block, Schema))
    assert {"in repair", "ready"} <= {value for column in schema.tables[0].columns for value in column.values}
    assert "eq" in example.program


def test_dates_in_braces_are_the_periods_that_the_question_says(examples: dict[str, Example]) -> None:
    (period,) = (token for token in examples["Which boats did we get last year?"].program if isinstance(token, Date))
    assert (period.first, period.last) == ("2024-01-01", "2025-01-01")


def test_several_queries_and_a_calculation_are_one_program(examples: dict[str, Example]) -> None:
    program = examples["What share of the seats is on Cora?"].program
    assert program.count("query") == 2 and program[-6:] == ("calc", "share", "r1", "r2", "give", "r3")


def test_what_cannot_be_used_is_counted_and_named_by_line(path: Path) -> None:
    skipped: Counter[str] = Counter()
    lines: dict[int, str] = {}
    assert len(list(written_examples(path, skipped, lines=lines))) == 8
    assert skipped.total() == 1
    assert list(lines) == [ORGANISATION[: ORGANISATION.index("Q: How many canoes")].count("\n") + 1]


def test_a_line_out_of_place_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("== questions\nHow many boats?\n", encoding="utf-8")
    with pytest.raises(Unusable, match="line 2"):
        read_organisation(tmp_path / "x.txt")


def test_a_workspace_is_documents_a_database_and_an_exam(path: Path, tmp_path: Path) -> None:
    assert write_workspace(path, tmp_path / "out") == 8
    assert "## Deposit" in (tmp_path / "out" / "documents" / "terms.md").read_text(encoding="utf-8")
    exam = (tmp_path / "out" / "exam.jsonl").read_text(encoding="utf-8")
    assert '"answer": [["Bess"], ["Cora"]]' in exam and '"answer": null' in exam


@pytest.mark.parametrize("folder", [ORGANISATIONS, PROBLEMS])
def test_nearly_all_that_ships_can_be_used(folder: Path) -> None:
    path = sorted(folder.glob("*.txt"))[0]
    lines: dict[int, str] = {}
    used = sum(1 for _ in written_examples(path, Counter(), lines=lines))
    assert used > 100 and len(lines) < 0.03 * used
