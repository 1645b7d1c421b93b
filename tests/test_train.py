"""Training from prepared files: stage after stage into one folder, from nothing or from a checkpoint; what is done is not done again."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from models import checkpoint, train_embedder
from models.embedder import Embedder
from models.examples import write_examples
from models.fit import FitConfig, Progress
from models.grow import grow
from models.objectives import Embedder as Network
from models.stream import Chances, Mixing, Source
from models.train import Recipe, Stage, Watching, train
from models.train_embedder import PLAIN, QuestionPassages, SpanPairs, Text, span_pair, write_texts
from models.transformer import Encoder
from tests.test_models import database_example, reading_example

MIXING = Mixing(Chances(0.5, 0.1, 0.3), Chances(0.5, 0.1, 0.3))
RECIPE = Recipe(
    vocabulary=200, processes=1,
    stages=tuple(Stage(name, {"squad": 1.0, "practice": 1.0}, 2, 2, 1e-3, 1.0, MIXING) for name in ("first", "second")),
)  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    write_examples(folder / "squad.train.jsonl", [reading_example(i) for i in range(12)])
    write_examples(folder / "practice.train.jsonl", [database_example(i) for i in range(12)])
    return folder


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(data, tmp_path_factory.mktemp("run"), RECIPE, Watching())


def test_the_last_stage_is_the_model_and_says_how_it_was_made(trained: Path) -> None:
    assert trained.parent.name == "second"
    shape, about = checkpoint.read_config(trained)
    assert (shape.encoder_layers, shape.decoder_layers) == (4, 2)
    assert about["stage"] == "second" and about["examples"] == {"squad": 12, "practice": 12}


def test_a_finished_run_is_not_done_again(data: Path, trained: Path) -> None:
    steps: list[Progress] = []
    again = train(data, trained.parent.parent, RECIPE, Watching(lambda name, progress: steps.append(progress)))
    assert (again, steps) == (trained, [])


def test_a_run_can_go_on_from_a_checkpoint(data: Path, trained: Path, tmp_path: Path) -> None:
    stage = replace(RECIPE.stages[0], learning_rate=0.0)
    model = train(data, tmp_path, replace(RECIPE, stages=(stage,)), Watching(), trained)
    before, after = (load_file(folder / "weights.safetensors") for folder in (trained, model))
    assert all(torch.allclose(before[name], after[name]) for name in before)  # at a rate of nothing, nothing changes


def test_a_run_that_goes_on_from_a_larger_network_says_its_size(data: Path, trained: Path, tmp_path: Path) -> None:
    grow(trained, tmp_path / "larger", "small")
    model = train(data, tmp_path / "run", replace(RECIPE, stages=RECIPE.stages[:1]), Watching(), tmp_path / "larger")
    shape, about = checkpoint.read_config(model)
    assert (shape.channels, about["size"]) == (256, "small")


def test_sets_that_are_not_there_are_named(data: Path, trained: Path, tmp_path: Path) -> None:
    said: list[str] = []
    stage = replace(RECIPE.stages[0], weights={"squad": 1.0, "calls": 0.5, "spider": 0.5})
    train(data, tmp_path, replace(RECIPE, stages=(stage,)), Watching(say=said.append), trained)
    assert said == [f"left out, for {data} does not hold them: calls, spider"]


def test_no_prepared_examples_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="reckoner prepare"):
        train(tmp_path, tmp_path / "out", RECIPE, Watching())


def test_the_embedder_begins_with_the_answerers_words_and_learns_from_plain_text_alone(data: Path, trained: Path, tmp_path: Path) -> None:
    texts = [Text("", f"The fox number {i} sleeps in barn {i} of the old farm and hunts along river {i} at night.") for i in range(8)]
    write_texts(tmp_path / PLAIN, texts)
    recipe = train_embedder.Recipe(FitConfig(steps=2, learning_rate=0.0, warmup=1), batch=4)
    for learned in (data, tmp_path):
        folder = train_embedder.train(learned, trained, tmp_path / learned.name, recipe, Watching())
        ours, theirs = load_file(folder / "weights.safetensors"), load_file(trained / "weights.safetensors")
        assert torch.equal(ours["encoder.token.weight"], theirs["encoder.token.weight"])
        assert not any(name.startswith("encoder.blocks") for name in ours)
        vectors = Embedder.load(folder).embed(["Where does the red fox sleep?", "The red fox sleeps in the Old Barn."])
        assert vectors.shape == (2, 192) and vectors.dtype == "float32"


def test_an_embedder_with_blocks_goes_on_with_them(data: Path, trained: Path, tmp_path: Path) -> None:
    shape, _ = checkpoint.read_config(trained)
    checkpoint.save(tmp_path / "blocks", Network(Encoder(shape)), shape, checkpoint.read_tokenizer(trained), {"size": "embedder"})
    recipe = train_embedder.Recipe(FitConfig(steps=1, learning_rate=0.0, warmup=1), batch=4)
    folder = train_embedder.train(data, tmp_path / "blocks", tmp_path / "out", recipe, Watching())
    assert any(name.startswith("encoder.blocks.3") for name in load_file(folder / "weights.safetensors"))
    assert train_embedder.learning_rate(tmp_path / "blocks") < train_embedder.learning_rate(trained)


def test_nothing_to_learn_an_embedder_from_is_said(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no prepared examples of squad"):
        train_embedder.train(tmp_path, trained, tmp_path / "out", train_embedder.Recipe(FitConfig(steps=1)), Watching())


def test_parts_of_a_text_are_its_own_words_and_no_passage_is_in_a_batch_twice(data: Path) -> None:
    words = [f"w{i}" for i in range(60)]
    text = Text("Fox", " ".join(words))
    kinds = set()
    for seed in range(60):
        asked, found = span_pair(text, random.Random(seed))
        kinds.add("title" if asked == "Fox" else "rest" if len(set(asked.split()) & set(found.split())) == 0 else "crop")
        assert asked == "Fox" or asked in text.text
        assert set(found.split()) <= {"Fox", *words}
    assert kinds == {"title", "rest", "crop"}
    assert span_pair(Text("", "too short"), random.Random(0)) == ("too short", "too short")
    questions = QuestionPassages({"squad": Source(data / "squad.train.jsonl")}, {"squad": 1.0})
    seen: set[str] = set()
    asked_of = questions.pairs(3, random.Random(0), seen)
    assert len(asked_of) == len(seen) == 3
    again = SpanPairs([Text("", passage) for passage in seen])
    assert again.pairs(3, random.Random(0), seen) == []

