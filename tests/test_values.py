"""Which stored value a question means, and what is not taken for one: a table of mentions, and what holds for many values."""

import random

import pytest

from retrieval.postings import Postings, Texts
from retrieval.schema import ValueIndex
from retrieval.values import Likeness, ValueMatch
from retrieval.vocabulary import Vocabulary

PLACES = """New York City|York|San Francisco|St. Louis|Saint Petersburg|Málaga|Zürich|Tromsø|Łódź|Wexley Park|Tarrin Harbour|Norway|Philadelphia
United States of America|UK|CO|Massachusetts|North Dakota|Stratford-upon-Avon|Mt. Everest|Rio de Janeiro|Los Angeles|Winston-Salem""".replace("\n", "|")
FIRMS = """Acme Inc.|Johnson & Johnson|Barnes and Noble|The Rolling Kettle|Hewlett Packard Company|Wayne Enterprises, Ltd|O'Brien Bakery|Levi's
IBM|Dept. of Public Works|Fisher Bros|University of Toronto|First National Bank|Smith, John|Mary Smith|Snowboard World|Playground""".replace("\n", "|")
THINGS = "Sleeping bags|Tents|Stoves|Otter Packraft|Hard Drive|TX-12|4711|Refrigerators|Ponchos|Berry|Income|Heart|Namer|Soure|Prince|Third Street Stove"
INDEX = ValueIndex.build(
    [("places", "name", PLACES.split("|")), ("firms", "name", FIRMS.split("|")), ("things", "name", THINGS.split("|"))],
    {("places", "name"): {"the Big Apple": "New York City", "Philly": "Philadelphia", "LA": "Los Angeles"}},
)

FOUND = [
    # as stored; other case, accents, punctuation
    ("shops in Wexley Park", "Wexley Park"), ("SHOPS IN WEXLEY PARK", "Wexley Park"), ("shops in wexley park", "Wexley Park"),
    ("shops in malaga", "Málaga"), ("shops in MÁLAGA", "Málaga"), ("flights to Zurich", "Zürich"), ("hotels in Tromso", "Tromsø"),
    ("trams of Lodz", "Łódź"), ("stratford upon avon", "Stratford-upon-Avon"), ("where is tx 12 kept", "TX-12"), ("where is 4711 kept", "4711"),
    ("what does Wayne Enterprises Ltd sell", "Wayne Enterprises, Ltd"),
    # plural and possessive
    ("how many sleeping bag sales", "Sleeping bags"), ("what is a tent", "Tents"), ("berries in stock", "Berry"), ("one poncho", "Ponchos"),
    ("Norway's best shop", "Norway"), ("Norway’s best shop", "Norway"), ("jeans of Levis", "Levi's"), ("hard drives we sold", "Hard Drive"),
    # spaces, hyphens, order
    ("offices in New-York City", "New York City"), ("offices in newyorkcity", "New York City"), ("offices in NewYork City", "New York City"),
    ("winston salem", "Winston-Salem"), ("winstonsalem", "Winston-Salem"), ("snow board world", "Snowboard World"),
    ("a play ground", "Playground"), ("OBrien Bakery", "O'Brien Bakery"), ("o brien bakery", "O'Brien Bakery"),
    ("John Smith's orders", "Smith, John"), ("orders of Smith John", "Smith, John"), ("Park Wexley", "Wexley Park"), ("Smith, Mary", "Mary Smith"),
    # abbreviated, or written out
    ("saint louis", "St. Louis"), ("St Petersburg", "Saint Petersburg"), ("Mount Everest", "Mt. Everest"), ("N. Dakota", "North Dakota"),
    ("Johnson and Johnson", "Johnson & Johnson"), ("Barnes & Noble", "Barnes and Noble"), ("Fisher Brothers", "Fisher Bros"),
    ("department of public works", "Dept. of Public Works"), ("Univ. of Toronto", "University of Toronto"), ("Acme Incorporated", "Acme Inc."),
    ("the staff of Acme", "Acme Inc."), ("Rolling Kettle songs", "The Rolling Kettle"), ("Wayne Enterprises", "Wayne Enterprises, Ltd"),
    ("Hewlett Packard", "Hewlett Packard Company"), ("1st National Bank", "First National Bank"), ("3rd Street Stove", "Third Street Stove"),
    ("people in Mass. who bought", "Massachusetts"),
    # misspelt
    ("shops in Norwai", "Norway"), ("shops in Norwya", "Norway"), ("shops in Nrway", "Norway"), ("Tarrin Harbuor", "Tarrin Harbour"),
    ("what is in Philadelpia", "Philadelphia"), ("what is in Philedelpia", "Philadelphia"), ("shops in Massachussets", "Massachusetts"),
    ("price of refridgeraters", "Refrigerators"), ("Wexly Prak", "Wexley Park"), ("San Fransisco", "San Francisco"),
    ("Sna Farncisco", "San Francisco"), ("Marry Smith", "Mary Smith"), ("Oniversity of Toronto", "University of Toronto"),
    ("Univeristy of Toronot", "University of Toronto"), ("rio de janiero", "Rio de Janeiro"), ("sleepnig bgas", "Sleeping bags"),
    # initials that the data say, and words of the operator's
    ("offices in NYC", "New York City"), ("offices in nyc", "New York City"), ("offices in N.Y.C.", "New York City"),
    ("made in the USA", "United States of America"), ("made in the U.S.A.", "United States of America"),
    ("made in the United Kingdom", "UK"), ("made in the U.K.", "UK"), ("International Business Machines", "IBM"),
    ("offices in the big apple", "New York City"), ("offices in Philly", "Philadelphia"), ("offices in LA", "Los Angeles"),
    # by one rare word
    ("what does the Otter weigh", "Otter Packraft"), ("how deep is Tarrin", "Tarrin Harbour"),
]  # fmt: skip
NOTHING = [
    "tell us the name of it", "how many were there in all", "what is the average price", "which company sold most", "who is the oldest",
    "is there a play", "what came in come what may", "the number of names", "list prices and sources", "how old is the old one",
    "a new city", "did anyone call after five", "what is the population of it", "in the first month", "who won the third round",
    "which street is it in", "and so on", "order by height", "show 47 and 11", "which one is due", "how hot is it",
    "dates of departments", "the national anthem", "what is on the list and what is not", "does NATO pay", "is it MIT or CMU",
    "how many heads does it have", "the southern coast", "for whom did she work", "what is the lowest charge",
]  # fmt: skip


