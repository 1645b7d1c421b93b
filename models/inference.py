"""The network laid out for answering: what `Transformer` computes, for one evidence, in fewer walks over memory.

Weights are copied once. LayerNorm's gains are multiplied into the matrices behind them, queries, keys and values are one product, the mean
over a head is taken out of that product's matrix, the two channels that a rotation turns lie beside each other so that it is one complex
product (Su et al. 2021, eq. 34), attention never holds its weights (Dao et al. 2022), and groups of pairs are read one after the other,
so that what a layer walks stays in the cache. A step of the decoder has little to compute and many operations to start, so they are few.

In bfloat16 only what matrices multiply is of that type: the residual stream, norms and the decoder's steps stay in float32, so that
answers keep to those of float32 as closely as can be. A kernel for bfloat16 is made for each new shape, which takes ten times as long as
to run it, so lengths and numbers of tokens are rounded up to a few. Arithmetic of single elements is slow in it, since each is converted
there and back: where the bits will do, as to choose one of two numbers, they are taken as integers.

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
from models.encoding import MAX_BLOCK, MAX_QUESTION, Encoded
from models.transformer import MLP, Attention, DecoderBlock, EncoderBlock, Pairs, Transformer, angles
from tools.language import OPERATIONS

_START = len(OPERATIONS)  # the decoder id that begins a program; pointers follow it
_EPSILON = 1e-5  # of LayerNorm
_LENGTHS, _ROWS = 16, 64  # in bfloat16, lengths of pairs and numbers of tokens are multiples of these
_PLACES = round_up(MAX_QUESTION + MAX_BLOCK, _LENGTHS)  # of the longest pair, and more than a program has steps
_BITS = {torch.float32: torch.int32, torch.bfloat16: torch.int16}  # integers as wide


@dataclass(frozen=True, slots=True)
class Reading:
    """An evidence as it was read: states (M, C), cross-attention keys (H, D, M) and values (H, M, D) a layer, pointer keys (C, M)."""

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
        self.precision = precision
        self._reading = [_ReadingLayer(block, precision) for block in model.encoder.blocks]  # type: ignore[arg-type]
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
        places = torch.arange(_PLACES, device=self.device)
        self._turns = torch.complex(*angles(places, model.config.channels // model.config.heads, torch.float32))  # (_PLACES, 1, D/2)
        self._writing = [_WritingLayer(block, precision, self._turns) for block in model.decoder]  # type: ignore[arg-type]

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
        same = (pairs.stems[:, :, None] == pairs.stems[:, None, :]) & (pairs.stems != 0)[:, :, None]
        words = _Words(same[:, None], pairs.padding[:, None, None], self.precision)
        turn = self._turns[:length].repeat(round_up(len(x), length) // length, 1, 1)[: len(x)]
        for layer in self._reading:
            layer(x, words, turn)
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
        longer: Cache = []
        for i, layer in enumerate(self._writing):
            longer.append(layer(x, reading.layers[i], past, cache[i] if cache else None))
        x = F.layer_norm(x, x.shape[-1:])
        return torch.cat((torch.addmm(self._head_bias, x, self._head), x @ self._pointer_query @ reading.pointer_keys), -1), longer


class _Words:
    """Which tokens of a group of pairs hold the same word, and which are none, as bits: all of them, and those of minus infinity."""

    def __init__(self, same: Tensor, padding: Tensor, precision: torch.dtype) -> None:
        """same (N, 1, L, L), False on padding; padding (N, 1, 1, L)"""
        bits = _BITS[precision]
        self.same = same.to(bits).neg_()
        self.padding = padding.to(bits).mul_(int(torch.tensor(-math.inf, dtype=precision).view(bits)))

    def bias(self, gain: Tensor) -> Tensor:
        """gain (H, 1, 1) where words are the same, minus infinity on padding, 0 elsewhere: (N, H, L, L)"""
        return (self.same & gain.view(self.same.dtype)).bitwise_or_(self.padding).view(gain.dtype)


def _by_head(weight: Tensor, heads: int) -> Tensor:
    """(H · D, C) -> (H, D, C) of queries or keys that are normalised over a head: a mean is linear, so the matrix need not make it."""
    by_head = weight.unflatten(0, (heads, -1))
    return by_head - by_head.mean(1, keepdim=True)


def _beside(by_head: Tensor) -> Tensor:
    """Channels i and i + D/2 of a head are turned together: beside each other they are one complex number."""
    return by_head.unflatten(1, (2, -1)).transpose(1, 2).flatten(1, 2)


def _self_attention(attention: Attention, gain: Tensor) -> Tensor:
    """(C, 3 · C): the one product that makes queries, keys and values, with the `gain` of the norm before it."""
    keys, values = (attention.key_value.weight * gain).chunk(2)
    looking = [_beside(_by_head(weight, attention.heads)).flatten(0, 1) for weight in (attention.query.weight * gain, keys)]
    return torch.cat((*looking, values)).t()


def _normalise(heads: Tensor, scale: Tensor | None = None) -> None:
    """Queries and keys (..., heads, D) without a mean, in place; `scale` (heads, 1) is of queries, and 1 for keys."""
    size = torch.linalg.vector_norm(heads, dim=-1, keepdim=True).square_().div_(heads.size(-1)).add_(_EPSILON).rsqrt_()
    heads.mul_(size if scale is None else size.mul_(scale))


class _Thinking:
    """The MLP of a block, with the norm before it."""

    def __init__(self, mlp: MLP, gain: Tensor, precision: torch.dtype) -> None:
        self.up = (mlp.up.weight * gain).t().to(precision, copy=True)
        self.down = mlp.down.weight.t().to(precision, copy=True)

    def __call__(self, x: Tensor) -> None:
        """Adds to x (T, C)."""
        hidden = _normed(x, self.up.dtype) @ self.up
        hidden.view(_BITS[hidden.dtype]).clamp_min_(0)  # its sign is a number's first bit, as it is an integer's
        hidden.mul_(hidden)
        if hidden.dtype == x.dtype:
            x.addmm_(hidden, self.down)
        else:
            x.add_(hidden @ self.down)


class _ReadingLayer:
    def __init__(self, block: EncoderBlock, precision: torch.dtype) -> None:
        attention, self.precision = block.attention, precision
        self.heads, scale = attention.heads, _scale(attention)
        self.looking = _self_attention(attention, block.norm_attention.weight).to(precision, copy=True)
        self.scale = torch.cat((scale, torch.ones_like(scale)))  # of queries and keys
        self.out = attention.out.weight.t().to(precision, copy=True)
        self.gain = block.same_word.to(precision, copy=True)
        self.mlp = _Thinking(block.mlp, block.norm_mlp.weight, precision)

    def __call__(self, x: Tensor, words: _Words, turn: Tensor) -> None:
        """Adds to x (T, C), of which the first N · L tokens are those of `words`; turn (T, 1, D/2) complex."""
        pairs = words.same.size(0), words.same.size(2)
        tokens = pairs[0] * pairs[1]
        made = (_normed(x, self.precision) @ self.looking).unflatten(-1, (3 * self.heads, -1))
        heads = made[:, : 2 * self.heads].to(torch.float32, memory_format=torch.contiguous_format, copy=True)
        _normalise(heads, self.scale)
        torch.view_as_complex(heads.unflatten(-1, (-1, 2))).mul_(turn)
        looking = *heads.to(self.precision).chunk(2, 1), made[:, 2 * self.heads :]
        queries, keys, values = (each[:tokens].unflatten(0, pairs).transpose(1, 2) for each in looking)
        mixed = x.new_zeros(x.shape, dtype=self.precision)
        mixed[:tokens].view(*pairs, self.heads, -1).copy_(
            F.scaled_dot_product_attention(queries, keys, values, attn_mask=words.bias(self.gain), scale=1.0).transpose(1, 2)
        )
        x.add_(mixed @ self.out)
        self.mlp(x)


class _WritingLayer:
    """A block of the decoder, for one step of B programs about one evidence."""

    def __init__(self, block: DecoderBlock, precision: torch.dtype, turns: Tensor) -> None:
        """turns (places, 1, D/2) complex"""
        attention, across = block.self_attention, block.cross_attention
        self.heads, scale = attention.heads, _scale(attention)
        self.looking = _self_attention(attention, block.norm_self.weight).contiguous()
        self.turns = torch.cat((turns * scale, turns.expand(-1, self.heads, -1)), 1)  # (places, 2 · H, D/2), with the scale of queries
        self.out = attention.out.weight.t().clone()
        keys, values = across.key_value.weight.chunk(2)
        self.cross_queries = _by_head(across.query.weight * block.norm_cross.weight, self.heads).flatten(0, 1).t().contiguous()
        self.cross_keys = _by_head(keys, self.heads).flatten(0, 1).t().to(precision, copy=True)
        self.cross_scale = _scale(across)
        self.cross_values, self.cross_out = values.t().to(precision, copy=True), across.out.weight.t().clone()
        self.mlp = _Thinking(block.mlp, block.norm_mlp.weight, torch.float32)

    def cross_keys_values(self, states: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """states (M or more, C) -> keys (H, D, M), which bear the scale of the queries, and values (H, M, D), float32, of the first
        M = `count`."""
        keys = (states @ self.cross_keys)[:count].float().unflatten(-1, (self.heads, -1))
        _normalise(keys, self.cross_scale)
        values = (states @ self.cross_values)[:count].float().unflatten(-1, (self.heads, -1))
        return keys.permute(1, 2, 0).contiguous(), values.transpose(0, 1).contiguous()

    def __call__(self, x: Tensor, reading: tuple[Tensor, Tensor], past: int, cache: tuple[Tensor, Tensor] | None) -> tuple[Tensor, Tensor]:
        """Adds to x (B, C), which `past` steps went before, and returns the keys and values of all steps so far."""
        made = (_normed(x, torch.float32) @ self.looking).unflatten(-1, (3, self.heads, 1, -1))
        looking = made[:, :2].flatten(1, 3)  # (B, 2 · H, D)
        looking = F.layer_norm(looking, looking.shape[-1:], eps=_EPSILON)
        torch.view_as_complex(looking.unflatten(-1, (-1, 2))).mul_(self.turns[past])
        queries, keys = looking[:, :, None].chunk(2, 1)
        values = made[:, 2]
        if cache is not None:
            keys, values = torch.cat((cache[0], keys), 2), torch.cat((cache[1], values), 2)
        mixed = F.scaled_dot_product_attention(queries, keys, values, scale=1.0)
        x.addmm_(mixed.flatten(1), self.out)
        queries = (_normed(x, torch.float32) @ self.cross_queries).unflatten(-1, (self.heads, -1))
        queries = F.layer_norm(queries, queries.shape[-1:], eps=_EPSILON).transpose(0, 1)
        across, said = reading  # so few queries that products and a softmax take less than attention that never holds its weights
        mixed = torch.bmm(torch.bmm(queries, across).softmax(-1), said)
        x.addmm_(mixed.transpose(0, 1).flatten(1), self.cross_out)
        self.mlp(x)
        return keys, values


def _normed(x: Tensor, precision: torch.dtype) -> Tensor:
    return F.layer_norm(x, x.shape[-1:]).to(precision)


def _scale(attention: Attention) -> Tensor:
    """(H, 1), by which queries of unit size are multiplied."""
    scale = attention.scale.detach().flatten(1)
    return scale / (attention.query.out_features // attention.heads)
