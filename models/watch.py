"""What happens inside a network while it learns, layer by layer, and what that means in plain words.

A step that is watched costs a copy of the weights and a look at every layer's output, so one in some is. The signs and their bounds are
those that practitioners look for: update-to-weight ratios near 1e-3 (Karpathy, "A recipe for training neural networks", 2019), gradients
that differ by orders of magnitude between layers (Glorot & Bengio 2010), rectified units that never fire (Maas et al. 2013), and a
validation loss that rises while the training loss falls.
"""

from __future__ import annotations

import math
import re
import statistics
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor, nn

_LAYER = re.compile(r"^(?:encoder\.blocks|decoder)\.\d+|^encoder\.\w+|^\w+")


@dataclass(frozen=True, slots=True)
class LayerSigns:
    """Of one layer at one step: norm of the gradient, norm of the update over that of the weights, root mean square of the output, and
    the share of its MLP's hidden units that were zero for every token (None where it has no MLP)."""

    gradient: float
    update: float
    activation: float
    dead: float | None


class LayerWatch:
    """Looks at one step of training: within `forward` at outputs, then at `gradients`, then at `updates`."""

    def __init__(self, model: nn.Module) -> None:
        self._parameters: dict[str, list[nn.Parameter]] = {}
        for name, parameter in model.named_parameters():
            self._parameters.setdefault(layer_of(name), []).append(parameter)
        self._outputs: dict[str, float] = {}
        self._dead: dict[str, float] = {}
        self._gradients: dict[str, float] = {}
        self._before: dict[str, list[Tensor]] = {}

    @contextmanager
    def forward(self, working: nn.Module) -> Iterator[None]:
        """Notes the outputs of the layers of `working`, the network that does the work, in what is run inside."""
        hooks = []
        for name, module in working.named_modules():
            layer = layer_of(name)
            if name == layer and name:
                hooks.append(module.register_forward_hook(self._note_output(layer)))
            elif name.endswith("mlp.up"):
                hooks.append(module.register_forward_hook(self._note_dead(layer)))
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def gradients(self) -> None:
        """Notes the gradients, and the weights before the update."""
        for layer, parameters in self._parameters.items():
            self._gradients[layer] = _norm([p.grad for p in parameters if p.grad is not None])
            self._before[layer] = [p.detach().clone() for p in parameters]

    def updates(self) -> dict[str, LayerSigns]:
        """All signs of the step, once the weights were moved."""
        signs = {}
        for layer, parameters in self._parameters.items():
            before = self._before[layer]
            moved = _norm([p.detach() - b for p, b in zip(parameters, before, strict=True)])
            weights = _norm(before)
            ratio = moved / weights if weights else 0.0
            signs[layer] = LayerSigns(self._gradients[layer], ratio, self._outputs.get(layer, 0.0), self._dead.get(layer))
        return signs

    def _note_output(self, layer: str) -> Any:
        def note(module: nn.Module, given: Any, output: Any) -> None:
            tensor = output[0] if isinstance(output, tuple) else output
            if isinstance(tensor, Tensor) and tensor.is_floating_point():
                self._outputs[layer] = tensor.detach().float().square().mean().sqrt().item()

        return note

    def _note_dead(self, layer: str) -> Any:
        def note(module: nn.Module, given: Any, output: Tensor) -> None:
            self._dead[layer] = (output.detach().flatten(0, -2) <= 0).all(0).float().mean().item()

        return note


def layer_of(name: str) -> str:
    """The layer that a parameter or module belongs to: "encoder.blocks.2", "decoder.0", "encoder.token", "pointer_key"."""
    found = _LAYER.match(name)
    return found[0] if found else name


def _norm(tensors: list[Tensor]) -> float:
    return torch.stack([t.float().norm() for t in tensors]).norm().item() if tensors else 0.0


# --- Findings ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that goes wrong, in a sentence for people, and what is to be done: nothing, a step back at half the rate, or an end."""

    name: Literal["diverged", "exploding gradients", "vanishing gradients", "dead units", "rate too high", "overfitting"]
    sentence: str
    action: Literal["none", "back", "stop"]