def find(question: str, index: ValueIndex = INDEX) -> list[ValueMatch]:
    return index.find(question)


@pytest.mark.parametrize("mention, value", FOUND)
def test_a_mention_finds_the_value_it_means_before_any_other(mention: str, value: str) -> None:
    for question in (f"How many of them are there: {mention}?", f"{mention}: list what we know"):
        matches = find(question)
        assert matches and matches[0].value == value, (question, matches)


@pytest.mark.parametrize("question", NOTHING)
def test_words_that_mean_no_value_find_none(question: str) -> None:
    assert [match for match in find(question[0].upper() + question[1:] + "?") if match.likeness < Likeness.PARTLY] == []


def test_initials_mean_a_value_only_where_its_own_words_have_them() -> None:
    index = ValueIndex.build([("places", "name", ["New York", "Boston", "Norwich City", "Oslo", "Bern", "Rome", "Kyiv"])])
    assert find("Offices in NYC?", index) == []
    assert [match.value for match in find("Offices in NY?", index)] == ["New York"]


def test_initials_that_many_values_share_find_none_of_them() -> None:
    index = ValueIndex.build([("people", "name", [f"{a}lan {b}utler" for a in "ABCDEF" for b in "BCDEFG"])])
    assert [match.value for match in find("Who is A.B.?", index)] == ["Alan Butler"]
    crowd = ValueIndex.build([("people", "name", ["Anna Bell", "Adam Burns", "Ada Bruce", "Alec Byrd", "Amy Booth"])])
    assert find("Who is AB?", crowd) == []


def test_a_synonym_means_its_value_in_its_column_alone() -> None:
    columns = [("a", "city", ["New York", "Boston"]), ("b", "city", ["New York", "Boston"])]
    index = ValueIndex.build(columns, {("a", "city"): {"Gotham": "New York", "Beantown": "Chicago"}})
    assert [(match.table, match.value, match.likeness) for match in find("Sales in gotham?", index)] == [("a", "New York", Likeness.SYNONYM)]
    assert find("Sales in Beantown?", index) == []  # Chicago is not stored


def test_a_match_says_where_the_mention_stands() -> None:
    question = "Sales in  Wexly Park, please"
    (match, *_) = find(question)
    assert (question[match.start : match.end], match.value, match.words) == ("Wexly Park", "Wexley Park", 2)


