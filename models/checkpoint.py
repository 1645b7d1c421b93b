"""A checkpoint is one directory, written whole or not at all.

    weights.safetensors    the parameters
    tokenizer.json         the tokenizer they were learned with
    config.json            model configuration, size, language version, training recipe
    calibration.json       of an answerer: how sure to be (models/calibration.py)
    fusion.json            of an embedder: how much words count beside it (models/embedder.py)
    training.safetensors   optimizer state and averaged weights (only while training goes on)
    training.json          step, schedule, losses and the files' digests (likewise); the step says what is random, and what data comes next

Nothing in it is a pickle. A directory that is missing, incomplete or damaged raises CheckpointError with one plain sentence.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from models.tokenizer import Tokenizer
from models.transformer import ModelConfig
from tools.language import ADDED, OPERATIONS, UNDERSTOOD, VERSION

FUSION = "fusion.json"


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
    """Writes beside `directory` and swaps it in; a crash leaves the old one or the new one, never a mixture.

    Of a run that goes on (`training` is given) the checkpoint before this one is kept, too, for `read_training` to fall back on.
    Raises OSError where there is no room; what was there before then stays.
    """
    partial, old = directory.with_name(directory.name + ".partial"), directory.with_name(directory.name + ".old")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        _write(partial, model, config, tokenizer, about, training)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise OSError(f"the checkpoint could not be written: {error}") from error
    if directory.exists():
        shutil.rmtree(old, ignore_errors=True)
        os.rename(directory, old)
    os.rename(partial, directory)
    if training is None:
        shutil.rmtree(old, ignore_errors=True)


def _write(
    partial: Path, model: nn.Module, config: ModelConfig, tokenizer: Tokenizer, about: dict[str, Any],
    training: tuple[dict[str, Tensor], dict[str, Any]] | None,
) -> None:  # fmt: skip
    partial.mkdir(parents=True)
    save_file({name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}, partial / "weights.safetensors")
    tokenizer.save(partial / "tokenizer.json")
    record = {"model": asdict(config), "language_version": VERSION, **about}
    (partial / "config.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    if training is not None:
        save_file({name: tensor.contiguous() for name, tensor in training[0].items()}, partial / "training.safetensors")
        digests = {name: _digest(partial / name) for name in ("weights.safetensors", "training.safetensors")}
        (partial / "training.json").write_text(json.dumps({**training[1], "digests": digests}) + "\n", encoding="utf-8")


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
    if about.get("language_version") not in UNDERSTOOD:
        spoken = about.get("language_version")
        raise CheckpointError(f"The checkpoint at {directory} speaks answer language {spoken}; this release speaks {VERSION}.")
    return config, about


def read_tokenizer(directory: Path) -> Tokenizer:
    try:
        return Tokenizer.load(directory / "tokenizer.json")
    except Exception as error:  # the library raises plain Exception for every cause
        raise CheckpointError(f"The checkpoint at {directory} has no readable tokenizer.json.") from error


def load_weights(directory: Path, model: nn.Module) -> None:
    """Weights of an older version of the answer language are brought to this one: what it did not have, the model never says."""
    _, about = read_config(directory)
    with _readable_weights(directory):
        weights = load_file(directory / "weights.safetensors")
        for version in range(about["language_version"] + 1, VERSION + 1):
            _teach_nothing(weights, ADDED[version])
        model.load_state_dict(weights)


_NEVER = -30.0  # a logit so low that the operation is not said, and that training can still raise


def _teach_nothing(weights: dict[str, Tensor], operations: tuple[str, ...]) -> None:
    """Makes room for operations that the weights (of an answerer; an embedder has none) do not know."""
    fills = {"operation.weight": 0.0, "operation_head.weight": 0.0, "operation_head.bias": _NEVER}
    for name, tensor in weights.items():
        fill = next((fill for ending, fill in fills.items() if name.endswith(ending)), None)
        if fill is None:
            continue
        for row in sorted(OPERATIONS.index(operation) for operation in operations):
            new = tensor.new_full((1, *tensor.shape[1:]), fill)
            tensor = torch.cat((tensor[:row], new, tensor[row:]))
        weights[name] = tensor


@contextmanager
def _readable_weights(directory: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise CheckpointError(f"The checkpoint at {directory} has no weights.") from error
    except (SafetensorError, RuntimeError) as error:
        raise CheckpointError(f"The checkpoint at {directory} has damaged weights, or weights of another model.") from error


def read_training(directory: Path, warn: Callable[[str], None] = lambda text: None) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """The state of a run that was interrupted, or None where there is none to go on from.

    Where the newest checkpoint is damaged the one before takes its place, and `warn` is told so. Raises CheckpointError where neither
    can be used.
    """
    recover(directory)
    if not (directory / "training.json").exists():
        return None
    try:
        return _read_training(directory)
    except CheckpointError as error:
        old = directory.with_name(directory.name + ".old")
        if not (old / "training.json").exists():
            raise
        found = _read_training(old)
        shutil.rmtree(directory)
        os.rename(old, directory)
        warn(f"{error} The run goes on from the checkpoint before it, step {found[1]['step']}.")
        return found


def step_back(directory: Path) -> int:
    """Gives up the newest checkpoint of a run for the one before, or for the run's beginning; the step that is gone on from."""
    shutil.rmtree(directory, ignore_errors=True)
    found = read_training(directory)  # puts the one before in place
    return int(found[1]["step"]) if found is not None else 0


def _read_training(directory: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    try:
        state = json.loads((directory / "training.json").read_text(encoding="utf-8"))
        for name, digest in state.pop("digests", {}).items():
            if _digest(directory / name) != digest:
                raise ValueError(f"{name} is not what was written")
        spoken = json.loads((directory / "config.json").read_text(encoding="utf-8"))["language_version"]
        if spoken != VERSION:
            raise CheckpointError(f"The run at {directory} began in answer language {spoken}, not {VERSION}: begin it again.")
        return load_file(directory / "training.safetensors"), state
    except (OSError, ValueError, KeyError, AttributeError, SafetensorError) as error:
        raise CheckpointError(f"The run at {directory} cannot be resumed: its training state is damaged.") from error


def export(source: Path, target: Path, begun: Path | None = None, share: float = 1.0) -> None:
    """A copy of half the size to ship: weights in float16, without the state of training. Loading gives float32 again.

    With `begun`, the checkpoint that training began with, the copy goes only a `share` of the way from its weights to those of `source`:
    between the two a network keeps of what it knew, and most of what it learned (Wortsman et al. 2022, "Robust fine-tuning of zero-shot
    models").
    """
    read_config(source)  # says what is wrong with it, if anything is
    with _readable_weights(source):
        weights = load_file(source / "weights.safetensors")
    if begun is not None and share < 1:
        with _readable_weights(begun):
            before = load_file(begun / "weights.safetensors")
        weights = {name: torch.lerp(before[name].float(), tensor.float(), share) for name, tensor in weights.items()}
    target.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.half() for name, tensor in weights.items()}, target / "weights.safetensors")
    for name in ("config.json", "tokenizer.json", "calibration.json", FUSION):
        if (source / name).exists():
            shutil.copyfile(source / name, target / name)


def fingerprint(directory: Path) -> str:
    """A hash of the weights: which model an answer or a vector came from."""
    return _digest(directory / "weights.safetensors")[:16]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m models.checkpoint SOURCE TARGET    (writes a copy of half the size, to ship)")
    try:
        export(Path(sys.argv[1]), Path(sys.argv[2]))
    except CheckpointError as reason:
        sys.exit(str(reason))
