"""What answering promises: checked citations, the best program that runs, a refusal where there is none, and a trace that verifies."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from models.calibration import FEATURES, Calibration, Ranking
from models.decode import Candidate
from retrieval.ingest import index_text
from retrieval.record import RecordError, sha256
from service.answering import REFUSAL, Answering, evidence_of
from service.choosing import Choice, choices
from service.evidence import gather
from service.engine import Draining, Engine, Overloaded
from service.settings import Settings
from service.workspace import Workspace, prepare_sample
from tests.workspaces import (
    COUNT,
    LUNCH,
    NOTHING,
    TENTS,
    UNKNOWN,
    WARRANTY,
    Scripted,
    quoting,
    settings_for,
    span_of,
    three_tickets,
    tiny_workspace,
    untrained,
)  # fmt: skip
from tools.errors import DatabaseError
from tools.evidence import Evidence, Passage
from tools.router import Router


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[Workspace, Settings]]:
    workspace, settings = tiny_workspace(tmp_path)
    yield workspace, settings
    workspace.close()


def test_a_quote_is_cited_by_its_place_in_the_document(place: tuple[Workspace, Settings]) -> None:
    answer = Answering(place[0], Scripted(quoting("24 months")), place[1]).answer(TENTS)
    assert answer.kind == "quote" and answer.confidence == pytest.approx(0.9)
    (citation,) = answer.citations
    assert (citation.document, citation.quote) == ("warranty.md", "24 months")
    assert WARRANTY[citation.start : citation.end] == "24 months"
    assert citation.sha256 == sha256(WARRANTY)


def test_a_number_from_a_passage_is_cited_too(place: tuple[Workspace, Settings]) -> None:
    answer = Answering(place[0], Scripted(three_tickets), place[1]).answer("What do 3 day tickets cost?")
    assert (answer.kind, answer.text) == ("number", "568.50 EUR (3 × 189.50 EUR; prices.md)")
    assert [citation.quote for citation in answer.citations] == ["189.50"]


def test_a_database_answer_is_its_value_and_what_was_asked(place: tuple[Workspace, Settings]) -> None:
    answer = Answering(place[0], Scripted(lambda _: [COUNT]), place[1]).answer("How many orders were shipped?")
    assert (answer.kind, answer.text) == ("rows", "2 (count of orders where status = shipped)")


def test_programs_that_cannot_be_executed_fall_out_with_their_reason(place: tuple[Workspace, Settings]) -> None:
    answer = Answering(place[0], Scripted(lambda _: [NOTHING, COUNT]), place[1]).answer("How many orders were shipped?")
    assert answer.outcome is not None and answer.outcome.value == 2
    first, second = answer.trace["candidates"]
    assert (first["failed"], first["chosen"], second["chosen"]) == ("Unanswerable: no rows", False, True)
    assert answer.trace["features"]["failed before"] == 1


@pytest.mark.parametrize(
    ("script", "probability", "reason"),
    [([UNKNOWN, COUNT], 0.9, "unknown"), ([NOTHING], 0.9, "no program"), ([], 0.9, "no program"), ([COUNT], 0.3, "low confidence")],
)
def test_what_is_not_known_is_refused(place: tuple[Workspace, Settings], script: list, probability: float, reason: str) -> None:
    answer = Answering(place[0], Scripted(lambda _: script, probability), place[1]).answer(LUNCH)
    assert (answer.kind, answer.text, answer.reason, answer.citations) == ("refusal", REFUSAL, reason, ())


def test_the_threshold_of_the_settings_goes_before_the_checkpoint_s(place: tuple[Workspace, Settings]) -> None:
    lenient = place[1].model_copy(update={"threshold": 0.1})
    assert Answering(place[0], Scripted(lambda _: [COUNT], 0.3), lenient).answer(LUNCH).kind == "rows"


@pytest.mark.parametrize("script", [quoting("24 months"), three_tickets, lambda _: [COUNT], lambda _: [UNKNOWN]])
def test_the_trace_is_json_and_verifies(place: tuple[Workspace, Settings], script) -> None:
    answering = Answering(place[0], Scripted(script), place[1])
    answer = answering.answer("3 day tickets or the warranty of 24 months on tents?")
    trace = json.loads(json.dumps(answer.trace))
    assert evidence_of(trace) == answer.evidence
    assert answering.verify(trace) == []


def test_a_document_that_is_edited_meanwhile_is_not_quoted(place: tuple[Workspace, Settings]) -> None:
    def edit_first(evidence: Evidence):
        index_text(place[0].record, None, "warranty.md", WARRANTY.replace("24", "12"))
        return quoting("24 months")(evidence)

    answer = Answering(place[0], Scripted(edit_first), place[1]).answer(TENTS)
    assert (answer.kind, answer.reason) == ("refusal", "no program")
    assert "changed or deleted" in answer.trace["candidates"][0]["failed"]


def test_a_deleted_document_stops_answering_at_once(place: tuple[Workspace, Settings]) -> None:
    place[0].record.delete_document("warranty.md")
    evidence = Answering(place[0], Scripted(lambda _: [UNKNOWN]), place[1]).answer(TENTS).evidence
    assert not any(isinstance(block, Passage) and "24 months" in block.text for block in evidence.blocks)


def test_passages_found_much_less_well_than_the_best_are_not_read(place: tuple[Workspace, Settings]) -> None:
    first, second = place[0].searcher.search("tents and day tickets", 2)
    scores = {share: [replace(first, score=5.0), replace(second, score=5.0 * share)] for share in (0.5, 0.1)}
    assert [hit.passage for hit in gather(TENTS, *place, searched=scores[0.5]).hits] == [first.passage, second.passage]
    assert [block for block in gather(TENTS, *place, searched=scores[0.1]).evidence.blocks if isinstance(block, Passage)] == [first.passage]


def test_a_database_that_is_gone_is_an_error_and_not_a_refusal(place: tuple[Workspace, Settings]) -> None:
    place[1].databases["shop"].unlink()
    with pytest.raises(DatabaseError, match="shop"):
        Answering(place[0], Scripted(lambda _: [COUNT]), place[1]).answer("How many orders were shipped?")


def several(*words: str, decay: float = 0.1) -> Callable[[Evidence], list[Candidate]]:
    """A beam of quotes, each a little less likely than the one before."""

    def beam(evidence: Evidence) -> list[Candidate]:
        programs = [("quote", span_of(w, evidence), "end") for w in words]
        return [Candidate(p, math.log(0.2) - decay * rank, 3, math.log(0.2)) for rank, p in enumerate(programs)]

    return beam


GIVEN = Evidence(
    TENTS,
    (
        Passage("p", "Warranty", "Tents are sold all year. We repair tents for 24 months, free of charge, at every shop."),
        Passage("q", "Shops", "Our shops open at nine."),
    ),
)


def chosen(beam: Sequence[Candidate], passages: Sequence[float] = (1.0, 1.0)) -> list[Choice]:
    return list(choices(beam, GIVEN, Router({}), match=1.0, passages=passages, cite=lambda outcome: ()).open)


def test_spans_of_one_sentence_count_together_against_another() -> None:
    beam = several("Our shops open at nine", "24 months", "24 months, free of charge", "repair tents for 24 months")(GIVEN)
    first, second = chosen(beam)
    assert len(first.members) == 3 and math.exp(first.log_probability) == pytest.approx(0.2 * sum(math.exp(-0.1 * i) for i in (1, 2, 3)))
    assert second.outcome.text == "Our shops open at nine"


def test_a_sentence_whose_spans_disagree_is_quoted_whole() -> None:
    (choice,) = chosen(several("24 months", "24 months, free of charge", "repair tents for 24 months")(GIVEN))
    assert choice.outcome.text == "We repair tents for 24 months, free of charge, at every shop."
    (choice,) = chosen(several("24 months", "24 months, free of charge", decay=3.0)(GIVEN))
    assert choice.outcome.text == "24 months"  # likelier than all others together
    apart = chosen(several("24 months", "24 months, free of charge", "repair tents for 24 months")(GIVEN), passages=())
    assert [choice.outcome.text for choice in apart] == ["24 months", "24 months, free of charge", "repair tents for 24 months"]


def test_a_calibration_can_prefer_what_search_found_first() -> None:
    """The passage's own score is one of the features, so that a likelier quote from a worse passage may lose."""
    beam = several("Our shops open at nine", "24 months")(GIVEN)
    shops, warranty = chosen(beam, passages=(0.9, 0.2))
    place = FEATURES.index("passage")
    assert (shops.features[place], warranty.features[place]) == (pytest.approx(math.log(0.2 / 0.9)), 0.0)
    zero = [0.0] * len(FEATURES)
    ranking = Ranking(tuple(4.0 if i == place else 0.0 for i in range(len(FEATURES))), 0.0, tuple(zero), tuple(1.0 for _ in zero))
    trusting = Calibration(searched=ranking)
    assert trusting.confidence(warranty.features) > trusting.confidence(shops.features)


