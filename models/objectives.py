"""Losses: what each objective asks of a model, as one function of a model and a batch."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.batching import Batch, Programs, move
from models.transformer import Encoder, Pairs, Transformer
from tools.language import OPERATIONS


def program_loss(model: Transformer, batch: Batch) -> tuple[Tensor, dict[str, float]]:
    """Cross-entropy of the programs over operations and positions together, in nats a decoder step.

    The whole softmax is trained on: no grammar mask. Choosing a column against every other position, the question's words
    included, is what teaches the model to match. A slot that stands at several positions has the sum of their probabilities.
    """
    tokens = model.encoder(batch.groups)
    parts = [_part_loss(model, tokens, part) for part in batch.parts]
    loss = torch.cat([steps for steps, _ in parts]).mean()
    return loss, {"exact": torch.cat([right for _, right in parts]).float().mean().item()}


def _part_loss(model: Transformer, tokens: Tensor, part: Programs) -> tuple[Tensor, Tensor]:
    """The loss of each real decoder step, one after the other, and which of the B programs would be said rightly."""
    places, targets = part.places, part.targets
    memory = model.remember(tokens, places.positions, places.padding)
    operations, pointers, _ = model.decode(memory, part.previous)
    operations, pointers = operations.float(), pointers.float()  # sums over thousands of positions need the digits
    count = len(OPERATIONS)
    total = torch.cat((operations, pointers), -1).logsumexp(-1)  # (B, T)
    is_operation = targets < count
    chosen = operations.gather(-1, targets.clamp(0, count - 1)[..., None]).squeeze(-1)
    elsewhere = places.slots[:, None] != (targets - count)[..., None]  # (B, T, M)
    # A finite floor keeps the gradient of steps without any position defined; they are not selected below.
    pointed = pointers.masked_fill(elsewhere, -1e9).logsumexp(-1)
    step = total - torch.where(is_operation, chosen, pointed)
    real = targets >= 0
    with torch.no_grad():
        best_operation, best_pointer = operations.max(-1).values, pointers.max(-1)
        slot = places.slots.gather(1, best_pointer.indices)
        guess = torch.where(best_operation > best_pointer.values, operations.argmax(-1), slot + count)
        right = ((guess == targets) | ~real).all(-1)
    return step[real], right


class Embedder(nn.Module):
    """What an encoder makes of tokens, their vectors alone where it has no blocks, pooled and normalised: texts to unit vectors.

    A text is the mean of its tokens' states, each counted as much as the network finds it telling: states have one length, so in
    a plain mean "the" would count as much as "warranty".
    """

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.telling = nn.Linear(encoder.token.embedding_dim, 1)
        nn.init.zeros_(self.telling.weight)
        self.temperature = nn.Parameter(torch.tensor(math.log(20.0)))

    def forward(self, pairs: Pairs) -> Tensor:
        """(N, C)"""
        states = self.encoder([pairs]).unflatten(0, pairs.tokens.shape)
        weights = self.telling(states).squeeze(-1).masked_fill(pairs.padding, -math.inf).softmax(-1)
        return F.normalize((weights[:, None] @ states).squeeze(1), dim=-1)


@dataclass(frozen=True, slots=True)
class TextPairs:
    """Row i of one side belongs to row i of the other."""

    questions: Pairs
    passages: Pairs

    def to(self, device: torch.device | str) -> TextPairs:
        return TextPairs(move(self.questions, device), move(self.passages, device))


def contrastive_loss(model: Embedder, batch: TextPairs) -> tuple[Tensor, dict[str, float]]:
    """InfoNCE over the batch, both ways (van den Oord et al. 2018)."""
    questions, passages = model(batch.questions).float(), model(batch.passages).float()
    scores = questions @ passages.T * model.temperature.exp().clamp(max=100)
    target = torch.arange(scores.size(0), device=scores.device)
    loss = (F.cross_entropy(scores, target) + F.cross_entropy(scores.T, target)) / 2
    return loss, {"exact": (scores.argmax(-1) == target).float().mean().item()}
