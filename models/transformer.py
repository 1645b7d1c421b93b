"""The network, whole, in reading order.

An encoder reads each (question, block) pair; a shallow decoder attends over all pairs of an evidence and, at each step, scores
the operations of the answer language and every position it may point at, in one softmax.

Notable: pre-norm residual blocks, rotary positions (Su et al. 2021), QK-norm (Henry et al. 2020), squared-ReLU MLPs (So et al.
2021), zero-initialised output projections, and a learned bias a head for positions that hold the same word (a match is what a
reader needs to see first).

At these widths a CPU spends its time walking tensors, not multiplying them, so walks are few: all tokens of a batch go through
projections and MLPs as one matrix, only attention splits them; LayerNorm has one fused kernel where RMSNorm has six; dropout draws
one mask for all tokens of a pair and is part of the residual addition.

Letters: N pairs of a group, L tokens of a pair, B evidences, M memory positions of an evidence, T tokens of a batch or steps of the
decoder, O operations, C channels, H heads, D = C / H.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.encoding import CASES, MATCHES, ROLES
from tools.language import OPERATIONS


@dataclass(frozen=True, slots=True)
class ModelConfig:
    vocabulary: int
    channels: int = 192
    heads: int = 6
    encoder_layers: int = 4
    decoder_layers: int = 2
    dropout: float = 0.0  # a first run learns too little by heart for it to help, many rounds over the same sets much: see LOG.md


SIZES: dict[str, dict[str, int]] = {
    "nano": {"channels": 192, "heads": 6, "encoder_layers": 4, "decoder_layers": 2},
    "small": {"channels": 256, "heads": 8, "encoder_layers": 4, "decoder_layers": 2},  # wider costs less time than deeper: see LOG.md
    "base": {"channels": 512, "heads": 16, "encoder_layers": 8, "decoder_layers": 3},
}


class _Rotation(torch.autograd.Function):
    """Turns the pairs (x[i], x[i + D/2]) by their angles; the gradient is turned back."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        ctx.save_for_backward(cos, sin)
        return _turned(x, cos, sin)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        cos, sin = ctx.saved_tensors
        return _turned(gradients[0], cos, -sin), None, None


