"""Files of each format become text whose headings, tables and lists survive, or fail with a reason that says what is wrong."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from itertools import pairwise

import docx
import pypdfium2
import pytest

from retrieval.formats import Reading, Unreadable, Unsupported, read
from retrieval.reader import Reader
from tests.files import PASSWORD, Words, add_xml, hello, hostile, lines, pdf, saved

PAGE = b"""<!doctype html><html><head><title>Prices &ndash; Larkfell</title><style>p {}</style></head><body>
<header><nav><a href="/">Home</a></nav>Larkfell since 1987</header>
<main><h1>Price   list</h1><p>All prices hold from <b>1 May</b>,<br>see <a href="u">the terms</a>.<!-- not this --></p>
<h2>Tents</h2><p>In euros:</p>
<table><thead><tr><th>Name</th><th>Price</th><th>Stock</th></tr></thead>
<tr><td>Gannet</td><td>189.50</td><td rowspan=2>4</td></tr><tr><td>Her|on</td><td>249.00</td></tr>
<tr><td colspan=3>On order</td></tr></table>
<h3>Care</h3><ul><li>Wash by hand<ul><li>cold water</li></ul></li><li><p>Dry</p></li></ul><ol start=3><li>Fold</li><li>Store</li></ol>
<dl><dt>Warranty</dt><dd>Five years</dd></dl><pre>peg  4
 rope 2</pre><p hidden>Nobody sees this</p><table><tr><td><p>A box</p></td></tr></table></main>
<footer>Imprint</footer></body></html>"""
PAGE_TEXT = """# Price list

All prices hold from 1 May,
see the terms.

## Tents

In euros:

| Name | Price | Stock |
| --- | --- | --- |
| Gannet | 189.50 | 4 |
| Her\\|on | 249.00 | 4 |
| On order | On order | On order |

### Care

- Wash by hand
  - cold water
- Dry
3. Fold
4. Store
- Warranty: Five years

```
peg  4
 rope 2
```

