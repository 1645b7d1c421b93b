"""A new embedder embeds the record beside the one that serves, and is swapped in whole: no search fails, mixes vectors or loses any."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest

from models.answerer import Answerer
from models.embedder import Embedder
from retrieval import ingest
from retrieval.ingest import embed_missing, index_text
from retrieval.record import Record
from service import serving as serving_module
from service import workspace as workspace_module
from service.answering import Answering
from service.api import create_app
from service.jobs.folders import EMBEDDER, job_folder
from service.jobs.ledger import Ledger
from service.serving import Serving, promote, roll_back
from service.settings import Settings
from service.workspace import Workspace
from tests.servers import Server
from tests.test_embedder_jobs import embedder_checkpoint, made, page
from tests.waiting import until
from tests.workspaces import settings_for, tiny_workspace, untrained_checkpoint

BASE = 30  # documents that stay; each is one passage, as are the two of the tiny workspace
ALL = BASE + 2
QUESTIONS = ("Where is the tent of shelf 7 kept?", "Who may borrow the boot of shelf 1001?", "Which shelf has a stove?")


def settings_at(place: Path) -> Settings:
    return settings_for(place, model=place / "base", embedder=place / "embedder")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A workspace whose documents the embedder of the settings, 32 wide, has embedded. A start waits for no embedder."""
    untrained_checkpoint(tmp_path / "base")
    embedder_checkpoint(tmp_path / "embedder", 0)
    workspace, settings = tiny_workspace(tmp_path, model=tmp_path / "base", embedder=tmp_path / "embedder")
    for number in range(BASE):
        index_text(workspace.record, workspace.embedder, f"page {number}.md", page(number))
    workspace.close()
    return settings


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "_BATCH", 2)
    monkeypatch.setattr(ingest, "_FETCHED", 16)
    monkeypatch.setattr(workspace_module, "_WAITED_FOR", 0)


def opened(settings: Settings, ledger: Ledger, **how: Any) -> Serving:
    return Serving(Answering(Workspace.open(settings, **how), Answerer.load(settings.model), settings), ledger)


@pytest.fixture
def serving(settings: Settings, ledger: Ledger) -> Iterator[Serving]:
    serving = opened(settings, ledger)
    yield serving
    workspace_of(serving).close()


def workspace_of(serving: Serving) -> Workspace:
    assert serving.base.workspace is not None
    return serving.base.workspace


def served(serving: Serving) -> str:
    assert serving.embedder is not None
    return serving.embedder[0]


def loaded(settings: Settings, name: str) -> Embedder:
    return Embedder.load(settings.embedder if name == EMBEDDER else job_folder(settings, name.rpartition(":")[2]) / "model")


def by_meaning(workspace: Workspace) -> set[int]:
    """The numbers of the pages that the workspace's searcher finds by their vectors."""
    hits = workspace.searcher.search(QUESTIONS[0], 10_000)
    return {number_of(hit.passage.text) for hit in hits if hit.dense_rank is not None}


def number_of(text: str) -> int:
    """Of a page, -1 of the two documents that are none."""
    found = re.search(r"shelf (\d+) for", text)
    return int(found[1]) if found else -1


# --- Searches through swaps -------------------------------------------------------------------------------------------


class Truth:
    """Changes the record without a pause, and knows which pages it holds for certain: from when they were stored until it begins to delete
    them; and which for certain not."""

    def __init__(self, settings: Settings, serving: Serving) -> None:
        self.record, self.serving = Record(settings.record_address), serving
        self.there, self.leaving, self.gone = set(range(BASE)), set[int](), set[int]()
        self.numbers, self.names = count(1001), list[tuple[str, int]]()  # of pages that may be changed or deleted
        self.meanwhile = Counter[str]()  # changes while an embedder is to come, by the one that serves
        self.lock = threading.Lock()

    def change(self) -> None:
        """Adds, replaces or deletes a page."""
        n, names = next(self.numbers), self.names
        # As the service stores an upload; and as another process does that knows no embedder.
        embedder = self.serving.embedding() if n % 2 else None
        coming = self.serving.passages_to_embed > 0
        name, old = names.pop(0) if n % 3 < 2 and names else (f"more {n}.md", None)
        self._leaves(old)
        if n % 3 == 0:
            self.record.delete_document(name)
            self._changed(old, None)
        else:
            index_text(self.record, embedder, name, page(n))
            self._changed(old, n)
            names.append((name, n))
        self.meanwhile[served(self.serving)] += coming

    def _leaves(self, number: int | None) -> None:
        with self.lock:
            self.leaving |= {number} if number is not None else set()

    def _changed(self, old: int | None, new: int | None) -> None:
        with self.lock:
            self.gone |= {old} if old is not None else set()
            self.there = self.there - self.gone | ({new} if new is not None else set())

    def before(self) -> tuple[set[int], set[int]]:
        with self.lock:
            return self.there - self.leaving, set(self.gone)

    def left_by_now(self) -> set[int]:
        with self.lock:
            return set(self.leaving)


