"""One loop for every objective: forward, loss, backward, clip, step, validate. It does not know the task.

Several processes share a run: each takes every n-th batch and their gradients are averaged, which uses two cores better than
one process with two threads. A run that was killed at any step and is resumed ends with the same weights, bit for bit, on a CPU:
everything random is drawn from a seed and the step's number.

With `precision` "bfloat16" a copy of the model in that type does the work, and its gradients move weights that stay in float32
(Micikevicius et al. 2018, "Mixed precision training"; bfloat16 needs no loss scaling). Where the processor multiplies bfloat16 in
hardware, as GPUs and CPUs with AMX or AVX-512 BF16 do, that is much faster; elsewhere it is much slower: see `fast_precision`.
"""

from __future__ import annotations

import copy
import ctypes
import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol

import torch
import torch.distributed as dist
from torch import Tensor, nn

from models.muon import Muon, matrices
from models.watch import LayerSigns, LayerWatch

Loss = Callable[[Any, Any], tuple[Tensor, dict[str, float]]]
Rule = Literal["adamw", "muon"]
Precision = Literal["float32", "bfloat16"]


class Batches(Protocol):
    """This process's share of an endless, reproducible stream: the batch of a step depends on the step alone.

    A batch has a method `to(device)`.
    """

    def at(self, step: int) -> Any: ...


@dataclass(frozen=True, slots=True)
class FitConfig:
    steps: int
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.05
    betas: tuple[float, float] = (0.9, 0.98)
    warmup: int = 200  # steps
    final: float = 0.03  # the rate at the schedule's end, as a share of its peak
    horizon: int = 0  # steps of the schedule, where it is longer than the run: another stage goes on from there
    clip: float = 1.0  # norm of the whole gradient
    average: float = 0.998  # decay of the moving average of the weights that validation and the final model use
    precision: Precision = "float32"  # of the forward and backward pass; weights and optimizer are always float32
    rule: Rule = "muon"  # for the matrices of linear layers without a bias; everything else is AdamW's
    seed: int = 0
    save_seconds: float = 120.0
    validate_every: int = 500  # steps
    watch_every: int = 0  # steps between two looks at every layer; 0 never looks
    keep_best: bool = False  # end with the averaged weights that did best in validation, not with the last ones


@dataclass(frozen=True, slots=True)
class Progress:
    """One line of the run's log."""

    step: int
    steps: int
    seconds: float
    loss: float
    rate: float
    gradient: float
    exact: float
    valid_loss: float | None = None
    valid_exact: float | None = None
    layers: dict[str, LayerSigns] | None = None


@dataclass(slots=True)
class Run:
    """What `fit` hands to its caller to save, and takes back to resume."""

    tensors: dict[str, Tensor]
    state: dict[str, Any]


class Interrupted(Exception):
    """The run was asked to stop, and has saved what it had done."""


def learning_rate(config: FitConfig, step: int) -> float:
    """Linear warm-up, then a cosine down to `final` of the peak."""
    if step < config.warmup:
        return config.learning_rate * (step + 1) / config.warmup
    share = (step - config.warmup) / max(1, (config.horizon or config.steps) - config.warmup)
    return config.learning_rate * (config.final + (1 - config.final) * 0.5 * (1 + math.cos(math.pi * min(1.0, share))))


