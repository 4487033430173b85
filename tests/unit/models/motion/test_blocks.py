"""A block begins as nothing, and looks only at what it may."""

from __future__ import annotations

import torch

from models.motion.blocks import Block, StepCode
from tests.made.motion import awake

EVERY = torch.ones(2, 1, 1, 7, dtype=torch.bool)


def test_an_untrained_block_changes_nothing() -> None:
    x, code = torch.randn(2, 7, 16), torch.randn(2, 16)
    assert torch.equal(Block(16, 2, dropout=0.0)(x, code, EVERY), x)


def test_a_code_changes_what_a_block_does() -> None:
    block, x = awake(Block(16, 2, dropout=0.0)), torch.randn(2, 7, 16)
    one, other = (block(x, torch.full((2, 16), value), EVERY) for value in (0.5, -0.5))
    assert (one - other).abs().mean() > 0.1


def test_tokens_that_are_not_seen_change_no_other() -> None:
    block, code = awake(Block(16, 2, dropout=0.0)), torch.randn(2, 16)
    x, seen = torch.randn(2, 7, 16), EVERY.clone()
    seen[..., 5:] = False
    changed = x.clone()
    changed[:, 5:] = 9
    assert torch.equal(block(changed, code, seen)[:, :5], block(x, code, seen)[:, :5])
    assert not torch.allclose(block(changed, code, EVERY)[:, :5], block(x, code, EVERY)[:, :5])


def test_every_step_has_a_code_of_its_own() -> None:
    codes = awake(StepCode(16))(torch.arange(1001))
    apart = torch.cdist(codes, codes) + 10 * torch.eye(1001)
    assert apart.min() > 1e-4