def test_evidence_that_is_given_needs_no_workspace() -> None:
    evidence = Evidence(TENTS, (Passage("p", "Warranty", "Tents: 24 months."),))
    answer = Answering(None, Scripted(lambda e: [("quote", span_of("24 months", e), "end")]), settings_for(Path("."))).answer_from(evidence)
    assert (answer.kind, answer.citations[0].document) == ("quote", "Warranty")
    assert answer.trace["features"]["evidence"] == 1.0


def test_a_network_that_learned_nothing_still_only_quotes_or_refuses(place: tuple[Workspace, Settings]) -> None:
    answer = Answering(place[0], untrained(), place[1]).answer(TENTS)
    assert answer.refused or answer.outcome is not None
    assert all(citation.quote in answer.evidence.blocks[0].text + WARRANTY + str(answer.evidence) for citation in answer.citations)


def test_threads_give_the_answers_of_one(place: tuple[Workspace, Settings]) -> None:
    answering = Answering(place[0], untrained(), place[1])
    questions = [TENTS, LUNCH, "How many orders were shipped?"] * 4
    alone = [(answering.answer(q).text, answering.answer(q).confidence) for q in questions[:3]] * 4
    with ThreadPoolExecutor(4) as pool:
        assert [(a.text, a.confidence) for a in pool.map(answering.answer, questions)] == alone


