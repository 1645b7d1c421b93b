"""A larger network that computes what a trained one does, to go on training from: what was learned is not learned again.

    python -m models.grow SOURCE TARGET --size small

More channels and more blocks, as in Net2Net (Chen et al. 2016, "Net2Net: accelerating learning via knowledge transfer"): what writes to new
channels begins at zero, what reads from them as in a new network, and new blocks add nothing yet, so that every answer is the same to
begin with, and every weight has a gradient or gets one after the first step.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from models import checkpoint
from models.transformer import SIZES, ModelConfig, Transformer

# What writes to the stream that residual blocks read, by the end of its name, with the dimension of the channels.
_WRITERS = {
    "token.weight": 1, "role.weight": 1, "case.weight": 1, "match.weight": 1, "operation.weight": 1,
    "pointed.weight": 0, "out.weight": 0, "down.weight": 0,
}  # fmt: skip
# Norms of the stream, the encoder's last one included; all that reads the stream is behind one of them.
_NORMS = ("norm.weight", "norm_attention.weight", "norm_mlp.weight", "norm_self.weight", "norm_cross.weight")
_SCORERS = ("operation_head.weight", "pointer_query.weight", "same_word")  # what is added to scores: its new part is zero


@torch.no_grad()
def grown(model: Transformer, config: ModelConfig) -> Transformer:
    """A network of the shape `config` with the function of `model`, up to rounding. New weights are drawn from torch's generator.

    Raises ValueError where `config` is smaller in anything, or has heads of another width.
    """
    old = model.config
    if config.channels * old.heads != old.channels * config.heads:
        raise ValueError(f"heads of {config.channels // config.heads} channels cannot take those of {old.channels // old.heads}")
    for name in ("channels", "encoder_layers", "decoder_layers"):
        if getattr(config, name) < getattr(old, name):
            raise ValueError(f"{name} cannot go from {getattr(old, name)} to {getattr(config, name)}: a network only grows")
    larger = Transformer(config)
    weights, known = larger.state_dict(), model.state_dict()
    # A norm takes the mean over all channels and divides by the deviation over all: with no mean in what is written and zeros beside it,
    # more channels only make the deviation smaller.
    narrower = math.sqrt(old.channels / config.channels)
    for name, tensor in known.items():
        new = weights[name]
        if (at := _ending(name, _WRITERS)) is not None:
            tensor = tensor - tensor.mean(_WRITERS[at], keepdim=True)
            new.narrow(_WRITERS[at], old.channels, config.channels - old.channels).zero_()
        elif _ending(name, _NORMS) is not None:
            tensor = tensor * narrower
        elif _ending(name, _SCORERS) is not None:
            new.zero_()
        if name == "pointer_query.weight":
            tensor = tensor / narrower  # pointers are divided by the root of the channels
        if name.endswith("key_value.weight"):
            for part, values in zip(new.chunk(2), tensor.chunk(2), strict=True):
                _corner(part, values).copy_(values)
        else:
            _corner(new, tensor).copy_(tensor)
    return larger


def _ending(name: str, endings: Sequence[str] | dict[str, int]) -> str | None:
    return next((ending for ending in endings if name == ending or name.endswith(f".{ending}")), None)


def _corner(larger: Tensor, like: Tensor) -> Tensor:
    """The part of `larger` where the weights of a smaller network lie."""
    return larger[tuple(slice(size) for size in like.shape)]


def grow(source: Path, target: Path, size: str, seed: int = 0) -> ModelConfig:
    """Writes the checkpoint that `source` grown to a size of models.transformer.SIZES is. Raises CheckpointError and ValueError.

    How sure to be is not taken along: that is measured once the network has learned (`python -m service.calibrate`).
    """
    config, about = checkpoint.read_config(source)
    model = Transformer(config)
    checkpoint.load_weights(source, model)
    torch.manual_seed(seed)
    shape = ModelConfig(vocabulary=config.vocabulary, dropout=config.dropout, **SIZES[size])
    larger = grown(model, shape)
    about = {name: value for name, value in about.items() if name != "language_version"}  # the weights are brought to this release's
    checkpoint.save(target, larger, shape, checkpoint.read_tokenizer(source), {**about, "size": size})
    return shape



def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m models.grow", description="Make a larger network that answers as a trained one does.")
    parser.add_argument("source", type=Path, help="the checkpoint to grow")
    parser.add_argument("target", type=Path, help="where the larger one is written")
    parser.add_argument("--size", choices=sorted(SIZES), default="small")
    options = parser.parse_args(arguments)
    try:
        shape = grow(options.source, options.target, options.size)
    except (checkpoint.CheckpointError, ValueError) as reason:
        sys.exit(str(reason))
    print(f"{options.target}: {shape.channels} channels, {shape.encoder_layers} + {shape.decoder_layers} layers")


if __name__ == "__main__":
    main()
