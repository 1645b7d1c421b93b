"""The answerer as the service uses it: evidence in, programs out, and how sure to be of them."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, Self

import torch

from models import checkpoint
from models.calibration import Calibration
from models.decode import Candidate, decode
from models.fit import Precision
from models.inference import Inference
from models.shipped import SHIPPED
from models.tokenizer import Tokenizer
from models.transformer import Transformer
from tools.evidence import Evidence



class Answerer:
    """A checkpoint ready to answer. Immutable once loaded, so that threads may share it."""

    def __init__(
        self, model: Transformer, tokenizer: Tokenizer, about: dict[str, Any], calibration: Calibration, id: str,
        precision: Precision = "float32",
    ) -> None:  # fmt: skip
        self.model, self.tokenizer, self.about, self.calibration, self.id = model.eval(), tokenizer, about, calibration, id
        self.precision = precision

    @cached_property
    def _inference(self) -> Inference:
        return Inference(self.model, getattr(torch, self.precision))

    @classmethod
    def load(cls, directory: Path = SHIPPED, device: str = "cpu", precision: Precision = "float32") -> Self:
        """`precision` is what matrices are multiplied in. Raises CheckpointError where there is no usable checkpoint."""
        config, about = checkpoint.read_config(directory)
        model = Transformer(config)
        checkpoint.load_weights(directory, model)
        tokenizer = checkpoint.read_tokenizer(directory)
        return cls(model.to(device), tokenizer, about, Calibration.load(directory), checkpoint.fingerprint(directory), precision)

    def programs(
        self, evidence: Evidence, beams: int = 4, calls: frozenset[str] = frozenset(), *, spread: bool = False
    ) -> list[Candidate]:
        """The most likely programs, best first; each is well typed, none is executed yet. With `calls`, only those that begin with a call
        to one of these tools; with `spread`, reading takes more than one core, to the same end."""
        return decode(self._inference, self.tokenizer, evidence, beams, calls, spread)