A box
"""


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as reader:
        yield reader


def headings(reading: Reading) -> list[tuple[str, str]]:
    return [(draft.heading, draft.text) for draft in reading.drafts]


# --- What each format says --------------------------------------------------------------------------------------------


def test_html_keeps_headings_lists_tables_and_code_and_drops_what_is_not_the_text() -> None:
    reading = read(PAGE, "prices.html")
    assert (reading.text, reading.title) == (PAGE_TEXT, "Price list")
    assert [draft.heading for draft in reading.drafts] == ["", "Tents", "Tents > Care"]


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>Málaga", "Málaga\n"),
        ("<header><h1>Notice</h1><nav>Home</nav></header><div>Closed<div>on Friday</div></div>", "# Notice\n\nClosed\n\non Friday\n"),
        ("<p># no heading<p>- <p>===", "\\# no heading\n\n-\n\n\\===\n"),
        ("<article><header>By Holt</header><p>Text<aside>Note</aside></article><aside>Advert</aside>", "By Holt\n\nText\n\nNote\n"),
        ("<table><tr>" + ("<td colspan=100>" + "x" * 1000) * 500 + "</table>", "| " + "x" * 1000 + " |"),
        ("<div role=main>In</div><div>Out</div>", "In\n"),
        ("<main></main><p>Out", "Out\n"),
        ("<table><tr><td><table><tr><th>A<th>B<tr><td>1<td>2</table></table>", "| A | B |\n| --- | --- |\n| 1 | 2 |\n"),
        ("<table><tr><td>A<td colspan=99999999>B</table>", "| A |" + " B |"),
    ],
)  # fmt: skip
def test_html_of_all_sorts(page: str, text: str) -> None:
    assert read(f"<meta charset=utf-8>{page}".encode(), "page.html").text.startswith(text)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"])
def test_text_is_decoded_by_its_mark_or_where_it_plainly_is_text(encoding: str) -> None:
    text = "Málaga\r\n\r\nThe café opens at nine.\r\n"
    assert read(text.encode(encoding), "opening.txt").text == text.replace("\r\n", "\n")


def test_html_is_decoded_as_it_says_of_itself() -> None:
    assert read("<meta charset='koi8-r'><p>Москва".encode("koi8-r"), "page.html").text == "Москва\n"


def word() -> bytes:
    document = docx.Document()
    document.core_properties.title = "In the file's properties"
    document.add_paragraph("Warranty terms", style="Title")
    document.add_paragraph("They hold from May.")
    document.add_heading("Claims", 1)
    document.add_paragraph("A receipt", style="List Bullet")
    document.add_paragraph("A photograph", style="List Bullet")
    table = document.add_table(3, 3)
    for i, cell in enumerate(cell for row in table.rows for cell in row.cells):
        cell.text = ["Item", "Years", "Note", "Tent", "5", "", "Boots", "2", ""][i]
    table.cell(1, 2).merge(table.cell(2, 2)).text = "with receipt"
    add_xml(document, "<w:sdt><w:sdtContent><w:p><w:r><w:t>In a control.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
                      "<w:p><w:ins><w:r><w:t>Added </w:t></w:r></w:ins><w:del><w:r><w:delText>removed </w:delText></w:r></w:del>"
                      "<w:r><w:t>words</w:t><w:tab/><w:t>here.</w:t></w:r></w:p>")  # fmt: skip
    return saved(document)


def test_docx_keeps_headings_lists_and_tables_and_what_stands_in_controls_and_insertions() -> None:
    reading = read(word(), "terms.docx")
    assert reading.title == "Warranty terms"
    assert reading.text == (
        "# Warranty terms\n\nThey hold from May.\n\n# Claims\n\n- A receipt\n- A photograph\n\n"
        "| Item | Years | Note |\n| --- | --- | --- |\n| Tent | 5 | with receipt |\n| Boots | 2 | with receipt |\n\n"
        "In a control.\n\nAdded words here.\n"
    )
    assert [draft.heading for draft in reading.drafts][:2] == ["", "Claims"]


def test_the_title_comes_from_the_properties_where_no_heading_opens_the_document() -> None:
    document = docx.Document()
    document.core_properties.title = "Terms of May"
    document.add_paragraph("Tents last.")
    assert read(saved(document), "terms.docx").title == "Terms of May"
    assert read(hello(), "terms.docx").title == "terms"
    assert read(pdf([lines("Tents last.")], title="Terms of May"), "terms.pdf").title == "Terms of May"
    assert read(pdf([lines("Tents last.")], title="Microsoft Word - t.doc"), "terms.pdf").title == "terms"


@pytest.mark.parametrize(
    ("content", "name", "text"),
    [
        ("Name,Price\nGannet,189.50\nHeron,\n", "p.csv", "Name: Gannet; Price: 189.50\n\nName: Heron\n"),
        ('Name;Note\n"Gannet; red";"two\nlines"\n', "p.csv", "Name: Gannet; red; Note: two lines\n"),
        ("sep=|\nName|Price\nGannet|1,5\n", "p.csv", "Name: Gannet; Price: 1,5\n"),
        ("Name\tPrice\nGannet\t1,5\n", "p.tsv", "Name: Gannet; Price: 1,5\n"),
        ("2024,17\n2025,19\n", "p.csv", "column 1: 2024; column 2: 17\n\ncolumn 1: 2025; column 2: 19\n"),
        ("Name,Price,,\nGannet,1,,red\n", "p.csv", "Name: Gannet; Price: 1; column 4: red\n"),
        ("Name,Price\n", "p.csv", "Name; Price\n"),
        ("Year\nA long while ago\n", "p.csv", "Year: A long while ago\n"),
    ],
)
def test_every_row_of_a_csv_names_its_columns(content: str, name: str, text: str) -> None:
    reading = read(content.encode(), name)
    assert (reading.text, reading.title) == (text, "p")
    assert "".join(draft.text for draft in reading.drafts).split() == text.split()


# --- PDF --------------------------------------------------------------------------------------------------------------

PARAGRAPH = "Tents carry a warranty of five years, back-\npacks one of ten. A claim needs the re-\nceipt of the shop. It is self-\nevident."


def manual() -> bytes:
    """Three pages with a header and a footer; a paragraph goes over the first break, a table over the second."""

    def framed(number: int, *words: Words) -> list[Words]:
        return [Words("Larkfell handbook", 72, 810), *words, Words(f"Page {number} of 3", 270, 30)]

    rows = [[f"Part {i}", f"{i}.50", str(i)] for i in range(1, 5)]
    cells = [[Words(cell, left, 0) for cell, left in zip(row, (72, 200, 300), strict=True)] for row in [["Part", "Price", "Days"], *rows]]

    def placed(row: int, bottom: float) -> list[Words]:
        return [Words(cell.text, cell.left, bottom) for cell in cells[row]]

    return pdf([
        framed(1, Words("Warranty", 72, 740, 20), *lines(PARAGRAPH), Words("Self-evident things", 72, 600, 14, True),
               Words("Claims are decided within ten", 72, 570)),
        framed(2, Words("working days.", 72, 740), Words("Repairs", 72, 700, 10, True), *placed(0, 670), *placed(1, 655), *placed(2, 640)),
        framed(3, *placed(3, 740), *placed(4, 725), Words("• wash it", 72, 690), Words("• dry it", 72, 675)),
    ])  # fmt: skip


def test_pdf_lines_become_paragraphs_headings_tables_and_items() -> None:
    reading = read(manual(), "manual.pdf")
    assert reading.title == "Warranty"
    assert reading.text == (
        "# Warranty\n\n###### Page 1\n\n"
        "Tents carry a warranty of five years, backpacks one of ten. A claim needs the receipt of the shop. It is self-evident.\n\n"
        "## Self-evident things\n\n###### Page 1\n\nClaims are decided within ten working days.\n\n"
        "### Repairs\n\n###### Page 2\n\n"
        "| Part | Price | Days |\n| --- | --- | --- |\n| Part 1 | 1.50 | 1 |\n| Part 2 | 2.50 | 2 |\n\n"
        "###### Page 3\n\n| Part | Price | Days |\n| --- | --- | --- |\n| Part 3 | 3.50 | 3 |\n| Part 4 | 4.50 | 4 |\n\n"
        "- wash it\n- dry it\n"
    )
    assert [draft.heading for draft in reading.drafts] == [
        "Page 1", "Self-evident things > Page 1", "Self-evident things > Repairs > Page 2", "Self-evident things > Repairs > Page 3",
    ]  # fmt: skip


def test_the_locked_pdf_of_the_tests_opens_with_its_password() -> None:
    assert len(pypdfium2.PdfDocument(hostile()["locked.pdf"][0], password=PASSWORD.decode())) == 1


# --- Passages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [("prices.html", PAGE), ("terms.docx", word()), ("manual.pdf", manual()), ("p.csv", b"Name,Price\n" + b"Gannet,189.50\n" * 200)],
)
def test_passages_are_slices_of_the_text_that_is_stored(reader: Reader, name: str, content: bytes) -> None:
    reading = reader.read(content, name)
    assert reading == read(content, name)  # what comes back from the process
    assert all(draft.text == reading.text[draft.start : draft.end] and draft.title == reading.title for draft in reading.drafts)
    assert all(one.end <= other.start for one, other in pairwise(reading.drafts))


# --- What cannot be read ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", hostile())
def test_a_file_that_cannot_be_read_fails_with_its_reason_and_the_next_is_read(reader: Reader, name: str) -> None:
    content, why = hostile()[name]
    with pytest.raises(Unreadable) as failed:
        reader.read(content, name)
    assert why in str(failed.value) and str(failed.value).isprintable()
    assert isinstance(failed.value, Unsupported) == (name == "what.xyz")
    assert reader.read(b"Tents last.", "notes.md").text == "Tents last."


def test_a_file_that_takes_too_long_is_given_up_and_the_next_is_read() -> None:
    with Reader(seconds=0.5) as reader:
        with pytest.raises(Unreadable, match=r"more than 0\.5 seconds"):
            reader.read(b"# h\n\nx\n\n" * 1_200_000, "slow.md")
        assert reader.read(b"Tents last.", "notes.md").text == "Tents last."


def test_a_file_that_takes_too_much_memory_is_given_up_and_the_next_is_read() -> None:
    with Reader(memory=200_000_000) as reader:
        with pytest.raises(Unreadable, match="more than 200 MB"):
            reader.read(b"<p>x" * 2_400_000, "many.html")
        assert reader.read(b"Tents last.", "notes.md").text == "Tents last."


def test_a_crash_is_the_reason_of_the_file_that_it_comes_with_twice() -> None:
    """The process is killed while it reads, as a parser's fault would end it."""
    slow, killed = b"# h\n\nx\n\n" * 60_000, []
    with Reader() as reader:

        def die() -> None:
            assert reader.pid is not None
            killed.append(reader.pid)
            os.kill(reader.pid, signal.SIGSEGV)

        with pytest.raises(Unreadable, match="crashed over it \\(SIGSEGV\\)"):
            reader.read(slow, "slow.md", die)
        assert len(killed) == 1  # it was the first file of its process: nothing else can have been wrong with it
        assert reader.read(b"Tents last.", "notes.md").text == "Tents last."
        assert len(reader.read(slow, "slow.md", lambda: None if len(killed) > 1 else die()).drafts) > 100  # in a new process, again
        assert len(killed) == 2


def test_whoever_waits_may_give_up(reader: Reader) -> None:
    class Enough(Exception):
        pass

    def enough() -> None:
        raise Enough

    with pytest.raises(Enough):
        reader.read(b"# h\n\nx\n\n" * 200_000, "slow.md", enough)
    assert reader.read(b"Tents last.", "notes.md").text == "Tents last."