def _turned(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    turned, half = torch.empty_like(x, memory_format=torch.contiguous_format), x.size(-1) // 2
    a, b = x[..., :half], x[..., half:]
    torch.mul(a, cos, out=turned[..., :half]).addcmul_(b, sin, value=-1)
    torch.mul(a, sin, out=turned[..., half:]).addcmul_(b, cos)
    return turned


Angles = tuple[Tensor, Tensor]
"""Cosine and sine of each position's angles, (..., 1, D/2): the same for all heads."""


def angles(positions: Tensor, width: int, dtype: torch.dtype) -> Angles:
    """Rotary angles of `positions` (T) for heads of `width` channels."""
    half = width // 2
    frequency = 10_000 ** (-torch.arange(half, device=positions.device, dtype=torch.float32) / half)
    angle = positions.float()[:, None, None] * frequency
    return angle.cos().to(dtype), angle.sin().to(dtype)


class LayerNorm(nn.Module):
    """Zero mean and unit variance over the channels, times a learned gain (Ba et al. 2016)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, self.weight.shape, self.weight)


class Residual(nn.Module):
    """x + dropout(y), with one mask for all tokens of a pair (Gal & Ghahramani 2016)."""

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability

    def forward(self, x: Tensor, y: Tensor, layout: _Layout | None = None) -> Tensor:
        """x, y (T, C), whose pairs `layout` knows, or (B, T, C) with a mask an evidence."""
        if not self.training or self.probability == 0:
            return x + y
        kept = 1 - self.probability
        if layout is None:
            return torch.addcmul(x, y, torch.empty_like(y[:, :1]).bernoulli_(kept).div_(kept))
        masks = y.new_empty(layout.pairs, y.size(-1)).bernoulli_(kept).div_(kept)
        return torch.addcmul(x, y, masks[layout.rows])


class _WordAttention(torch.autograd.Function):
    """softmax(Q Kᵀ + blocked + gain · same) V.

    The scores (N · H, L, M) are the largest tensors of the network, so they are walked as rarely as can be: products are added to the
    bias in place, and the gradient of the gains is one product of matrices instead of a product and a sum over scores.
    """

    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor, blocked: Tensor, gain: Tensor, same: Tensor) -> Tensor:
        """q, k, v (N · H, L, D), blocked (N, 1, 1, L), gain (H, 1, 1), same (N, 1, L, L)"""
        weights = torch.addcmul(blocked, gain, same).flatten(0, 1).baddbmm_(q, k.transpose(1, 2)).softmax(-1)
        ctx.save_for_backward(q, k, v, weights, same)
        return torch.bmm(weights, v)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = gradients
        q, k, v, weights, same = ctx.saved_tensors
        of_weights = torch.bmm(gradient, v.transpose(1, 2))
        of_scores = torch.ops.aten._softmax_backward_data(of_weights, weights, -1, weights.dtype)
        of_gain = torch.bmm(of_scores.view(same.size(0), -1, same[0].numel()), same.view(same.size(0), -1, 1)).sum(0)[..., None]
        of_values = torch.bmm(weights.transpose(1, 2), gradient)
        return torch.bmm(of_scores, k), torch.bmm(of_scores.transpose(1, 2), q), of_values, None, of_gain, None


class Attention(nn.Module):
    """softmax(Q Kᵀ / √D + bias) V, with normalised queries and keys.

    Projections take all tokens of a batch at once, (T, C) -> (T, H, D); `attend` takes rows of equal length.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        channels = config.channels
        self.heads = config.heads
        self.query = nn.Linear(channels, channels, bias=False)
        self.key_value = nn.Linear(channels, 2 * channels, bias=False)
        self.out = nn.Linear(channels, channels, bias=False)
        self.scale = nn.Parameter(torch.full((config.heads, 1, 1), math.sqrt(channels / config.heads)))

    def queries(self, x: Tensor, turned: Angles | None) -> Tensor:
        """x (..., C) -> (..., H, D)"""
        queries = self.query(x).unflatten(-1, (self.heads, -1))
        # With queries and keys of unit scale, q·k is at most D; the learned scale decides how sharp that is.
        queries = F.layer_norm(queries, queries.shape[-1:]) * (self.scale.squeeze(-1) / queries.size(-1))
        return queries if turned is None else _Rotation.apply(queries, *turned)  # type: ignore[no-any-return]

    def keys_values(self, x: Tensor, turned: Angles | None) -> tuple[Tensor, Tensor]:
        """x (..., C) -> keys and values (..., H, D); without angles, no positions."""
        keys, values = self.key_value(x).unflatten(-1, (2 * self.heads, -1)).chunk(2, -2)
        keys = F.layer_norm(keys, keys.shape[-1:])
        return (keys if turned is None else _Rotation.apply(keys, *turned)), values

    def attend(self, queries: Tensor, keys: Tensor, values: Tensor, blocked: Tensor, same: tuple[Tensor, Tensor] | None = None) -> Tensor:
        """-> (N, L, C), not yet projected.

        queries (N, L, H, D), keys and values (N, M, H, D), blocked (N or 1, 1, L or 1, M); `same`: gains (H, 1, 1) and where they are
        added (N, 1, L, M).
        """
        q, k, v = (t.transpose(1, 2).flatten(0, 1) for t in (queries, keys, values))
        shape = (queries.size(0), self.heads, queries.size(1), keys.size(1))
        if same is None:
            scores = torch.baddbmm(blocked.expand(shape).flatten(0, 1), q, k.transpose(1, 2))
            mixed = torch.bmm(scores.softmax(-1), v)
        else:
            mixed = _WordAttention.apply(q, k, v, blocked, *same)  # type: ignore[no-untyped-call]
        return mixed.unflatten(0, shape[:2]).transpose(1, 2).flatten(2)


class _SquaredReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        positive = x.relu()
        ctx.save_for_backward(positive)
        return positive * positive

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (positive,) = ctx.saved_tensors
        return (gradients[0] * positive).mul_(2)


class MLP(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.up = nn.Linear(config.channels, 4 * config.channels, bias=False)
        self.down = nn.Linear(4 * config.channels, config.channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(_SquaredReLU.apply(self.up(x)))  # type: ignore[no-any-return]


@dataclass(slots=True)
class Pairs:
    """Encoder input: five (N, L) integer tensors; token 0-padding is marked by `padding` (N, L), True on padding."""

    tokens: Tensor
    roles: Tensor
    cases: Tensor
    matches: Tensor
    stems: Tensor
    padding: Tensor


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the tokens of all groups of pairs lie one after the other: what attention needs, worked out once for all blocks."""

    shapes: list[tuple[int, int]]  # (N, L) of each group
    same: list[Tensor]  # (N, 1, L, L), 1 where two positions hold the same word
    padding: list[Tensor]  # (N, 1, 1, L), -inf on padding
    turned: Angles
    rows: Tensor  # (T), the pair of each token

    @classmethod
    def of(cls, groups: Sequence[Pairs], width: int, dtype: torch.dtype) -> _Layout:
        device = groups[0].tokens.device
        shapes = [(p.tokens.size(0), p.tokens.size(1)) for p in groups]
        same = [((p.stems[:, :, None] == p.stems[:, None, :]) & (p.stems != 0)[:, :, None])[:, None].to(dtype) for p in groups]
        blocked = [torch.zeros(p.padding.shape, device=device, dtype=dtype).masked_fill(p.padding, -math.inf) for p in groups]
        places = torch.cat([torch.arange(length, device=device).repeat(count) for count, length in shapes])
        lengths = torch.tensor([length for count, length in shapes for _ in range(count)], device=device)
        rows = torch.arange(len(lengths), device=device).repeat_interleave(lengths)
        return cls(shapes, same, [b[:, None, None] for b in blocked], angles(places, width, dtype), rows)

    @property
    def pairs(self) -> int:
        return sum(count for count, _ in self.shapes)

    def split(self, flat: Tensor) -> list[Tensor]:
        """(T, …) -> (N, L, …) for each group."""
        parts = flat.split([count * length for count, length in self.shapes])
        return [part.unflatten(0, shape) for part, shape in zip(parts, self.shapes, strict=True)]


class EncoderBlock(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.norm_attention = LayerNorm(config.channels)
        self.attention = Attention(config)
        self.same_word = nn.Parameter(torch.zeros(config.heads, 1, 1))
        self.norm_mlp = LayerNorm(config.channels)
        self.mlp = MLP(config)
        self.residual = Residual(config.dropout)

    def forward(self, x: Tensor, layout: _Layout) -> Tensor:
        """x (T, C): the tokens of all groups, padding included. Only attention looks at one group at a time."""
        normed = self.norm_attention(x)
        queries = self.attention.queries(normed, layout.turned)
        keys, values = self.attention.keys_values(normed, layout.turned)
        mixed = [
            self.attention.attend(q, k, v, padding, (self.same_word, same)).flatten(0, 1)
            for q, k, v, padding, same in zip(*map(layout.split, (queries, keys, values)), layout.padding, layout.same, strict=True)
        ]
        x = self.residual(x, self.attention.out(torch.cat(mixed)), layout)
        return self.residual(x, self.mlp(self.norm_mlp(x)), layout)


class DecoderBlock(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.norm_self = LayerNorm(config.channels)
        self.self_attention = Attention(config)
        self.norm_cross = LayerNorm(config.channels)
        self.cross_attention = Attention(config)
        self.norm_mlp = LayerNorm(config.channels)
        self.mlp = MLP(config)
        self.residual = Residual(config.dropout)

    def forward(
        self, x: Tensor, memory: tuple[Tensor, Tensor], padding: Tensor, causal: Tensor, turned: Angles, cache: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """x (B, T, C): the steps that follow those in `cache`, with their angles and what each may look back at, `causal`.

        Returns the steps' states and the longer cache.
        """
        normed = self.norm_self(x)
        keys, values = self.self_attention.keys_values(normed, turned)
        if cache is not None:
            keys, values = torch.cat((cache[0], keys), 1), torch.cat((cache[1], values), 1)
        attention, across = self.self_attention, self.cross_attention
        x = self.residual(x, attention.out(attention.attend(attention.queries(normed, turned), keys, values, causal)))
        x = self.residual(x, across.out(across.attend(across.queries(self.norm_cross(x), None), *memory, padding)))
        return self.residual(x, self.mlp(self.norm_mlp(x))), (keys, values)


@dataclass(slots=True)
class Memory:
    """What the decoder looks at: states (B, M, C), their padding (B, M), and per-layer cross-attention keys and values."""

    states: Tensor
    padding: Tensor
    layers: list[tuple[Tensor, Tensor]]
    pointer_keys: Tensor  # (B, M, C)


class Encoder(nn.Module):
    """Embeds tokens and their features and reads them; shared by the answerer and the embedder."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.token = nn.Embedding(config.vocabulary, config.channels)
        self.role = nn.Embedding(len(ROLES), config.channels)
        self.case = nn.Embedding(len(CASES), config.channels)
        self.match = nn.Embedding(len(MATCHES), config.channels)
        self.blocks = nn.ModuleList(EncoderBlock(config) for _ in range(config.encoder_layers))
        self.norm = LayerNorm(config.channels)
        self.dropout = nn.Dropout(config.dropout)
        self._width = config.channels // config.heads

    def forward(self, groups: Sequence[Pairs]) -> Tensor:
        """(T, C): the states of all groups' tokens one after the other, row by row, padding included."""
        tokens, roles, cases, matches = (
            torch.cat([getattr(pairs, name).flatten() for pairs in groups]) for name in ("tokens", "roles", "cases", "matches")
        )
        x = self.dropout(self.token(tokens) + self.role(roles) + self.case(cases) + self.match(matches))
        if self.blocks:
            layout = _Layout.of(groups, self._width, x.dtype)
            for block in self.blocks:
                x = block(x, layout)
        return self.norm(x)


class Transformer(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.operation = nn.Embedding(len(OPERATIONS) + 1, config.channels)  # the last one starts a program
        self.pointed = nn.Linear(config.channels, config.channels, bias=False)
        self.decoder = nn.ModuleList(DecoderBlock(config) for _ in range(config.decoder_layers))
        self.norm = LayerNorm(config.channels)
        self.operation_head = nn.Linear(config.channels, len(OPERATIONS))
        self.pointer_query = nn.Linear(config.channels, config.channels, bias=False)
        self.pointer_key = nn.Linear(config.channels, config.channels, bias=False)
        self.dropout = nn.Dropout(config.dropout)
        self.apply(self._initialise)
        for block in (*self.encoder.blocks, *self.decoder):
            for module in block.modules():
                if isinstance(module, Attention):
                    nn.init.zeros_(module.out.weight)
                elif isinstance(module, MLP):
                    nn.init.zeros_(module.down.weight)

    @staticmethod
    def _initialise(module: nn.Module) -> None:
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=module.in_features**-0.5)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=0.5)

    def remember(self, tokens: Tensor, positions: Tensor, padding: Tensor) -> Memory:
        """Gathers each evidence's positions from the encoder's states.

        positions (B, M) index `tokens` (T, C); padding (B, M) is True where there is none.
        """
        states = tokens.index_select(0, positions.flatten()).view(*positions.shape, -1)
        layers = [block.cross_attention.keys_values(states, None) for block in self.decoder]  # type: ignore[union-attr,operator]
        return Memory(states, padding, layers, self.pointer_key(states))

    def decode(
        self, memory: Memory, previous: Tensor, cache: list[tuple[Tensor, Tensor]] | None = None
    ) -> tuple[Tensor, Tensor, list[tuple[Tensor, Tensor]]]:
        """Scores what follows each of the steps `previous` (B, T): operation id, or O + 1 + memory position; O is the start.

        Returns operation scores (B, T, O), pointer scores (B, T, M) with -inf on padding, and the cache for the next steps.
        """
        count = len(OPERATIONS) + 1
        is_pointer = (previous >= count)[..., None]
        places = (previous - count).clamp(min=0)
        pointed = memory.states.gather(1, places[..., None].expand(-1, -1, memory.states.size(-1)))
        x = torch.where(is_pointer, self.pointed(pointed), self.operation(previous.clamp(max=count - 1)))
        x = self.dropout(x)
        blocked = torch.zeros(memory.padding.shape, device=x.device, dtype=x.dtype).masked_fill(memory.padding, -math.inf)
        past = cache[0][0].size(1) if cache else 0
        steps = torch.arange(past, past + x.size(1), device=x.device)
        future = torch.arange(past + x.size(1), device=x.device)[None] > steps[:, None]
        causal = torch.zeros(future.shape, device=x.device, dtype=x.dtype).masked_fill(future, -math.inf)
        turned = angles(steps, x.size(-1) // self.config.heads, x.dtype)
        longer: list[tuple[Tensor, Tensor]] = []
        for i, block in enumerate(self.decoder):
            x, kept = block(x, memory.layers[i], blocked[:, None, None], causal, turned, cache[i] if cache else None)
            longer.append(kept)
        x = self.norm(x)
        pointers = self.pointer_query(x) @ memory.pointer_keys.transpose(1, 2) / math.sqrt(x.size(-1))
        return self.operation_head(x), pointers + blocked[:, None], longer
