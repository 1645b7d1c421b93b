"""The network laid out for answering: what `Transformer` computes, for one evidence, in fewer walks over memory.

Weights are copied once. LayerNorm's gains are multiplied into the matrices behind them, queries and keys are one product, their mean
over a head is taken out of that product's matrix, the two channels that a rotation turns lie beside each other so that it is one complex
product (Su et al. 2021, eq. 34), attention never holds its weights (Dao et al. 2022), and groups of pairs are read one after the other,
so that what a layer walks stays in the cache.

In bfloat16 only what matrices multiply is of that type: the residual stream, norms and the decoder's steps stay in float32, so that
answers keep to those of float32 as closely as can be. A kernel for bfloat16 is made for each new shape, which takes ten times as long as
to run it, so lengths and numbers of tokens are rounded up to a few.

Letters as in `models.transformer`.
"""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from models.batching import lay_out, move, round_up
from models.encoding import Encoded
from models.transformer import MLP, Attention, DecoderBlock, EncoderBlock, Pairs, Transformer, angles
from tools.language import OPERATIONS

_START = len(OPERATIONS)  # the decoder id that begins a program; pointers follow it
_EPSILON = 1e-5  # of LayerNorm
_LENGTHS, _ROWS = 16, 64  # in bfloat16, lengths of pairs and numbers of tokens are multiples of these


@dataclass(frozen=True, slots=True)
class Reading:
    """An evidence as it was read: states (M, C), cross-attention keys and values (1, H, M, D) a layer, pointer keys (C, M)."""

    states: Tensor
    layers: list[tuple[Tensor, Tensor]]
    pointer_keys: Tensor


_READERS = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="read", initializer=lambda: torch.set_num_threads(1))

Cache = list[tuple[Tensor, Tensor]]
"""Keys and values of the steps so far, (B, H, T, D) a layer."""


class Inference:
    """Immutable, so that threads may share it. Later changes of the model's weights are not seen."""

    @torch.no_grad()
    def __init__(self, model: Transformer, precision: torch.dtype = torch.float32) -> None:
        self.device = next(model.parameters()).device
        # What lengths of pairs, and numbers of tokens, are multiples of.
        self.lengths, self._rows = (_LENGTHS, _ROWS) if precision == torch.bfloat16 else (1, 1)
        self.precision, self._width = precision, model.config.channels // model.config.heads
        self._reading = [_ReadingLayer(block, precision) for block in model.encoder.blocks]  # type: ignore[arg-type]
        self._writing = [_WritingLayer(block, precision) for block in model.decoder]  # type: ignore[arg-type]
        self._norm = model.encoder.norm.weight.clone()
        tables = (model.encoder.token, model.encoder.role, model.encoder.case, model.encoder.match, model.operation)
        self._token, self._role, self._case, self._match, self._operation = (table.weight.clone() for table in tables)
        self._pointed = model.pointed.weight.t().clone()
        self._pointer_key = model.pointer_key.weight.t().to(precision, copy=True)
        # The decoder's last norm goes before both heads; the scale of pointers is in their query.
        gain = model.norm.weight
        self._head = (model.operation_head.weight * gain).t().clone()
        self._head_bias = model.operation_head.bias.clone()
        self._pointer_query = (model.pointer_query.weight * gain / math.sqrt(len(gain))).t().clone()

    def read(self, encoded: Encoded, pad: int, spread: bool = False) -> Reading:
        """`pad` is the token that fills up the shorter pairs of a group. With `spread`, groups are read beside each other, by a thread
        each: they know nothing of each other, so the numbers are the same."""
        groups, (positions,) = lay_out([encoded], pad, self.lengths)
        each = _READERS.map if spread and self.device.type == "cpu" and len(groups) > 1 else map
        return self.gather(torch.cat(list(each(self.encode, groups))), torch.tensor(positions))

    @torch.inference_mode()
    def encode(self, pairs: Pairs) -> Tensor:
        """(N · L, C) float32: the states of a group's tokens, row by row, padding included."""
        pairs = move(pairs, self.device)
        tokens, length = pairs.tokens.numel(), pairs.tokens.size(1)
        x = self._token.new_zeros(round_up(tokens, self._rows), self._token.size(1))
        tables = (self._token, self._role, self._case, self._match)
        for table, ids in zip(tables, (pairs.tokens, pairs.roles, pairs.cases, pairs.matches), strict=True):
            x[:tokens] += F.embedding(ids.flatten(), table)
        same = ((pairs.stems[:, :, None] == pairs.stems[:, None, :]) & (pairs.stems != 0)[:, :, None])[:, None].to(self.precision)
        lengths = (~pairs.padding).sum(1).tolist()
        turn = self._turn(torch.arange(len(x), device=self.device) % length)
        for layer in self._reading:
            layer(x, same, lengths, turn)
        return F.layer_norm(x[:tokens], self._norm.shape, self._norm)

    def gather(self, tokens: Tensor, positions: Tensor) -> Reading:
        """What the decoder looks at: the `tokens` (T, C) at `positions` (M)."""
        count = len(positions)
        states = tokens[F.pad(positions, (0, round_up(count, self._rows) - count)).to(self.device)]
        lower = states.to(self.precision)
        layers = [layer.cross_keys_values(lower, count) for layer in self._writing]
        return Reading(states[:count], layers, (lower @ self._pointer_key)[:count].float().t())

    def step(self, reading: Reading, previous: Tensor, cache: Cache | None = None) -> tuple[Tensor, Cache]:
        """Scores what follows the steps `previous` (B), decoder ids: (B, O + M), operations and then positions; and the longer cache."""
        previous = previous.to(self.device)
        x = self._operation[previous.clamp(max=_START)]
        pointing = previous > _START
        if bool(pointing.any()):
            x[pointing] = reading.states[previous[pointing] - _START - 1] @ self._pointed
        past = cache[0][0].size(2) if cache else 0
        turn = self._turn(torch.tensor([past], device=self.device))
        longer: Cache = []
        for i, layer in enumerate(self._writing):
            longer.append(layer(x, reading.layers[i], turn, cache[i] if cache else None))
        x = F.layer_norm(x, x.shape[-1:])
        return torch.cat((torch.addmm(self._head_bias, x, self._head), x @ self._pointer_query @ reading.pointer_keys), -1), longer


    def _turn(self, positions: Tensor) -> Tensor:
        """(T, 1, D/2) complex: the rotation of each position, for all heads."""
        return torch.complex(*angles(positions, self._width, torch.float32))