def fit(
    model: nn.Module,
    loss: Loss,
    batches: Batches,
    config: FitConfig,
    *,
    valid: Callable[[], Iterator[Any]] | None = None,
    save: Callable[[nn.Module, Run], None] | None = None,
    resume: Run | None = None,
    report: Callable[[Progress], bool | None] = lambda progress: None,
    going: Callable[[], bool] = lambda: True,
    rank: int = 0,
    world: int = 1,
) -> nn.Module:
    """Trains `model` in place and returns it with the averaged weights.

    `report` is told every step, and may say True for the run to end early.

    `save(model, run)` is called now and then on rank 0 with the raw weights in `model` and everything else in `run`. `going` is asked
    after every step whether to go on; where not, the run is saved and Interrupted raised.
    """
    device = next(model.parameters()).device
    optimizers = _optimizers(model, config)
    parameters = list(model.parameters())
    working = model if config.precision == "float32" else copy.deepcopy(model).to(torch.bfloat16)
    averaged = [p.detach().clone() for p in parameters]
    best = [p.detach().clone() for p in parameters] if config.keep_best else []
    first, spent, best_loss = 0, 0.0, math.inf
    if resume is not None:
        first, spent = resume.state["step"], resume.state["seconds"]
        best_loss = resume.state.get("best_loss") or math.inf
        _restore(optimizers, {"average": averaged, "best": best}, parameters, resume.tensors)
    _refresh(working, model)
    began = last_saved = time.monotonic()
    running: dict[str, float] = resume.state.get("running", {}) if resume is not None else {}
    for step in range(first, config.steps):
        torch.manual_seed((config.seed * 1_000_003 + step) * 64 + rank)  # dropout's masks depend on the step alone
        working.train()
        rate = learning_rate(config, step)
        for group in (group for optimizer in optimizers for group in optimizer.param_groups):
            group["lr"] = rate
        watch = LayerWatch(model) if config.watch_every and rank == 0 and (step + 1) % config.watch_every == 0 else None
        with watch.forward(working) if watch else nullcontext():
            value, metrics = loss(working, batches.at(step).to(device))
        model.zero_grad(set_to_none=True)
        value.backward()
        _take_gradients(working, model)
        if world > 1:
            _average_gradients(parameters, world)
        if watch:
            watch.gradients()
        norm = nn.utils.clip_grad_norm_(parameters, config.clip)
        for optimizer in optimizers:
            optimizer.step()
        _refresh(working, model)
        layers = watch.updates() if watch else None
        decay = min(config.average, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(averaged, list[Tensor](parameters), 1 - decay)
        for name, new in (("loss", value.item()), ("exact", metrics["exact"])):
            running[name] = 0.98 * running.get(name, new) + 0.02 * new
        done = step + 1
        seconds = spent + time.monotonic() - began
        progress = Progress(done, config.steps, seconds, running["loss"], rate, norm.item(), running["exact"], layers=layers)
        # once in a while: validate with the averaged weights
        if valid is not None and rank == 0 and (done % config.validate_every == 0 or done == config.steps):
            with swapped(parameters, averaged):
                valid_loss, valid_exact = evaluate(model, loss, valid())
            progress = replace(progress, valid_loss=valid_loss, valid_exact=valid_exact)
            if config.keep_best and valid_loss < best_loss:
                best_loss = valid_loss
                torch._foreach_copy_(best, averaged)
        enough = rank == 0 and bool(report(progress))
        # once in a while: save, so that a kill costs little
        stopped = rank == 0 and done < config.steps and not going()
        due = time.monotonic() - last_saved > config.save_seconds or done == config.steps or stopped
        if save is not None and rank == 0 and due:
            state = {
                "step": done, "seconds": seconds, "best_loss": best_loss if best_loss < math.inf else None, "running": running,
                "config": asdict(config),
            }  # fmt: skip
            save(model, Run(_keep(optimizers, {"average": averaged, "best": best}, parameters), state))
            last_saved = time.monotonic()
        if stopped:
            raise Interrupted(f"stopped after step {done} of {config.steps}")
        if enough:
            break
    with torch.no_grad():
        for parameter, mean in zip(parameters, best if best_loss < math.inf else averaged, strict=True):
            parameter.copy_(mean)
    return model


@torch.no_grad()
def evaluate(model: nn.Module, loss: Loss, batches: Iterator[Any]) -> tuple[float, float]:
    """Mean loss and share of exactly right programs over `batches`, without dropout."""
    model.eval()
    device = next(model.parameters()).device
    losses, exact = [], []
    for batch in batches:
        value, metrics = loss(model, batch.to(device))
        losses.append(value.item())
        exact.append(metrics["exact"])
    return sum(losses) / max(1, len(losses)), sum(exact) / max(1, len(exact))


class swapped:
    """Within the block the parameters hold the other tensors' values."""

    def __init__(self, parameters: list[nn.Parameter], others: list[Tensor]) -> None:
        self.parameters, self.others = parameters, others

    def _swap(self) -> None:
        for i, parameter in enumerate(self.parameters):
            parameter.data, self.others[i] = self.others[i], parameter.data

    def __enter__(self) -> None:
        self._swap()

    def __exit__(self, *_: object) -> None:
        self._swap()


def append_log(path: Path, progress: Progress) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(progress)) + "\n")