def test_a_number_is_not_a_code_that_seems_to_begin_with_an_article() -> None:
    index = ValueIndex.build([("bins", "code", ["A-1", "A-12", "The 39 Steps"])])
    assert index.find("orders with more than 12 items") == []
    assert [match.value for match in index.find("what is in a-12")] == ["A-12"]
    assert [match.value for match in index.find("who borrowed 39 steps")] == ["The 39 Steps"]


def test_the_same_value_in_many_columns_is_found_in_twelve() -> None:
    index = ValueIndex.build([("t", f"c{n}", ["Wexley Park", *"abcdefgh"]) for n in range(30)])
    assert len(find("Sales in Wexley Park?", index)) == 12


def test_texts_that_are_not_plain_are_stored_and_found() -> None:
    values = ["", "   ", "–", "日本", "Ελλάδα", "a\x00b", "\ud800", "x" * 10_000, "one two three four five six seven eight nine", "ok\nso"]
    index = ValueIndex.build([("t", "c", [*values, None, 4, b"raw"])])
    assert [match.value for match in find("What of 日本?", index)] == ["日本"]
    assert [match.value for match in find("What of ελλάδα?", index)] == ["Ελλάδα"]
    assert find("What of x?", index) == []


def test_an_index_of_nothing_finds_nothing() -> None:
    assert find("Sales in Oslo?", ValueIndex.build([])) == [] and find("", INDEX) == [] and find("?!", INDEX) == []


def test_every_value_of_many_is_found_as_stored_and_misspelt() -> None:
    rng = random.Random(3)
    syllables = ["ba", "do", "ki", "lu", "me", "nor", "pa", "ras", "ti", "vel", "wex", "zan"]
    words = ["".join(rng.choices(syllables, k=4)).capitalize() for _ in range(300)]
    values = list(dict.fromkeys(f"{rng.choice(words)} {rng.choice(words)}" for _ in range(3000)))
    index = ValueIndex.build([("people", "name", values)])
    assert len(index) == len(values)
    for value in rng.sample(values, 100):
        place = rng.randrange(1, value.index(" ") - 1)
        swapped = value[:place] + value[place + 1] + value[place] + value[place + 2 :]
        for mention in (value, value.lower(), swapped):
            assert value in [match.value for match in find(f"Where does {mention} live?", index)], mention


# --- What it is made of -----------------------------------------------------------------------------------------------


def distance(one: str, other: str) -> int:
    """Optimal string alignment, from its definition."""
    rows = [[i + j if i * j == 0 else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (one[i - 1] != other[j - 1]))
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]


def test_a_vocabulary_finds_all_words_within_so_many_edits_that_begin_alike() -> None:
    rng = random.Random(5)
    words = {"".join(rng.choices("abé", k=rng.randint(1, 9))) for _ in range(1500)}
    vocabulary = Vocabulary(words)
    assert len(vocabulary) == len(words) and all(word in vocabulary for word in words)
    for word in ("ab", "abba", "bébab", "aabbéa", "abéabéab"):
        for edits in (1, 2):
            near = {(other, distance(word, other)) for other in words if 0 < distance(word, other) <= edits}
            alike = {pair for pair in near if pair[0][0] == word[0] or (pair[0][0] == word[1] and pair[0][1:2] == word[0])}
            assert set(vocabulary.near(word, edits, 10_000)) == alike


def test_a_vocabulary_completes_a_prefix() -> None:
    vocabulary = Vocabulary(["california", "calm", "call", "callous", "boat"])
    assert vocabulary.beginning("cali") == ["california"]
    assert sorted(vocabulary.beginning("cal", 9)) == ["california", "call", "callous", "calm"]
    assert vocabulary.beginning("boat") == [] and vocabulary.beginning("") == []


def test_texts_and_postings_give_back_what_was_added() -> None:
    texts, postings = Texts(), Postings()
    for number, text in enumerate(["", "a", "ü", "日本"]):
        texts.add(text)
        postings.add(number % 2 - 5, number)
    assert [texts[number] for number in range(len(texts))] == ["", "a", "ü", "日本"]
    postings.freeze()
    assert dict(postings.find([-5, 7, -4], 9)) == {0: [0, 2], 2: [1, 3]}
    assert dict(postings.find([-5], 1)) == {0: [0]}


def test_postings_drop_keys_of_too_many_numbers() -> None:
    postings = Postings()
    for number in range(5):
        postings.add(1, number)
        postings.add(10 + number, number)
    assert dict(postings.freeze(at_most=4).find([1, 12], 9)) == {1: [2]}