def test_searches_through_two_swaps_fail_mix_lose_and_keep_nothing(
    serving: Serving, ledger: Ledger, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three embedders: the second is narrower, so that FAISS refuses a question of another; the third differs from it in weights alone,
    which the scores tell."""
    monkeypatch.setattr(serving_module, "_LOOK", 0.02)
    serving.settings = settings.model_copy(update={"deadline_seconds": 0.5})  # after which the old vectors are dropped
    names = [made(ledger, settings, "narrow", 1, channels=16), made(ledger, settings, "other", 2, channels=16)]
    embedders = {embedder.id: embedder for embedder in (loaded(settings, name) for name in (EMBEDDER, *names))}
    assert [one.dimension for one in embedders.values()] == [32, 16, 16] and len(embedders) == 3
    truth, done = Truth(settings, serving), threading.Event()
    wrong, searched = Counter[str](), Counter[tuple[str, str]]()  # searches by embedder and question
    failed: list[Exception] = []
    scores: dict[tuple[str, str, str], float] = {}  # by embedder, question and passage

    def search(question: str) -> None:
        workspace = workspace_of(serving)
        there, gone = truth.before()
        hits = workspace.searcher.search(question, 10_000)
        found = {number_of(hit.passage.text): hit for hit in hits}
        wrong["lost"] += len(there - truth.left_by_now() - found.keys())
        wrong["stale"] += len(gone & found.keys())
        wrong["not by meaning"] += sum(found[number].dense_rank is None for number in range(BASE))
        assert workspace.embedder is not None
        for hit in (hit for hit in hits if hit.dense_score is not None):
            key = workspace.embedder.id, question, f"{hit.passage.title}\n{hit.passage.text}"
            wrong["mixed"] += not np.isclose(scores.setdefault(key, hit.dense_score), hit.dense_score, atol=1e-4)
        searched[workspace.embedder.id, question] += 1

    def again_and_again(work: Callable[[], None]) -> None:
        while not done.is_set():
            try:
                work()
            except Exception as error:
                failed.append(error)

    works = [truth.change, *(partial(search, question) for question in QUESTIONS)]
    threads = [threading.Thread(target=again_and_again, args=(work,)) for work in works]
    serving.watch()
    for thread in threads:
        thread.start()
    try:
        for name, id in zip((EMBEDDER, *names), embedders, strict=True):
            if name != EMBEDDER:
                promote(ledger, name, "reckoner-tiny", "")
            until(lambda id=id: failed or all(searched[id, question] >= 3 for question in QUESTIONS), 30)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    until(lambda: by_meaning(workspace_of(serving)) >= truth.there, 30)  # the next look embeds what came with no vector or an old one
    serving.close()
    truth.record.close()
    assert failed == [] and +wrong == {}
    assert truth.meanwhile[EMBEDDER] and truth.meanwhile[names[0]] and truth.gone
    assert by_meaning(workspace_of(serving)) - {-1} == truth.there
    for id, embedder in embedders.items():
        asked = {question: embedder.embed([question], "question")[0] for question in QUESTIONS}
        own = [(question, text, score) for (of, question, text), score in scores.items() if of == id]
        texts = list({text for _, text, _ in own})
        vectors = dict(zip(texts, embedder.embed(texts, "passage"), strict=True))
        assert np.allclose([asked[question] @ vectors[text] for question, text, _ in own], [score for *_, score in own], atol=1e-4)


def test_until_the_swap_the_embedder_that_serves_embeds_what_comes_too(
    serving: Serving, ledger: Ledger, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = made(ledger, settings, "narrow", channels=16)
    coming, other = loaded(settings, name).id, Record(settings.record_address)
    put, seen = Record.put_vectors, list[tuple[bool, int]]()

    def watched(self: Record, embedder: str, *given: Any) -> None:
        if embedder == coming:
            seen.append((500 in by_meaning(workspace_of(serving)), serving.passages_to_embed))
            assert served(serving) == EMBEDDER
            if len(seen) == 2:
                index_text(other, None, "late.md", page(500))
                other.delete_document("page 3.md")
        put(self, embedder, *given)

    serving.look_for_embedder()
    promote(ledger, name, "reckoner-tiny", "")
    monkeypatch.setattr(Record, "put_vectors", watched)
    serving.look_for_embedder()
    other.close()
    assert [found for found, _ in seen] == [False, False, *[True] * (len(seen) - 2)]
    left = [left for _, left in seen]
    assert left[0] == ALL and sorted(left, reverse=True)[-1] < 8 and serving.passages_to_embed == 0
    assert served(serving) == name
    assert by_meaning(workspace_of(serving)) == {-1, 500, *range(BASE)} - {3}


# --- Killed, and at the next start ------------------------------------------------------------------------------------


def embed_and_hang(place: str, batches: int) -> None:
    """What is killed: a service that has embedded so many batches with the embedder that is to come."""
    ingest._BATCH, workspace_module._WAITED_FOR = 2, 0
    settings = settings_at(Path(place))
    put, done = Record.put_vectors, 0

    def counted(self: Record, *given: Any) -> None:
        nonlocal done
        put(self, *given)
        done += 1
        if done == batches:
            print("hanging", flush=True)
            time.sleep(600)

    Record.put_vectors = counted  # type: ignore[method-assign]
    opened(settings, Ledger(settings.record_address)).look_for_embedder()


def test_a_kill_in_the_middle_is_caught_up_at_the_next_start(settings: Settings, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    name = made(ledger, settings, "narrow", channels=16)
    coming = loaded(settings, name).id
    promote(ledger, name, "reckoner-tiny", "")
    code = f"from tests.test_reembedding import embed_and_hang; embed_and_hang({str(settings.workspace)!r}, 5)"
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None and child.stdout.readline() == b"hanging\n"
    finally:
        child.kill()
        child.communicate()
    # While nothing runs, or in another process, documents come and go.
    other = Record(settings.record_address)
    assert other.count_without_vectors(coming) == (ALL - 10, ALL)
    index_text(other, None, "late.md", page(500))
    other.delete_document(f"page {BASE - 1}.md")
    other.close()

    serving = opened(settings, ledger)
    workspace = workspace_of(serving)
    assert served(serving) == EMBEDDER and by_meaning(workspace) == {-1, 500, *range(BASE - 1)}  # at once, by the old one
    put, embedded = Record.put_vectors, Counter[str]()

    def counted(self: Record, embedder: str, ids: Any, vectors: Any) -> None:
        embedded[embedder] += len(ids)
        put(self, embedder, ids, vectors)

    monkeypatch.setattr(Record, "put_vectors", counted)
    serving.look_for_embedder()
    assert served(serving) == name and by_meaning(workspace_of(serving)) == {-1, 500, *range(BASE - 1)}
    assert embedded == {coming: ALL - 10}  # what the killed one had embedded is not embedded again
    workspace.close()


def test_a_service_whose_old_embedder_is_gone_starts_at_once_by_words_alone(settings: Settings, ledger: Ledger) -> None:
    embedder_checkpoint(settings.embedder, 5, channels=16)  # as an upgrade brings one
    serving = opened(settings, ledger, at_once=True)
    assert serving.embedder is None
    assert {number_of(hit.passage.text) for hit in workspace_of(serving).searcher.search(QUESTIONS[0], 10_000)} >= set(range(BASE))
    serving.look_for_embedder()
    assert served(serving) == EMBEDDER and by_meaning(workspace_of(serving)) == {-1, *range(BASE)}
    workspace_of(serving).close()


# --- What is left of the old one --------------------------------------------------------------------------------------


def test_old_vectors_are_dropped_when_no_question_can_be_left_that_began_with_them(
    serving: Serving, ledger: Ledger, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, record = serving.base_embedder, workspace_of(serving).record
    name, waiting = made(ledger, settings, "narrow", 1, channels=16), made(ledger, settings, "waiting", 2)
    new, never = loaded(settings, name), loaded(settings, waiting)
    embed_missing(record, never)  # type: ignore[arg-type]  # as `reckoner models promote` does before it promotes
    began = workspace_of(serving)
    promote(ledger, name, "reckoner-tiny", "")
    serving.look_for_embedder()
    assert served(serving) == name and record.embedders() == {old, new.id, never.id}
    assert by_meaning(began) == {-1, *range(BASE)}
    clock = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: clock + settings.deadline_seconds)
    serving.look_for_embedder()
    assert record.embedders() == {new.id, never.id}
    roll_back(ledger, "", "embedder")
    serving.look_for_embedder()
    assert served(serving) == EMBEDDER and by_meaning(workspace_of(serving)) == {-1, *range(BASE)}


def test_vectors_are_dropped_some_at_a_time_and_of_one_embedder_alone(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retrieval.record._STREAMED", 7)
    record = Record(settings.record_address)
    (old,) = record.embedders()
    embed_missing(record, Embedder.load(embedder_checkpoint(settings.workspace / "another", 3)))  # type: ignore[arg-type]
    record.drop_vectors(old)
    assert record.count_without_vectors(old) == (ALL, ALL) and old not in record.embedders() and len(record.embedders()) == 1
    assert record.count_without_vectors(*record.embedders()) == (0, ALL)
    record.close()


# --- What operators see and do ----------------------------------------------------------------------------------------


@pytest.fixture
def run(settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    from service.cli import main

    monkeypatch.setenv("RECKONER_EMBEDDER", str(settings.embedder))

    def command(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--workspace", str(settings.workspace), "--model", str(settings.model)])
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return command


def test_the_command_embeds_before_it_promotes_so_that_the_swap_waits_for_nothing(
    run: Any, serving: Serving, ledger: Ledger, settings: Settings
) -> None:
    name = made(ledger, settings, "narrow", channels=16)
    assert run("models", "promote", name)[:2] == (0, f"{name} serves\n")
    assert workspace_of(serving).record.count_without_vectors(loaded(settings, name).id) == (0, ALL)
    serving.look_for_embedder()
    assert served(serving) == name
    workspace_of(serving).record.drop_vectors(serving.base_embedder)
    assert run("models", "rollback", "--embedder")[:2] == (0, f"{EMBEDDER} serves\n")
    assert workspace_of(serving).record.count_without_vectors(serving.base_embedder) == (0, ALL)


def test_the_list_says_how_far_an_embedder_is(run: Any, ledger: Ledger, settings: Settings) -> None:
    name = made(ledger, settings, "narrow", channels=16)
    promote(ledger, name, "reckoner-tiny", "")
    assert f"* {name}  (0 of {ALL} passages embedded)" in run("models", "list")[1]
    record = Record(settings.record_address)
    embed_missing(record, loaded(settings, name))  # type: ignore[arg-type]
    record.close()
    assert f"* {name}  \n" in run("models", "list")[1]


@pytest.mark.parametrize("damage", ["missing", "damaged"])
def test_an_embedder_that_cannot_be_loaded_is_not_promoted_and_says_why(
    damage: str, run: Any, serving: Serving, ledger: Ledger, settings: Settings
) -> None:
    name = made(ledger, settings, "narrow")
    folder = job_folder(settings, "narrow") / "model"
    if damage == "missing":
        folder.rename(folder.parent / "elsewhere")
    else:
        (folder / "weights.safetensors").write_bytes(b"damaged")
    code, out, said = run("models", "promote", name)
    assert (code, out, said.count("\n")) == (1, "", 1) and ("not there any more" if damage == "missing" else "damaged weights") in said
    with Server(create_app(serving.base, settings, ledger)) as server:
        refused = httpx2.post(f"{server.url}/v1/models/{name}/promote")
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "model_unusable")
        assert "\nreckoner_passages_to_embed 0.0\n" in httpx2.get(f"{server.url}/metrics").text
    assert ledger.serving("embedder") == (0, "")