def keep_freed_memory() -> None:
    """Asks glibc to keep large freed blocks: handing them back and faulting them in again costs a third of a CPU step, and a twelfth of
    reading. In one heap, where it is asked before other threads are, or each would keep blocks of its own."""
    try:
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(-1, 2**31 - 1)  # M_TRIM_THRESHOLD
        libc.mallopt(-3, 32 * 2**20)  # M_MMAP_THRESHOLD, at its maximum
        libc.mallopt(-8, 1)  # M_ARENA_MAX
    except (OSError, AttributeError):
        pass  # another C library: only slower


def fast_precision(device: str) -> Precision:
    """ "bfloat16" where the processor multiplies it in hardware, else "float32"."""
    if device != "cpu":
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    units = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")  # torch has no public names for them
    return "bfloat16" if any(getattr(torch.cpu, name, bool)() for name in units) else "float32"


def _optimizers(model: nn.Module, config: FitConfig) -> list[torch.optim.Optimizer]:
    """AdamW, and Muon for what it moves."""
    hidden = matrices(model) if config.rule == "muon" else []
    held = {id(p) for p in hidden}
    others = [p for p in model.parameters() if id(p) not in held]
    decayed, plain = [p for p in others if p.ndim >= 2], [p for p in others if p.ndim < 2]
    groups = [{"params": decayed, "weight_decay": config.weight_decay}, {"params": plain, "weight_decay": 0.0}]
    optimizers: list[torch.optim.Optimizer] = [torch.optim.AdamW(groups, lr=config.learning_rate, betas=config.betas)]
    if hidden:
        dtype = torch.float32 if config.precision == "float32" else torch.bfloat16
        optimizers.append(Muon(hidden, config.learning_rate, config.weight_decay, dtype))
    return optimizers


def _take_gradients(working: nn.Module, model: nn.Module) -> None:
    """Moves the gradients of the working copy to the weights that it is a copy of."""
    if working is model:
        return
    for copied, parameter in zip(working.parameters(), model.parameters(), strict=True):
        parameter.grad = None if copied.grad is None else copied.grad.float()
        copied.grad = None


@torch.no_grad()
def _refresh(working: nn.Module, model: nn.Module) -> None:
    if working is not model:
        torch._foreach_copy_(list(working.parameters()), list(model.parameters()))


def _average_gradients(parameters: list[nn.Parameter], world: int) -> None:
    """One all-reduce over the flattened gradient; a parameter that this rank's batch did not reach counts as zero."""
    gradients = [p.grad if p.grad is not None else torch.zeros_like(p) for p in parameters]
    flat = torch.cat([g.reshape(-1) for g in gradients])
    dist.all_reduce(flat)
    flat /= world
    offset = 0
    for parameter in parameters:
        parameter.grad = flat[offset : offset + parameter.numel()].view_as(parameter)
        offset += parameter.numel()


def _keep(optimizers: list[torch.optim.Optimizer], copies: dict[str, list[Tensor]], parameters: list[nn.Parameter]) -> dict[str, Tensor]:
    kept = {f"{name}.{i}": t.cpu() for name, tensors in copies.items() for i, t in enumerate(tensors)}
    for i, parameter in enumerate(parameters):
        for optimizer in (o for o in optimizers if parameter in o.state):
            for name, tensor in optimizer.state[parameter].items():
                kept[f"optimizer.{i}.{name}"] = tensor.cpu()
    return kept


def _restore(
    optimizers: list[torch.optim.Optimizer], copies: dict[str, list[Tensor]], parameters: list[nn.Parameter], kept: dict[str, Tensor]
) -> None:
    owner = {id(p): optimizer for optimizer in optimizers for group in optimizer.param_groups for p in group["params"]}
    for name, tensor in kept.items():
        kind, index, *rest = name.split(".")
        if kind in copies:
            if copies[kind]:
                copies[kind][int(index)].copy_(tensor)
        else:
            parameter = parameters[int(index)]
            on_device = tensor if rest[0] == "step" else tensor.to(parameter.device)
            owner[id(parameter)].state[parameter][rest[0]] = on_device.clone()
