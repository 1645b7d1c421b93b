"""A checkpoint is one directory, written whole or not at all.

    weights.safetensors    the parameters
    tokenizer.json         the tokenizer they were learned with
    config.json            model configuration, size, language version, training recipe, metrics
    training.safetensors   optimizer state and random states (only while training goes on)
    training.json          step, data position, schedule (likewise)

Nothing in it is a pickle. A directory that is missing, incomplete or damaged raises CheckpointError with one plain sentence.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from models.tokenizer import Tokenizer
from models.transformer import ModelConfig
from tools.language import VERSION


class CheckpointError(Exception):
    """A checkpoint that cannot be used; the message is one sentence for the operator."""


def save(
    directory: Path,
    model: nn.Module,
    config: ModelConfig,
    tokenizer: Tokenizer,
    about: dict[str, Any],
    training: tuple[dict[str, Tensor], dict[str, Any]] | None = None,
) -> None:
    """Writes beside `directory` and swaps it in; a crash leaves the old one or the new one, never a mixture."""
    partial, old = directory.with_name(directory.name + ".partial"), directory.with_name(directory.name + ".old")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    save_file({name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}, partial / "weights.safetensors")
    tokenizer.save(partial / "tokenizer.json")
    record = {"model": asdict(config), "language_version": VERSION, **about}
    (partial / "config.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    if training is not None:
        save_file({name: tensor.contiguous() for name, tensor in training[0].items()}, partial / "training.safetensors")
        (partial / "training.json").write_text(json.dumps(training[1]) + "\n", encoding="utf-8")
    if directory.exists():
        shutil.rmtree(old, ignore_errors=True)
        os.rename(directory, old)
    os.rename(partial, directory)
    shutil.rmtree(old, ignore_errors=True)


def recover(directory: Path) -> None:
    """Puts back the old checkpoint where a crash came between the two renames of `save`."""
    old = directory.with_name(directory.name + ".old")
    if old.exists() and not directory.exists():
        os.rename(old, directory)


def read_config(directory: Path) -> tuple[ModelConfig, dict[str, Any]]:
    recover(directory)
    try:
        about = json.loads((directory / "config.json").read_text(encoding="utf-8"))
        config = ModelConfig(**about.pop("model"))
    except FileNotFoundError as error:
        raise CheckpointError(f"There is no checkpoint at {directory}.") from error
    except (ValueError, TypeError, KeyError) as error:
        raise CheckpointError(f"The checkpoint at {directory} has a damaged config.json.") from error
    if about.get("language_version") != VERSION:
        spoken = about.get("language_version")
        raise CheckpointError(f"The checkpoint at {directory} speaks answer language {spoken}; this release speaks {VERSION}.")
    return config, about


def read_tokenizer(directory: Path) -> Tokenizer:
    try:
        return Tokenizer.load(directory / "tokenizer.json")
    except Exception as error:  # the library raises plain Exception for every cause
        raise CheckpointError(f"The checkpoint at {directory} has no readable tokenizer.json.") from error


def load_weights(directory: Path, model: nn.Module) -> None:
    with _readable_weights(directory):
        model.load_state_dict(load_file(directory / "weights.safetensors"))


@contextmanager
def _readable_weights(directory: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise CheckpointError(f"The checkpoint at {directory} has no weights.") from error
    except (SafetensorError, RuntimeError) as error:
        raise CheckpointError(f"The checkpoint at {directory} has damaged weights, or weights of another model.") from error


def read_training(directory: Path) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """The state of a run that was interrupted, or None where there is none to go on from."""
    recover(directory)
    if not (directory / "training.json").exists():
        return None
    try:
        tensors = load_file(directory / "training.safetensors")
        return tensors, json.loads((directory / "training.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, SafetensorError) as error:
        raise CheckpointError(f"The run at {directory} cannot be resumed: its training state is damaged.") from error


def export(source: Path, target: Path) -> None:
    """A copy of half the size to ship: weights in float16, without the state of training. Loading gives float32 again."""
    read_config(source)  # says what is wrong with it, if anything is
    with _readable_weights(source):
        weights = load_file(source / "weights.safetensors")
    target.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.half() for name, tensor in weights.items()}, target / "weights.safetensors")
    for name in ("config.json", "tokenizer.json", "calibration.json"):
        if (source / name).exists():
            shutil.copyfile(source / name, target / name)


def fingerprint(directory: Path) -> str:
    """A hash of the weights: which model an answer or a vector came from."""
    digest = hashlib.sha256()
    with (directory / "weights.safetensors").open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m models.checkpoint SOURCE TARGET    (writes a copy of half the size, to ship)")
    try:
        export(Path(sys.argv[1]), Path(sys.argv[2]))
    except CheckpointError as reason:
        sys.exit(str(reason))
