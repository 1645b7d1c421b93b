"""One step of learning from one example, on a copy of the network, with every number that it passes through.

It is the step of `models.fit`: the same loss, the same clipping, the same optimizers at their full rate. Two things differ from a step
inside a job. A job's gradient is the mean over a batch of examples, and its optimizers remember earlier gradients; here there is one
example, and nothing before it. Dropout is off, so that the loss that is reported is the one whose gradient is taken, and float32 is used
throughout.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn

from models.batching import Batch, collate
from models.decode import MAX_STEPS, Candidate, decode
from models.encoding import encode
from models.examples import Example
from models.fit import FitConfig, _optimizers
from models.inference import Inference
from models.objectives import program_loss
from models.tokenizer import Tokenizer
from models.transformer import Transformer
from models.watch import LayerSigns, LayerWatch


class Unteachable(Exception):
    """Why the model cannot take a step towards a program."""


@dataclass(frozen=True, slots=True)
class Belief:
    """What a network makes of an example: its loss (nats a decoder step), the natural logarithm of the probability that it gives to the
    right program, and the program that it finds likeliest (None where it finds none)."""

    loss: float
    log_probability: float
    prediction: Candidate | None


@dataclass(frozen=True, slots=True)
class OneStep:
    """`tokens`: decoder steps of the right program; `rate`: of learning; `gradient`: norm of the whole gradient before it was clipped to
    `clip`; `layers`: each layer's signs by its name, in the order of the network's own, with gradients before clipping."""

    before: Belief
    after: Belief
    tokens: int
    rate: float
    gradient: float
    clip: float
    layers: Mapping[str, LayerSigns]

    @property
    def clipped(self) -> bool:
        return self.gradient > self.clip


def one_step(model: Transformer, tokenizer: Tokenizer, example: Example, rate: float, beams: int = 4) -> OneStep:
    """Learns `example` once at the learning rate `rate`. `model` is only read; `beams` is how widely predictions are searched for.

    Raises Unteachable where the right program is none that the model could say.
    """
    batch, tokens = _batch(example, tokenizer)
    network = copy.deepcopy(model).eval()
    batch = batch.to(next(network.parameters()).device)
    config = FitConfig(steps=1, learning_rate=rate, warmup=0)
    optimizers = _optimizers(network, config)
    predicted = _likeliest(network, tokenizer, example, beams)

    watch = LayerWatch(network)
    with torch.enable_grad(), watch.forward(network):
        loss, _ = program_loss(network, batch)
    network.zero_grad(set_to_none=True)
    loss.backward()
    watch.gradients()
    norm = nn.utils.clip_grad_norm_(network.parameters(), config.clip)
    # Why this step is as large as it is: Adam divides the mean of the gradients so far by the root of the mean of their squares. After
    # one gradient g both means are of g alone, once their bias is corrected (Kingma & Ba 2015), so the quotient is g / |g|: every weight
    # that has a gradient at all moves by the whole rate, up or down. Muon stretches every direction that a matrix's gradient has to one
    # length, so that weights move by a fifth of the rate in the root mean square, or by less where one example gives few directions. So
    # neither how large the gradient is nor that it was clipped changes a first step (but for gradients near Adam's epsilon, 1e-8): both
    # count only against the gradients of other steps. Beside this, matrices and tables shrink by `weight_decay` times the rate.
    for optimizer in optimizers:
        optimizer.step()
    layers = watch.updates()

    with torch.no_grad():
        lower, _ = program_loss(network, batch)
    before = _belief(loss.item(), tokens, predicted)
    after = _belief(lower.item(), tokens, _likeliest(network, tokenizer, example, beams))
    return OneStep(before, after, tokens, rate, norm.item(), config.clip, layers)


def _batch(example: Example, tokenizer: Tokenizer) -> tuple[Batch, int]:
    """The example as a batch of one, and the decoder steps of its program."""
    encoded = encode(example.evidence, tokenizer)
    targets = encoded.targets(example.program)
    if targets is None:
        raise Unteachable("the right program points at something that the model does not see: it is cut off, or not in the evidence")
    if len(targets) > MAX_STEPS:
        raise Unteachable(f"the right program takes {len(targets)} steps to say, and the model says at most {MAX_STEPS}")
    return collate([encoded], [targets], tokenizer.mark("pad")), len(targets)


def _likeliest(network: Transformer, tokenizer: Tokenizer, example: Example, beams: int) -> Candidate | None:
    return next(iter(decode(Inference(network), tokenizer, example.evidence, beams)), None)


def _belief(loss: float, tokens: int, prediction: Candidate | None) -> Belief:
    """The loss is the mean of -log p over the program's steps, and the probability of a program the product of its steps'."""
    return Belief(loss, -loss * tokens, prediction)


# --- Layers in plain words --------------------------------------------------------------------------------------------

_NUMBERED = re.compile(r"(encoder\.blocks|decoder)\.(\d+)")
_STACKS = {"encoder.blocks": "reading layer", "decoder": "writing layer"}
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_PARTS = {
    "encoder.token": "table of words",
    "encoder.role": "table of the parts of a text",
    "encoder.case": "table of upper and lower case",
    "encoder.match": "table of matching words",
    "encoder.norm": "final scaling of what was read",
    "operation": "table of operations",
    "pointed": "memory of what was pointed at",
    "norm": "final scaling of what is written",
    "operation_head": "choice of the next operation",
    "pointer_query": "search for what to point at",
    "pointer_key": "labels of what can be pointed at",
}


def title_of(layer: str) -> str:
    """A layer's name as `models.watch.layer_of` gives it, in words that follow "the": "encoder.blocks.2" -> "third reading layer"."""
    if found := _NUMBERED.fullmatch(layer):
        return f"{_ordinal(int(found[2]) + 1)} {_STACKS[found[1]]}"
    return _PARTS.get(layer, f"part “{layer}”")


def _ordinal(number: int) -> str:
    if number <= len(_ORDINALS):
        return _ORDINALS[number - 1]
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
