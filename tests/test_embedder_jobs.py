"""Jobs of the embedder: it learns the indexed documents, and the version it leaves is swapped in under those who search."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import openai
import pytest
import torch
from safetensors.torch import load_file

from models import checkpoint
from models.answerer import Answerer
from models.embedder import Embedder
from models.examples import read_examples
from models.objectives import Embedder as Network
from models.transformer import Encoder, ModelConfig
from retrieval.ingest import index_text
from retrieval.record import Record
from retrieval.search import Searcher, passage_text
from service.answering import Answering
from service.api import create_app
from service.jobs import embedding
from service.jobs.embedding import Marks, Ranks, verdict
from service.jobs.folders import EMBEDDER, job_folder
from service.jobs.ledger import Job, Ledger, Rivals, Version
from service.jobs.worker import Worker
from service.serving import Serving, promote, roll_back
from service.settings import Settings
from service.workspace import Workspace
from tests.servers import Server
from tests.test_jobs import kill_until_done, _Wishing, messages, now
from tests.waiting import until
from tests.workspaces import settings_for, tiny_workspace, tokenizer, untrained_checkpoint

REQUEST: dict[str, Any] = {
    "model": EMBEDDER, "training_file": "", "validation_file": None, "suffix": "", "seed": 7,
    "hyperparameters": {"n_epochs": 1, "batch_size": 4}, "metadata": None,
}  # fmt: skip
GOODS = ("tent", "boot", "stove", "canoe", "rope", "lamp", "jacket", "helmet", "paddle", "compass", "hammock", "kettle")
PLACES = ("the attic", "a barn", "the old mill", "a harbour", "the north shed", "a glass case")


def page(number: int) -> str:
    """A document of one passage, unlike every other."""
    good, place = GOODS[number % len(GOODS)], PLACES[number % len(PLACES)]
    return (
        f"# The {good} of shelf {number}\n\nEvery {good} is kept in {place} for {number + 2} weeks. The {good} must be checked by"
        f" {number + 3} people before winter. Visitors may borrow the {good} of shelf {number} for {10 * number + 5} euros.\n"
    )


def embedder_checkpoint(folder: Path, seed: int, channels: int = 32) -> Path:
    """A network that has learned nothing; another seed is another embedder."""
    words = tokenizer()
    torch.manual_seed(seed)
    config = ModelConfig(words.size, channels=channels, heads=2, encoder_layers=1, decoder_layers=1, dropout=0.0)
    checkpoint.save(folder, Network(Encoder(config)), config, words, {"size": "embedder"})
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A workspace with a dozen documents, a database, and an answerer and an embedder that have learned nothing."""
    model, embedder = untrained_checkpoint(tmp_path / "base"), embedder_checkpoint(tmp_path / "embedder", 0)
    workspace, settings = tiny_workspace(tmp_path, model=model, embedder=embedder)
    for number in range(12):
        index_text(workspace.record, workspace.embedder, f"page {number}.md", page(number))
    workspace.close()
    return settings


def made(ledger: Ledger, settings: Settings, name: str, seed: int = 1, channels: int = 32) -> str:
    """A version of the embedder, as a job leaves one."""
    folder = embedder_checkpoint(job_folder(settings, name) / "model", seed, channels)
    version = Version(f"ft:{EMBEDDER}:x:{name}", EMBEDDER, name, checkpoint.fingerprint(folder), {"why": ""}, 0, "embedder")
    ledger.add_version(version)
    return version.id


# --- One job ----------------------------------------------------------------------------------------------------------