class _Looking:
    """Queries and keys that were normalised over a head. A mean is linear, so it is taken out of the matrix that makes them."""

    def __init__(self, weight: Tensor, heads: int, precision: torch.dtype, *, turned: bool) -> None:
        """weight (heads · D, C)"""
        by_head = weight.unflatten(0, (heads, -1))
        by_head = by_head - by_head.mean(1, keepdim=True)
        if turned:  # channels i and i + D/2 are turned together: beside each other they are one complex number
            by_head = by_head.unflatten(1, (2, -1)).transpose(1, 2).flatten(1, 2)
        self.weight = by_head.flatten(0, 1).t().contiguous().to(precision)
        self.heads = heads

    def __call__(self, x: Tensor, scale: Tensor | None, turn: Tensor | None) -> Tensor:
        """x (…, C) -> (…, heads, D) float32; `scale` (heads, 1) is of queries, and 1 for keys."""
        made = (x @ self.weight).float().unflatten(-1, (self.heads, -1))
        width = made.size(-1)
        size = torch.linalg.vector_norm(made, dim=-1, keepdim=True).square_().div_(width).add_(_EPSILON).rsqrt_()
        made.mul_(size if scale is None else size.mul_(scale))
        if turn is not None:
            torch.view_as_complex(made.unflatten(-1, (-1, 2))).mul_(turn)
        return made


