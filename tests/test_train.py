"""Training from prepared files: stage after stage into one folder, from nothing or from a checkpoint; what is done is not done again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from models import checkpoint
from models.embedder import Embedder
from models.examples import write_examples
from models.fit import FitConfig, Progress
from models.stream import Chances, Mixing
from models.train import Recipe, Stage, Watching, train
from models.train_embedder import train_embedder
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


def test_no_prepared_examples_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="reckoner prepare"):
        train(tmp_path, tmp_path / "out", RECIPE, Watching())


def test_the_embedder_begins_as_the_answerers_encoder(data: Path, trained: Path, tmp_path: Path) -> None:
    config = FitConfig(steps=2, learning_rate=0.0, warmup=1, validate_every=100)
    folder = train_embedder(data, trained, tmp_path, config, lambda progress: None, size=3)
    ours, theirs = load_file(folder / "weights.safetensors"), load_file(trained / "weights.safetensors")
    assert torch.allclose(ours["encoder.token.weight"], theirs["encoder.token.weight"])
    vectors = Embedder.load(folder).embed(["Where does the red fox sleep?", "The red fox sleeps in the Old Barn."])
    assert vectors.shape == (2, 192) and vectors.dtype == "float32"