def test_the_embedder_learns_the_documents_and_leaves_a_version_of_its_own_kind(ledger: Ledger, settings: Settings) -> None:
    job = ledger.submit(REQUEST)
    assert Worker(ledger, settings).work_once()
    done = now(ledger, job)
    assert done.status == "succeeded", messages(ledger, job)
    (version,) = ledger.versions("embedder")
    assert ledger.versions("answerer") == []
    assert (version.id, version.parent, version.job) == (f"ft:{EMBEDDER}:practice:{job.id[-8:]}", EMBEDDER, job.id)
    folder = job_folder(settings, job.id) / "model"
    assert checkpoint.fingerprint(folder) == version.checkpoint != checkpoint.fingerprint(settings.embedder)
    assert Embedder.load(folder).embed(["Where is the tent?"], "question").shape == (1, 32)
    for name in ("recall@1", "recall@8", "reciprocal_rank"):
        assert version.about["scores"][name].keys() == {"questions", "before", "after"}
    assert len(version.about["data_sha256"]) == 64 and version.about["why"] in messages(ledger, job)[-2]
    metrics = next(e.data for e in ledger.events(job.id, 1000)[0] if e.kind == "metrics")
    assert metrics["step"] == metrics["total_steps"] == done.outcome["steps"]
    assert {"train_loss", "learning_rate", "gradient_norm", "seconds_left"} <= metrics.keys()


def test_nothing_is_learned_of_the_passages_that_are_held_out(ledger: Ledger, settings: Settings) -> None:
    job = ledger.submit(REQUEST)
    Worker(ledger, settings).work_once()
    data = job_folder(settings, job.id) / "data"
    learned, held = ({embedding._text(e) for e in read_examples(data / f"own.{part}.jsonl")} for part in ("train", "exam"))
    assert learned and held and not learned & held


def test_a_later_job_goes_on_from_a_version(ledger: Ledger, settings: Settings) -> None:
    first = made(ledger, settings, "first")
    job = ledger.submit({**REQUEST, "model": first, "hyperparameters": {"n_epochs": 1, "batch_size": 4}, "suffix": "again"})
    Worker(ledger, settings).work_once()
    version = ledger.version(now(ledger, job).outcome["fine_tuned_model"])
    assert version is not None and (version.parent, version.part) == (first, "embedder")
    assert version.id.startswith(f"ft:{EMBEDDER}:again:")


@pytest.mark.parametrize(("documents", "code", "said"), [(0, "nothing_to_study", "no document"), (2, "too_few_passages", "2 different")])
def test_without_passages_to_tell_apart_the_job_fails_and_says_so(tmp_path: Path, documents: int, code: str, said: str) -> None:
    settings = settings_for(tmp_path, embedder=embedder_checkpoint(tmp_path / "embedder", 0))
    record = Record(settings.record_address)
    for number in range(documents):
        index_text(record, None, f"page {number}.md", page(number))
    record.close()
    ledger = Ledger(settings.record_address)
    job = ledger.submit(REQUEST)
    Worker(ledger, settings).work_once()
    error = now(ledger, job).outcome["error"]
    assert error["code"] == code and said in error["message"]
    assert ledger.versions() == []
    ledger.close()


def test_of_two_jobs_of_the_embedder_the_second_is_refused_but_the_answerer_is_no_rival(ledger: Ledger) -> None:
    first = ledger.submit(REQUEST)
    ledger.submit({**REQUEST, "model": "reckoner-tiny"})
    with pytest.raises(Rivals, match=first.id):
        ledger.submit(REQUEST)


def test_a_job_that_is_cancelled_while_it_learns_leaves_no_version(ledger: Ledger, settings: Settings) -> None:
    job = ledger.submit({**REQUEST, "hyperparameters": {"n_epochs": 20, "batch_size": 4}})
    _Wishing(ledger, settings, "cancel", at_step=10).work_once()
    assert now(ledger, job).status == "cancelled"
    assert ledger.versions() == []


def test_kills_at_any_moment_change_no_bit_of_the_weights(ledger: Ledger, settings: Settings) -> None:
    request = {**REQUEST, "hyperparameters": {"n_epochs": 8, "batch_size": 4}}
    whole = ledger.submit(request)
    Worker(ledger, settings).work_once()
    killed = ledger.submit(request)
    kill_until_done(ledger, settings, killed, kills=8, most=4)
    weights = [load_file(job_folder(settings, job.id) / "model" / "weights.safetensors") for job in (whole, killed)]
    assert len(ledger.versions()) == 2
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


