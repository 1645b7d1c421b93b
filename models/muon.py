"""Muon, the rule that the matrices of linear layers learn by (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon).

torch.optim.Muon always orthogonalises in bfloat16. A processor that does not multiply bfloat16 in hardware emulates it, and spends more
time on that than on the rest of a training step; here it is done in the precision that the run multiplies in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

_COEFFICIENTS = (3.4445, -4.775, 2.0315)  # of the quintic whose slope at zero is largest (Jordan et al. 2024)
_ITERATIONS = 5
_LIKE_ADAMW = 0.2  # root mean square of a step, in learning rates: what AdamW's has (Liu et al. 2025, "Muon is scalable for LLM training")


class Muon(torch.optim.Optimizer):
    """Nesterov momentum whose every step is orthogonalised: all directions of a matrix that its gradients have move equally far.

    `params` are matrices; `weight_decay` is decoupled, as AdamW's is. `dtype` is what the orthogonalisation multiplies in.
    """

    def __init__(self, params: Iterable[Tensor], lr: float, weight_decay: float, dtype: torch.dtype, momentum: float = 0.95) -> None:
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})
        self.dtype = dtype
        shapes = [tuple(p.shape) for group in self.param_groups for p in group["params"] if p.ndim != 2]
        if shapes:
            raise ValueError(f"Muon moves matrices, not tensors of the shapes {shapes}")

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]  # without a closure that would compute the loss once more
        for group in self.param_groups:
            rate, momentum = group["lr"], group["momentum"]
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if "momentum_buffer" not in state:
                    state["momentum_buffer"] = torch.zeros_like(parameter)
                held: Tensor = state["momentum_buffer"]
                held.lerp_(parameter.grad, 1 - momentum)
                direction = orthogonalised(parameter.grad.lerp(held, momentum), self.dtype)
                parameter.mul_(1 - rate * group["weight_decay"])
                parameter.add_(direction.to(parameter.dtype), alpha=-rate * _LIKE_ADAMW * math.sqrt(max(parameter.shape)))


def matrices(model: nn.Module) -> list[nn.Parameter]:
    """What of a network Muon moves: the matrices of linear layers without a bias. Tables of vectors and gains are not among them."""
    layers = [module for module in model.modules() if isinstance(module, nn.Linear) and module.bias is None]
    return [parameter for layer in layers for parameter in layer.parameters()]


def orthogonalised(matrix: Tensor, dtype: torch.dtype) -> Tensor:
    """About U Vᵀ of the singular value decomposition U S Vᵀ of a (rows, columns) matrix: its singular values end between 0.5 and 1.5.

    Newton–Schulz iterations: each puts every singular value s through a s + b s³ + c s⁵.
    """
    a, b, c = _COEFFICIENTS
    wide = matrix.to(dtype)
    if matrix.shape[0] > matrix.shape[1]:
        wide = wide.T
    wide = wide / wide.norm().clamp(min=1e-7)  # no singular value is above 1 from here on
    for _ in range(_ITERATIONS):
        gram = wide @ wide.T
        wide = torch.addmm(wide, torch.addmm(gram, gram, gram, beta=b, alpha=c), wide, beta=a)
    return wide.T if matrix.shape[0] > matrix.shape[1] else wide