_EXPLODED = 20.0  # times the usual gradient
_HIGH = 3e-2  # of its weights that a layer moves in a step
_VANISHED = 1e-4  # of the other layers' gradient
_DEAD = 0.6  # of the units of a layer
_USUAL = 30  # steps that tell what is usual
_TWICE = 2  # looks in a row before something counts


@dataclass(slots=True)
class Findings:
    """Reads a run's steps as they come. Each finding is made once for each layer, but those that call for a step back each time."""

    patience: int = 3  # validations without a better loss
    _norms: deque[float] = field(default_factory=lambda: deque(maxlen=_USUAL))
    _seen: dict[tuple[str, str], int] = field(default_factory=dict)
    _best: float = math.inf
    _worse: int = 0
    _loss_at_best: float = math.inf

    def of(self, loss: float, gradient: float, layers: Mapping[str, LayerSigns] | None, valid_loss: float | None) -> list[Finding]:
        """What this step shows. `loss` is the running mean, `gradient` the norm of the whole before clipping."""
        if not (math.isfinite(loss) and math.isfinite(gradient)):
            return [Finding("diverged", "The loss is no number any more: the last steps were far too large.", "back")]
        found: list[Finding] = []
        if len(self._norms) == _USUAL and gradient > _EXPLODED * (usual := statistics.median(self._norms)):
            times = gradient / usual if usual else math.inf
            found.append(
                Finding(
                    "exploding gradients", f"The gradient is {times:.0f} times as large as usual: the model is being thrown about.", "back"
                )
            )
        self._norms.append(gradient)
        found += self._of_layers(layers or {})
        if valid_loss is not None:
            found += self._of_validation(loss, valid_loss)
        return found

    def state(self) -> dict[str, Any]:
        """What a run that is resumed needs to judge as if it had never stopped; JSON can hold it."""
        best = None if math.isinf(self._best) else [self._best, self._loss_at_best]
        return {
            "norms": list(self._norms),
            "seen": [[*key, count] for key, count in self._seen.items()],
            "best": best,
            "worse": self._worse,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Takes back what `state` gave."""
        self._norms.clear()
        self._norms.extend(state["norms"])
        self._seen = {(name, layer): count for name, layer, count in state["seen"]}
        self._best, self._loss_at_best = state["best"] or (math.inf, math.inf)
        self._worse = state["worse"]

    def _of_layers(self, layers: Mapping[str, LayerSigns]) -> Iterator[Finding]:
        gradients = [signs.gradient for signs in layers.values()]
        usual = statistics.median(gradients) if gradients else 0.0
        for layer, signs in layers.items():
            if self._again("rate too high", layer, signs.update > _HIGH):
                sentence = f"{layer} moves by {signs.update:.0%} of its weights in one step: the rate is too high for it to settle."
                yield Finding("rate too high", sentence, "back")
            if self._again("vanishing gradients", layer, usual > 0 and signs.gradient < _VANISHED * usual):
                sentence = f"Almost nothing of what is learned reaches {layer}: its gradient is {signs.gradient:.1e}, others' {usual:.1e}."
                yield Finding("vanishing gradients", sentence, "none")
            if self._again("dead units", layer, (signs.dead or 0.0) > _DEAD):
                sentence = f"{signs.dead:.0%} of the units of {layer} were silent for a whole batch: they have died, or are hardly needed."
                yield Finding("dead units", sentence, "none")

    def _again(self, name: str, layer: str, seen: bool) -> bool:
        """Whether this was now seen the second time in a row."""
        count = self._seen.get((name, layer), 0)
        self._seen[name, layer] = count + 1 if seen else 0
        return seen and count + 1 == _TWICE

    def _of_validation(self, loss: float, valid_loss: float) -> Iterator[Finding]:
        if valid_loss < self._best:
            self._best, self._worse, self._loss_at_best = valid_loss, 0, loss
            return
        self._worse += 1
        if self._worse >= self.patience and loss < self._loss_at_best:
            sentence = (
                f"The loss on held-out questions has not improved in {self._worse} looks (best {self._best:.3f}, now {valid_loss:.3f}), "
                "while that on the training questions still falls: the model is learning them by heart."
            )
            yield Finding("overfitting", sentence, "stop")