# --- The verdict ------------------------------------------------------------------------------------------------------


def ranks(before: list[int], after: list[int], passages: int | None = None) -> Ranks:
    return Ranks([i % (passages or len(before)) for i in range(len(before))], before, after)


LEVEL = ranks([1] * 20, [1] * 20)


@pytest.mark.parametrize(
    ("own", "others", "better", "why"),
    [
        (ranks([5] * 40, [1] * 30 + [5] * 10), LEVEL, True, "first for 0% before and 75% after"),
        (ranks([5] * 40, [1] * 2 + [9] * 2 + [5] * 36), LEVEL, False, "not better beyond the noise"),
        (ranks([1] * 40, [5] * 40), LEVEL, False, "worse on these questions"),
        (ranks([5] * 40, [1] * 40), ranks([1] * 20, [9] * 20), False, "worse on the questions of other organisations"),
        (ranks([5] * 40, [1] * 40, passages=3), LEVEL, False, "3 passages are too few"),
        (ranks([1] * 40, [1] * 40), LEVEL, False, "not better beyond the noise"),
    ],
)
def test_an_embedder_is_better_only_beyond_the_noise_of_the_exam(own: Ranks, others: Ranks, better: bool, why: str) -> None:
    decided, said = verdict(Marks(own, others))
    assert decided is better and why in said


# --- Serving ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def serving(settings: Settings, ledger: Ledger) -> Iterator[Serving]:
    workspace = Workspace.open(settings)
    yield Serving(Answering(workspace, Answerer.load(settings.model), settings), ledger)
    workspace.close()


def served(serving: Serving) -> str:
    assert serving.embedder is not None
    return serving.embedder[0]


def test_an_embedder_is_promoted_and_rolled_back_without_touching_the_answerer(
    serving: Serving, ledger: Ledger, settings: Settings
) -> None:
    name = made(ledger, settings, "left")
    ledger.add_version(Version("ft:reckoner-tiny:x:1", "reckoner-tiny", "none", "x", {"why": ""}, 0))
    assert promote(ledger, "ft:reckoner-tiny:x:1", "reckoner-tiny", "") == "answerer"
    assert promote(ledger, name, "reckoner-tiny", "") == "embedder"
    serving.look_for_embedder()
    assert served(serving) == name
    assert roll_back(ledger, "") == "" and ledger.serving("embedder")[1] == name
    assert roll_back(ledger, "", "embedder") == ""
    serving.look_for_embedder()
    assert served(serving) == EMBEDDER
    promote(ledger, name, "reckoner-tiny", "")
    assert promote(ledger, EMBEDDER, "reckoner-tiny", "") == "embedder"
    assert ledger.serving("embedder")[1] == ""


def test_an_embedder_answers_no_question(serving: Serving, ledger: Ledger, settings: Settings) -> None:
    name = made(ledger, settings, "left")
    assert name not in serving.names()
    with pytest.raises(Exception, match="no such model"):
        serving.named(name)