# --- The engine and the workspace -------------------------------------------------------------------------------------


def test_beyond_the_queue_a_question_is_turned_away_at_once(place: tuple[Workspace, Settings]) -> None:
    hold = Event()

    def wait(_: Evidence):
        hold.wait(10)
        return [COUNT]

    engine = Engine(workers=1, queue=1)
    answering = Answering(place[0], Scripted(wait), place[1])
    taken = [engine.submit(answering, TENTS), engine.submit(answering, TENTS)]
    with pytest.raises(Overloaded) as refused:
        engine.submit(answering, TENTS)
    assert refused.value.retry_after >= 1
    hold.set()
    engine.close()  # those that were taken are answered
    assert [future.result().kind for future in taken] == ["rows", "rows"]
    with pytest.raises(Draining):
        engine.submit(answering, TENTS)


def test_the_sample_is_put_in_place_once(tmp_path: Path) -> None:
    seen: list[str] = []
    databases = prepare_sample(tmp_path / "w", lambda done, of, name: seen.append(name))
    written = databases["larkfell"].stat().st_mtime_ns
    assert prepare_sample(tmp_path / "w") == databases
    assert databases["larkfell"].stat().st_mtime_ns == written
    assert "warranty.md" in seen


def test_a_workspace_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="'shop' is missing"):
        Workspace.open(settings_for(tmp_path))
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordError, match="cannot be made"):
        Workspace.open(settings_for(tmp_path / "file" / "below", databases={}))
