"""The network, whole, in reading order.

An encoder reads each (question, block) pair; a shallow decoder attends over all pairs of an evidence and, at each step, scores
the operations of the answer language and every position it may point at, in one softmax.

Notable: pre-norm residual blocks with RMSNorm (Zhang & Sennrich 2019), rotary positions (Su et al. 2021), QK-norm (Henry et
al. 2020), squared-ReLU MLPs (So et al. 2021), zero-initialised output projections, and a learned bias a head for positions
that hold the same word (a match is what a reader needs to see first).

Letters: N pairs, L tokens of a pair, B evidences, M memory positions of an evidence, T decoder steps, O operations,
C channels, H heads, D = C / H.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

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
    encoder_layers: int = 3
    decoder_layers: int = 1
    dropout: float = 0.1


SIZES: dict[str, dict[str, int]] = {
    "nano": {"channels": 192, "heads": 6, "encoder_layers": 3, "decoder_layers": 1},
    "small": {"channels": 320, "heads": 10, "encoder_layers": 6, "decoder_layers": 2},
    "base": {"channels": 512, "heads": 16, "encoder_layers": 8, "decoder_layers": 3},
}


def rotate(x: Tensor, start: int = 0) -> Tensor:
    """Rotary positions for x (..., L, D), whose first position is `start`."""
    half = x.size(-1) // 2
    frequency = 10_000 ** (-torch.arange(half, device=x.device, dtype=torch.float32) / half)
    angle = torch.arange(start, start + x.size(-2), device=x.device, dtype=torch.float32)[:, None] * frequency
    cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    a, b = x[..., :half], x[..., half:]
    return torch.cat((torch.addcmul(a * cos, b, sin, value=-1), torch.addcmul(a * sin, b, cos)), -1)


class Attention(nn.Module):
    """softmax(Q Kᵀ / √D + bias) V, with normalised queries and keys."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        channels = config.channels
        self.heads = config.heads
        self.query = nn.Linear(channels, channels, bias=False)
        self.key_value = nn.Linear(channels, 2 * channels, bias=False)
        self.out = nn.Linear(channels, channels, bias=False)
        self.scale = nn.Parameter(torch.full((config.heads, 1, 1), math.sqrt(channels / config.heads)))

    def keys_values(self, x: Tensor, position: int | None) -> tuple[Tensor, Tensor]:
        """x (B, L, C) -> keys and values (B, H, L, D); `position` is that of the first, None for no positions."""
        keys, values = (self._split(t) for t in self.key_value(x).chunk(2, -1))
        keys = F.rms_norm(keys, keys.shape[-1:])
        return (keys if position is None else rotate(keys, position)), values

    def forward(self, x: Tensor, keys: Tensor, values: Tensor, bias: Tensor, position: int | None) -> Tensor:
        queries = self._split(self.query(x))
        # With queries and keys of unit scale, q·k is at most D; the learned scale decides how sharp that is.
        queries = F.rms_norm(queries, queries.shape[-1:]) * (self.scale / queries.size(-1))
        if position is not None:
            queries = rotate(queries, position)
        # One fused product-and-add over (B · H, L, M): the largest tensors of the network are walked as rarely as can be.
        shape = (x.size(0), self.heads, x.size(1), keys.size(2))
        scores = torch.baddbmm(bias.expand(shape).flatten(0, 1), queries.flatten(0, 1), keys.flatten(0, 1).transpose(1, 2))
        mixed = torch.bmm(scores.softmax(-1), values.flatten(0, 1)).view(*shape[:3], -1)
        return self.out(mixed.transpose(1, 2).flatten(2))

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class MLP(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.up = nn.Linear(config.channels, 4 * config.channels, bias=False)
        self.down = nn.Linear(4 * config.channels, config.channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        hidden = F.relu(self.up(x))
        return self.down(hidden * hidden)


class EncoderBlock(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.norm_attention = nn.RMSNorm(config.channels)
        self.attention = Attention(config)
        self.same_word = nn.Parameter(torch.zeros(config.heads, 1, 1))
        self.norm_mlp = nn.RMSNorm(config.channels)
        self.mlp = MLP(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, same: Tensor, padding: Tensor) -> Tensor:
        """x (N, L, C); same (N, 1, L, L), 1 where two positions hold the same word; padding (N, 1, 1, L), -inf on padding."""
        normed = self.norm_attention(x)
        keys, values = self.attention.keys_values(normed, 0)
        x = x + self.dropout(self.attention(normed, keys, values, torch.addcmul(padding, self.same_word, same), 0))
        return x + self.dropout(self.mlp(self.norm_mlp(x)))


class DecoderBlock(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.norm_self = nn.RMSNorm(config.channels)
        self.self_attention = Attention(config)
        self.norm_cross = nn.RMSNorm(config.channels)
        self.cross_attention = Attention(config)
        self.norm_mlp = nn.RMSNorm(config.channels)
        self.mlp = MLP(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self, x: Tensor, memory: tuple[Tensor, Tensor], padding: Tensor, cache: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """x (B, T, C): the steps that follow those in `cache`. Returns the steps' states and the longer cache."""
        normed = self.norm_self(x)
        past = 0 if cache is None else cache[0].size(2)
        keys, values = self.self_attention.keys_values(normed, past)
        if cache is not None:
            keys, values = torch.cat((cache[0], keys), 2), torch.cat((cache[1], values), 2)
        steps = torch.arange(past, past + x.size(1), device=x.device)[:, None]
        future = torch.arange(past + x.size(1), device=x.device)[None] > steps
        causal = torch.zeros(future.shape, device=x.device, dtype=x.dtype).masked_fill(future, -math.inf)
        x = x + self.dropout(self.self_attention(normed, keys, values, causal, past))
        x = x + self.dropout(self.cross_attention(self.norm_cross(x), *memory, padding, None))
        return x + self.dropout(self.mlp(self.norm_mlp(x))), (keys, values)


@dataclass(slots=True)
class Pairs:
    """Encoder input: five (N, L) integer tensors; token 0-padding is marked by `padding` (N, L), True on padding."""

    tokens: Tensor
    roles: Tensor
    cases: Tensor
    matches: Tensor
    stems: Tensor
    padding: Tensor


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
        self.norm = nn.RMSNorm(config.channels)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, pairs: Pairs) -> Tensor:
        """(N, L, C)"""
        x = self.token(pairs.tokens) + self.role(pairs.roles) + self.case(pairs.cases) + self.match(pairs.matches)
        x = self.dropout(x)
        same = ((pairs.stems[:, :, None] == pairs.stems[:, None, :]) & (pairs.stems != 0)[:, :, None])[:, None].to(x.dtype)
        padding = torch.zeros(pairs.padding.shape, device=x.device, dtype=x.dtype).masked_fill(pairs.padding, -math.inf)[:, None, None]
        for block in self.blocks:
            x = block(x, same, padding)
        return self.norm(x)


class Transformer(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.operation = nn.Embedding(len(OPERATIONS) + 1, config.channels)  # the last one starts a program
        self.pointed = nn.Linear(config.channels, config.channels, bias=False)
        self.decoder = nn.ModuleList(DecoderBlock(config) for _ in range(config.decoder_layers))
        self.norm = nn.RMSNorm(config.channels)
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

    def remember(self, groups: list[Pairs], positions: Tensor, padding: Tensor) -> Memory:
        """Encodes the pairs, which come in groups of like length, and gathers each evidence's positions.

        positions (B, M) index the (N · L) tokens of all groups one after the other; padding (B, M) is True where there is none.
        """
        tokens = torch.cat([self.encoder(pairs).flatten(0, 1) for pairs in groups])
        index, shape = positions.flatten(), (*positions.shape, -1)
        states, pointer_keys = (t.index_select(0, index).view(shape) for t in (tokens, self.pointer_key(tokens)))
        layers = [block.cross_attention.keys_values(states, None) for block in self.decoder]
        return Memory(states, padding, layers, pointer_keys)

    def decode(
        self, memory: Memory, previous: Tensor, cache: list[tuple[Tensor, Tensor]] | None = None
    ) -> tuple[Tensor, Tensor, list[tuple[Tensor, Tensor]]]:
        """Scores what follows each of the steps `previous` (B, T): operation id, or O + 1 + memory position; O is the start.

        Returns operation scores (B, T, O), pointer scores (B, T, M) with -inf on padding, and the cache for the next steps.
        """
        count = len(OPERATIONS) + 1
        is_pointer = (previous >= count)[..., None]
        pointed = memory.states.gather(1, (previous - count).clamp(min=0)[..., None].expand(-1, -1, memory.states.size(-1)))
        x = torch.where(is_pointer, self.pointed(pointed), self.operation(previous.clamp(max=count - 1)))
        x = self.dropout(x)
        blocked = torch.zeros(memory.padding.shape, device=x.device, dtype=x.dtype).masked_fill(memory.padding, -math.inf)
        longer: list[tuple[Tensor, Tensor]] = []
        for i, block in enumerate(self.decoder):
            x, kept = block(x, memory.layers[i], blocked[:, None, None], cache[i] if cache else None)
            longer.append(kept)
        x = self.norm(x)
        pointers = self.pointer_query(x) @ memory.pointer_keys.transpose(1, 2) / math.sqrt(x.size(-1)) + blocked[:, None]
        return self.operation_head(x), pointers, longer