def test_swaps_under_load_fail_no_search_and_mix_no_vectors(serving: Serving, ledger: Ledger, settings: Settings) -> None:
    names = [made(ledger, settings, name, seed) for seed, name in enumerate(("left", "right"), 1)]
    loaded = {name: Embedder.load(job_folder(settings, name.rpartition(":")[2]) / "model") for name in names}
    seen: list[tuple[str, str, str, float]] = []  # embedder, question, passage, score
    failed: list[Exception] = []
    done = threading.Event()

    def search(question: str) -> None:
        while not done.is_set():
            try:
                workspace = serving.current[1].workspace
                assert workspace is not None
                hits = workspace.searcher.search(question, 5)
                for hit in (hit for hit in hits if hit.dense_score is not None):
                    seen.append((workspace.embedder_version, question, f"{hit.passage.title}\n{hit.passage.text}", hit.dense_score))
            except Exception as error:
                failed.append(error)

    searchers = [threading.Thread(target=search, args=(f"Where is the {good}?",)) for good in GOODS[:3]]
    for searcher in searchers:
        searcher.start()
    for number in range(12):
        promote(ledger, names[number % 2], "reckoner-tiny", "")
        index_text(Record(settings.record_address), None, f"more {number}.md", page(100 + number))
        serving.look_for_embedder()
        assert served(serving) == names[number % 2]
    done.set()
    for searcher in searchers:
        searcher.join()
    assert failed == [] and {embedder for embedder, *_ in seen} >= set(names)
    for embedder, question, passage, score in random.Random(0).sample([s for s in seen if s[0]], 60):
        one, other = (loaded[embedder].embed([text], kind)[0] for text, kind in ((question, "question"), (passage, "passage")))  # type: ignore[arg-type]
        assert float(np.dot(one, other)) == pytest.approx(score, abs=1e-4)
    assert all(passage_text(p) for p in serving.base.workspace.record.passages())  # type: ignore[union-attr]


def test_what_others_index_with_another_embedder_is_found_by_meaning_after_the_next_look(
    serving: Serving, ledger: Ledger, settings: Settings
) -> None:
    promote(ledger, made(ledger, settings, "left"), "reckoner-tiny", "")
    serving.look_for_embedder()
    other = Record(settings.record_address)
    index_text(other, Embedder.load(settings.embedder), "late.md", page(50))
    number = other.document("late.md").id  # type: ignore[union-attr]
    other.close()

    def late() -> Any:
        hits = serving.base.workspace.searcher.search("shelf 50", 20, documents=[number])  # type: ignore[union-attr]
        return hits[0]

    assert late().dense_rank is None and late().lexical_rank == 1
    serving.look_for_embedder()
    assert late().dense_rank == 1


def test_a_version_that_cannot_be_loaded_leaves_what_serves(serving: Serving, ledger: Ledger, settings: Settings) -> None:
    name = made(ledger, settings, "left")
    (job_folder(settings, "left") / "model" / "weights.safetensors").write_bytes(b"damaged")
    promote(ledger, name, "reckoner-tiny", "")
    serving.look_for_embedder()
    assert served(serving) == EMBEDDER
    workspace = Workspace.open(settings)
    assert workspace.embedder_version == "" and workspace.embedder is not None
    workspace.close()


def test_a_promotion_that_is_taken_back_while_passages_are_embedded_never_serves(
    serving: Serving, ledger: Ledger, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = made(ledger, settings, "left")
    promote(ledger, name, "reckoner-tiny", "")
    put = Record.put_vectors

    def take_back(self: Record, *given: Any) -> None:
        roll_back(ledger, "", "embedder")
        put(self, *given)

    monkeypatch.setattr(Record, "put_vectors", take_back)
    serving.look_for_embedder()
    monkeypatch.undo()
    serving.look_for_embedder()
    assert served(serving) == EMBEDDER


def test_a_start_opens_the_embedder_that_serves(ledger: Ledger, settings: Settings) -> None:
    name = made(ledger, settings, "left")
    promote(ledger, name, "reckoner-tiny", "")
    workspace = Workspace.open(settings)
    assert workspace.embedder is not None and workspace.embedder_version == name
    assert workspace.embedder.id == checkpoint.fingerprint(job_folder(settings, "left") / "model")
    assert workspace.record.without_vectors(workspace.embedder.id) == []
    hits = Searcher(workspace.record, workspace.embedder).search("Where is the tent?")
    assert [h.passage for h in workspace.searcher.search("Where is the tent?")] == [h.passage for h in hits]
    workspace.close()


# --- Over HTTP --------------------------------------------------------------------------------------------------------


@pytest.fixture
def server(serving: Serving, settings: Settings, ledger: Ledger) -> Iterator[Server]:
    with Server(create_app(serving.base, settings, ledger)) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0, _strict_response_validation=True) as client:
        yield client


