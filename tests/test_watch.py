"""What a run shows of itself: every finding is provoked by a run that really goes wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from models.examples import Example
from models.fit import FitConfig, Loss, Progress, fit
from models.objectives import program_loss
from models.tokenizer import Tokenizer
from models.transformer import Transformer
from models.watch import Finding, Findings, LayerSigns, layer_of
from tests.test_models import EXAMPLES, OneBatch, batch_of, reading_example, tiny, tokenizer

__all__ = ["tokenizer"]  # a fixture
CONFIG = FitConfig(steps=60, learning_rate=1e-3, warmup=2, watch_every=5, rule="adamw")


def found_in_a_run(
    model: Transformer, tokenizer: Tokenizer, config: FitConfig, loss: Loss = program_loss, valid: Sequence[Example] = ()
) -> tuple[list[Finding], list[Progress]]:
    """What is found until something must be done."""
    findings, found, steps = Findings(), list[Finding](), list[Progress]()

    def report(progress: Progress) -> bool:
        steps.append(progress)
        found.extend(findings.of(progress.loss, progress.gradient, progress.layers, progress.valid_loss))
        return any(finding.action != "none" for finding in found)

    def held() -> Iterator[Any]:
        yield batch_of(valid, tokenizer)

    fit(model, loss, OneBatch(batch_of(EXAMPLES, tokenizer)), config, report=report, valid=held if valid else None)
    return found, steps


def test_a_run_that_goes_well_shows_every_layer_and_nothing_wrong(tokenizer: Tokenizer) -> None:
    found, steps = found_in_a_run(tiny(tokenizer), tokenizer, CONFIG)
    assert found == []
    layers = steps[-1].layers
    assert layers is not None and {"encoder.token", "encoder.blocks.0", "encoder.blocks.1", "decoder.0", "pointer_key"} <= layers.keys()
    block = layers["encoder.blocks.0"]
    assert 0 < block.gradient and 0 < block.update < 0.05 and 0.1 < block.activation < 10 and block.dead is not None
    assert [p.layers is not None for p in steps[:6]] == [False, False, False, False, True, False]


def test_watching_changes_no_bit_of_what_is_learned(tokenizer: Tokenizer) -> None:
    watched, plain = tiny(tokenizer), tiny(tokenizer)
    found_in_a_run(watched, tokenizer, replace(CONFIG, steps=12))
    found_in_a_run(plain, tokenizer, replace(CONFIG, steps=12, watch_every=0))
    assert all(torch.equal(a, b) for a, b in zip(watched.parameters(), plain.parameters(), strict=True))


def test_a_rate_that_is_too_high_calls_for_a_step_back(tokenizer: Tokenizer) -> None:
    found, _ = found_in_a_run(tiny(tokenizer), tokenizer, replace(CONFIG, learning_rate=0.5))
    assert ("rate too high", "back") in {(f.name, f.action) for f in found}


def growing(factor: float, after: int) -> Loss:
    """A loss that suddenly counts `factor` times as much."""
    calls = 0

    def loss(model: Any, batch: Any) -> tuple[Tensor, dict[str, float]]:
        nonlocal calls
        calls += 1
        value, metrics = program_loss(model, batch)
        return value * (factor if calls > after else 1.0), metrics

    return loss


def test_an_exploding_gradient_calls_for_a_step_back(tokenizer: Tokenizer) -> None:
    found, steps = found_in_a_run(tiny(tokenizer), tokenizer, CONFIG, growing(1e5, after=35))
    assert [(f.name, f.action) for f in found] == [("exploding gradients", "back")]
    assert len(steps) == 36


def test_a_loss_that_is_no_number_calls_for_a_step_back(tokenizer: Tokenizer) -> None:
    found, _ = found_in_a_run(tiny(tokenizer), tokenizer, CONFIG, growing(float("inf"), after=3))
    assert [(f.name, f.action) for f in found] == [("diverged", "back")]


def broken(change: Callable[[Transformer], None]) -> Callable[[Tokenizer], Transformer]:
    def make(tokenizer: Tokenizer) -> Transformer:
        model = tiny(tokenizer)
        with torch.no_grad():
            change(model)
        return model

    return make


def silence_units(model: Transformer) -> None:
    nn.init.zeros_(model.encoder.blocks[0].mlp.up.weight)  # type: ignore[union-attr,arg-type]


def cut_off_a_layer(model: Transformer) -> None:
    """What the last block reads is all but nothing, so nothing comes back from it either."""
    block: Any = model.encoder.blocks[1]
    for norm in (block.norm_attention, block.norm_mlp):
        norm.weight.mul_(1e-9)


LAYERS = [(silence_units, "dead units", "encoder.blocks.0"), (cut_off_a_layer, "vanishing gradients", "encoder.blocks.1")]


@pytest.mark.parametrize(("change", "name", "layer"), LAYERS)
def test_layers_that_cannot_learn_are_named(tokenizer: Tokenizer, change: Callable[[Transformer], None], name: str, layer: str) -> None:
    config = replace(CONFIG, learning_rate=1e-12)  # so slow that it does not heal
    found, _ = found_in_a_run(broken(change)(tokenizer), tokenizer, config)
    assert any(f.name == name and layer in f.sentence and f.action == "none" for f in found)


def test_learning_by_heart_ends_the_run_with_what_did_best_on_held_out_questions(tokenizer: Tokenizer) -> None:
    other = [reading_example(i) for i in range(40, 46)]
    wrong = [replace(e, program=("unknown",)) for e in other]  # nothing that is learned can be right here
    model = tiny(tokenizer)
    config = replace(CONFIG, steps=200, validate_every=5, learning_rate=3e-3, average=0.5, keep_best=True)
    found, steps = found_in_a_run(model, tokenizer, config, valid=wrong)
    assert [(f.name, f.action) for f in found] == [("overfitting", "stop")] and len(steps) < 200
    best = min(p.valid_loss for p in steps if p.valid_loss is not None)
    with torch.no_grad():
        assert program_loss(model.eval(), batch_of(wrong, tokenizer))[0].item() == pytest.approx(best, rel=1e-4)


def test_findings_go_on_where_they_were_after_a_restart() -> None:
    """What counts is seen twice in a row, or three times over validations: a kill in between must not start the count anew."""
    high = {"decoder.0": LayerSigns(1.0, 0.5, 1.0, None)}
    steps: list[tuple[float, Any, float | None]] = [
        (0.9, high, 0.5), (0.8, None, 0.6), (0.7, high, None), (0.6, None, 0.7), (0.5, high, 0.8), (0.4, None, 0.9),
    ]  # fmt: skip
    whole, restarted = Findings(), Findings()
    for loss, layers, valid in steps:
        again = Findings()
        again.restore(json.loads(json.dumps(restarted.state())))
        restarted = again
        assert restarted.of(loss, 1.0, layers, valid) == whole.of(loss, 1.0, layers, valid)
    assert restarted.state() == whole.state()


@pytest.mark.parametrize(
    ("name", "layer"),
    [("encoder.blocks.3.mlp.up.weight", "encoder.blocks.3"), ("decoder.1.norm_mlp.weight", "decoder.1"),
     ("pointer_key.weight", "pointer_key"), ("encoder.token.weight", "encoder.token")],
)  # fmt: skip
def test_parameters_belong_to_layers(name: str, layer: str) -> None:
    assert layer_of(name) == layer
