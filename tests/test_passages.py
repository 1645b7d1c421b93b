"""Passages are verbatim slices of their document that keep to its structure."""

from itertools import pairwise
from pathlib import Path

import pytest

from retrieval.passages import LONG, MOST, PassageDraft, sentences, split, title_of

MANUAL = """# Tent care

Read this first.

## Washing

Wash by hand:

- use cold water and a soft sponge,
- take the poles out,
- never use a machine.

### Down bags

Down bags need a special soap. Ask in any of our shops.

## Storing

Keep the tent dry.
"""
SENTENCE = "The tent stands in the rain and the wind and it does not fall over at all. "  # 17 words


def manual() -> list[PassageDraft]:
    return split(MANUAL, title="Tent care", is_markdown=True)


def documents() -> list[Path]:
    return sorted((Path(__file__).parents[1] / "service" / "sample" / "documents").iterdir())


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_a_passage_is_exactly_its_slice_of_the_document(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    drafts = split(text, title="", is_markdown=path.suffix == ".md")
    assert drafts
    assert all(draft.text == text[draft.start : draft.end] == draft.text.strip() for draft in drafts)
    assert all(one.end <= other.start for one, other in pairwise(drafts))


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_every_word_outside_headings_is_in_a_passage(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    left = list(text)
    for draft in split(text, title="", is_markdown=path.suffix == ".md"):
        left[draft.start : draft.end] = " " * (draft.end - draft.start)
    remains = [line for line in "".join(left).splitlines() if line.strip()]
    assert all(line.startswith("#") or (path.suffix == ".txt" and len(line.split()) <= 10) for line in remains)


def test_a_passage_knows_the_headings_above_it() -> None:
    assert [draft.heading for draft in manual()] == ["", "Washing", "Washing > Down bags", "Storing"]


def test_a_list_stays_with_its_lead_in() -> None:
    assert manual()[1].text.startswith("Wash by hand:")
    assert manual()[1].text.endswith("- never use a machine.")


def test_short_neighbours_under_one_heading_are_merged() -> None:
    text = "\n\n".join(["It is a short paragraph."] * 4)
    assert [draft.text for draft in split(text, title="", is_markdown=False)] == [text]


def test_no_passage_is_longer_than_the_limit() -> None:
    for text in (SENTENCE * 40, "word " * 1000, "\n\n".join([SENTENCE * 6] * 5), "- " + SENTENCE * 30):
        drafts = split(text, title="", is_markdown=True)
        assert max(len(draft.text.split()) for draft in drafts) <= MOST
        assert sum(len(draft.text.split()) for draft in drafts) == len(text.split())


def test_a_long_paragraph_is_cut_between_sentences_into_like_parts() -> None:
    drafts = split(SENTENCE * 10, title="", is_markdown=False)
    assert all(draft.text.endswith("at all.") for draft in drafts)
    assert [len(draft.text.split()) for draft in drafts] == [85, 85]


ROWS = "".join(f"| Tent {i} | {i}.50 |\n" for i in range(60))
TABLE = f"Prices hold from May:\n\n| Name | Price |\n| --- | --- |\n{ROWS}\nAll of it."


def test_a_long_table_is_cut_between_rows_and_its_columns_are_named_above_each_part() -> None:
    drafts = split(f"# Prices\n\n## Tents\n\n{TABLE}", title="Prices", is_markdown=True)
    tables = [draft for draft in drafts if "|" in draft.text]
    assert "| Name | Price |\n" in tables[0].text and tables[0].heading == "Tents"
    assert len(tables) > 2 and all(draft.heading == "Tents > Name | Price" for draft in tables[1:])
    assert all(line.startswith("|") and line.endswith("|") for draft in tables[1:] for line in draft.text.splitlines())
    assert "\n".join(draft.text for draft in drafts).split() == TABLE.split()


def test_a_short_table_stays_whole_and_a_row_of_it_is_a_sentence() -> None:
    text = "| Name | Price |\n| --- | --- |\n| Gannet | 1.5 |\n| Heron | 2 |"
    assert [draft.text for draft in split(text, title="", is_markdown=True)] == [text]
    assert [text[start:end] for start, end in sentences(text)] == text.split("\n")


@pytest.mark.parametrize(
    "text",
    [
        "x" * 100_000, "# a" + " " * 100_000 + "b", "." * 100_000 + "x", ". " + " " * 100_000 + ".", "x" + "\n" * 100_000 + "x",
        "|" + "-|" * 50_000 + "\n|" + "-|" * 50_000,
    ],
    ids=["a word", "a heading of spaces", "dots", "spaces", "lines", "a table"],
)  # fmt: skip
def test_no_passage_is_without_bounds_whatever_the_text(text: str) -> None:
    drafts = split(text, title="", is_markdown=True)
    assert drafts and max(len(draft.text) for draft in drafts) <= MOST * LONG
    assert sum(len(draft.text.split()) for draft in drafts) >= len(text.split()) and all(d.text == text[d.start : d.end] for d in drafts)


def test_headings_are_recognised_in_three_styles() -> None:
    assert title_of("Tent care\n=========\n\nDry it.", is_markdown=True) == "Tent care"
    assert title_of("# Tent care #\n\nDry it.", is_markdown=True) == "Tent care"
    assert title_of("TENT CARE\n\nDry it well.", is_markdown=False) == "TENT CARE"
    assert title_of("Dry it well.\n\nThen fold it.", is_markdown=False) == ""


def test_a_hash_in_a_code_block_is_no_heading() -> None:
    drafts = split("## Setup\n\n```\n# not a heading\nrun\n```\n", title="", is_markdown=True)
    assert [(draft.heading, draft.text) for draft in drafts] == [("Setup", "```\n# not a heading\nrun\n```")]


def test_a_document_of_headings_alone_is_still_found() -> None:
    assert [draft.text for draft in split("# One\n\n## Two\n", title="", is_markdown=True)] == ["# One\n\n## Two"]


def test_nothing_gives_no_passages() -> None:
    assert split(" \n\n", title="", is_markdown=True) == []


def test_sentences_do_not_end_at_abbreviations_initials_or_decimals() -> None:
    text = 'Dr. J. Smith paid $3.50 to Acme Inc. on Monday. "Really?" he asked. It was, e.g. for rope, cheap! Yes.'
    assert [text[start:end] for start, end in sentences(text)] == [
        "Dr. J. Smith paid $3.50 to Acme Inc. on Monday.",
        '"Really?" he asked.',
        "It was, e.g. for rope, cheap!",
        "Yes.",
    ]


def test_windows_line_ends_keep_their_offsets() -> None:
    text = MANUAL.replace("\n", "\r\n")
    drafts = split(text, title="Tent care", is_markdown=True)
    assert [draft.heading for draft in drafts] == [draft.heading for draft in manual()]
    assert all(draft.text == text[draft.start : draft.end] for draft in drafts)