def until_it_serves(embedder: str, client: openai.OpenAI) -> None:
    until(lambda: client.embeddings.create(model=EMBEDDER, input="a tent", encoding_format="float").model == embedder, 10)


def test_the_official_client_submits_the_job_and_the_version_is_listed(client: openai.OpenAI, ledger: Ledger, settings: Settings) -> None:
    once: Any = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 1, "batch_size": 4}}}
    job = client.fine_tuning.jobs.create(model=EMBEDDER, training_file="practice", method=once)
    assert (job.status, job.model, job.training_file) == ("queued", EMBEDDER, "practice")
    with pytest.raises(openai.ConflictError, match=job.id):
        client.fine_tuning.jobs.create(model=EMBEDDER, training_file="practice")
    Worker(ledger, settings).work_once()
    job = client.fine_tuning.jobs.retrieve(job.id)
    assert job.status == "succeeded" and job.fine_tuned_model is not None
    assert job.fine_tuned_model in [model.id for model in client.models.list()]
    with openai.OpenAI(base_url=client.base_url, api_key="none") as lenient:
        card: Any = lenient.models.retrieve(job.fine_tuned_model)
    assert (card.part, card.parent, card.job) == ("embedder", EMBEDDER, job.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.create(model=job.fine_tuned_model, input="Where is the tent?")


def test_a_file_is_nothing_for_the_embedder(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.fine_tuning.jobs.create(model=EMBEDDER, training_file="file-1")
    assert refused.value.param == "training_file"


def test_embeddings_come_from_the_embedder_that_serves(client: openai.OpenAI, server: Server, ledger: Ledger, settings: Settings) -> None:
    name = made(ledger, settings, "left")
    before = client.embeddings.create(model=EMBEDDER, input="a tent", encoding_format="float")
    answer = httpx2.post(f"{server.url}/v1/models/{name}/promote").json()
    assert (answer["part"], answer["promoted"]) == ("embedder", name)
    until_it_serves(name, client)
    after = client.embeddings.create(model=name, input="a tent", encoding_format="float")
    own = Embedder.load(job_folder(settings, "left") / "model").embed(["a tent"])[0]
    assert after.data[0].embedding == pytest.approx(own.tolist(), abs=1e-6) and after.data[0].embedding != before.data[0].embedding
    cards = {card["id"]: card["serving"] for card in httpx2.get(f"{server.url}/v1/models").json()["data"]}
    assert cards == {"reckoner-tiny": True, EMBEDDER: False, name: True}
    assert client.fine_tuning.jobs.create(model=EMBEDDER, training_file="practice").model == name  # it goes on from what serves
    assert httpx2.post(f"{server.url}/v1/serving/rollback?part=embedder").json()["promoted"] == EMBEDDER
    until_it_serves(EMBEDDER, client)
    assert httpx2.post(f"{server.url}/v1/serving/rollback?part=wheel").status_code == 400


# --- On the command line ----------------------------------------------------------------------------------------------


def test_the_command_line_submits_and_lists(
    settings: Settings, ledger: Ledger, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from service.cli import main

    monkeypatch.setenv("RECKONER_EMBEDDER", str(settings.embedder))
    name = made(ledger, settings, "left")
    promote(ledger, name, "reckoner-tiny", "")

    def run(*arguments: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--workspace", str(settings.workspace)])
        assert not ended.value.code
        return capsys.readouterr().out

    job = ledger.job(run("jobs", "submit", "--embedder").strip())
    assert isinstance(job, Job) and (job.request["model"], job.request["training_file"]) == (name, "")
    listed = run("models", "list", "--model", str(settings.model)).splitlines()
    assert listed[0] == "* reckoner-tiny" and listed[1] == f"  {EMBEDDER}" and listed[2].startswith(f"* {name}")
    assert run("models", "rollback", "--embedder", "--model", str(settings.model)) == f"{EMBEDDER} serves\n"
    assert ledger.serving("embedder")[1] == ""