class _SelfAttention:
    """What of attention to oneself comes before and after the products of queries, keys and values, with the norm before it."""

    def __init__(self, attention: Attention, gain: Tensor, precision: torch.dtype) -> None:
        keys, values = (attention.key_value.weight * gain).chunk(2)
        self.heads, self.precision = attention.heads, precision
        self.looking = _Looking(torch.cat((attention.query.weight * gain, keys)), 2 * self.heads, precision, turned=True)
        scale = _scale(attention)
        self.scale = torch.cat((scale, torch.ones_like(scale)))
        self.values = values.t().to(precision, copy=True)
        self.out = attention.out.weight.t().to(precision, copy=True)

    def __call__(self, x: Tensor, turn: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x (T, C) -> queries, keys and values (T, H, D) each"""
        normed = _normed(x, self.precision)
        queries, keys = self.looking(normed, self.scale, turn).to(self.precision).chunk(2, 1)
        return queries, keys, (normed @ self.values).unflatten(-1, (self.heads, -1))


class _Thinking:
    """The MLP of a block, with the norm before it."""

    def __init__(self, mlp: MLP, gain: Tensor, precision: torch.dtype) -> None:
        self.up = (mlp.up.weight * gain).t().to(precision, copy=True)
        self.down = mlp.down.weight.t().to(precision, copy=True)

    def __call__(self, x: Tensor) -> None:
        """Adds to x (T, C)."""
        hidden = (_normed(x, self.up.dtype) @ self.up).relu_()
        x.add_(hidden.mul_(hidden) @ self.down)


class _ReadingLayer:
    def __init__(self, block: EncoderBlock, precision: torch.dtype) -> None:
        self.attention = _SelfAttention(block.attention, block.norm_attention.weight, precision)
        self.gain = block.same_word.to(precision, copy=True)
        self.mlp = _Thinking(block.mlp, block.norm_mlp.weight, precision)

    def __call__(self, x: Tensor, same: Tensor, lengths: list[int], turn: Tensor) -> None:
        """Adds to x (T, C), of which the first N · L tokens are those of `same` (N, 1, L, L); a pair is padded beyond its length."""
        pairs = same.size(0), same.size(2)
        tokens = pairs[0] * pairs[1]
        looking = self.attention(x, turn)
        queries, keys, values = (each[:tokens].unflatten(0, pairs).transpose(1, 2) for each in looking)
        bias = self.gain * same
        for pair, own in enumerate(lengths):
            bias[pair, :, :, own:] = -math.inf
        mixed = torch.zeros_like(x, dtype=bias.dtype)
        mixed[:tokens].view(*pairs, *looking[2].shape[1:]).copy_(
            F.scaled_dot_product_attention(queries, keys, values, attn_mask=bias, scale=1.0).transpose(1, 2)
        )
        x.add_(mixed @ self.attention.out)
        self.mlp(x)


class _WritingLayer:
    """A block of the decoder, for one step of B programs about one evidence."""

    def __init__(self, block: DecoderBlock, precision: torch.dtype) -> None:
        self.attention = _SelfAttention(block.self_attention, block.norm_self.weight, torch.float32)
        across, self.heads = block.cross_attention, block.cross_attention.heads
        keys, values = across.key_value.weight.chunk(2)
        self.cross_queries = _Looking(across.query.weight * block.norm_cross.weight, self.heads, torch.float32, turned=False)
        self.cross_scale = _scale(across)
        self.cross_keys = _Looking(keys, self.heads, precision, turned=False)
        self.cross_values, self.cross_out = values.t().to(precision, copy=True), across.out.weight.t().clone()
        self.mlp = _Thinking(block.mlp, block.norm_mlp.weight, torch.float32)

    def cross_keys_values(self, states: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """states (M or more, C) -> (1, H, M, D) float32 each, of the first M = `count`"""
        keys = self.cross_keys(states, None, None)[:count]
        values = (states @ self.cross_values)[:count].float().unflatten(-1, (self.heads, -1))
        return keys.transpose(0, 1)[None].contiguous(), values.transpose(0, 1)[None].contiguous()

    def __call__(
        self, x: Tensor, reading: tuple[Tensor, Tensor], turn: Tensor, cache: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, Tensor]:
        """Adds to x (B, C), and returns the keys and values of all steps so far."""
        queries, keys, values = (each[:, :, None] for each in self.attention(x, turn))
        if cache is not None:
            keys, values = torch.cat((cache[0], keys), 2), torch.cat((cache[1], values), 2)
        mixed = F.scaled_dot_product_attention(queries, keys, values, scale=1.0)
        x.addmm_(mixed.flatten(1), self.attention.out)
        queries = self.cross_queries(_normed(x, torch.float32), self.cross_scale, None).transpose(0, 1)[None]
        mixed = F.scaled_dot_product_attention(queries, *reading, scale=1.0)
        x.addmm_(mixed[0].transpose(0, 1).flatten(1), self.cross_out)
        self.mlp(x)
        return keys, values


def _normed(x: Tensor, precision: torch.dtype) -> Tensor:
    return F.layer_norm(x, x.shape[-1:]).to(precision)


def _scale(attention: Attention) -> Tensor:
    """(H, 1), by which queries of unit size are multiplied."""
    scale = attention.scale.detach().flatten(1)
    return scale / (attention.query.out_features // attention.heads)
