"""Muon moves every direction of a matrix equally far, in the precision that it is told."""

from __future__ import annotations

import pytest
import torch

from models.muon import Muon, orthogonalised


@pytest.mark.parametrize("shape", [(24, 24), (12, 48), (48, 12)])
def test_what_is_orthogonalised_keeps_its_directions_and_loses_their_lengths(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    u, lengths, v = torch.linalg.svd(torch.randn(shape), full_matrices=False)
    lengths[-1] = lengths[0] / 100  # a direction that is hardly there counts as much as the others
    found = orthogonalised(u @ torch.diag(lengths) @ v, torch.float32)
    along = u.T @ found @ v.T
    assert found.shape == shape
    assert ((along.diagonal() > 0.5) & (along.diagonal() < 1.5)).all()
    torch.testing.assert_close(along - torch.diag(along.diagonal()), torch.zeros_like(along), atol=1e-3, rtol=0)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.bfloat16, 0.0), (torch.float32, 1e-4)])
def test_it_steps_as_the_one_in_torch_does(dtype: torch.dtype, tolerance: float) -> None:
    torch.manual_seed(0)
    own = torch.nn.Parameter(torch.randn(32, 64))
    other = torch.nn.Parameter(own.detach().clone())
    muon = Muon([own], 1e-3, 0.05, dtype)
    reference = torch.optim.Muon([other], lr=1e-3, weight_decay=0.05, adjust_lr_fn="match_rms_adamw")
    for _ in range(4):
        own.grad = torch.randn_like(own)
        other.grad = own.grad.clone()
        muon.step()
        reference.step()
    torch.testing.assert_close(own, other, atol=tolerance, rtol=0)


def test_only_matrices_are_taken() -> None:
    with pytest.raises(ValueError, match=r"not tensors of the shapes \[\(3,\)\]"):
        Muon([torch.nn.Parameter(torch.zeros(3))], 1e-3, 0.05, torch.float32)
