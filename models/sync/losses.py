"""The loss of a network that puts sound and face in step."""

from __future__ import annotations

import torch
from torch.nn import functional as F


def info_nce(face: torch.Tensor, sound: torch.Tensor, sharpness: torch.Tensor) -> torch.Tensor:
    """InfoNCE (van den Oord et al., arXiv 1807.03748) both ways over vectors of unit length [N, T, C]: of all N T
    moments each face's sound is its own, and the other way round. sharpness: logarithm of what cosines are multiplied
    by."""
    logits = (face.flatten(0, 1) @ sound.flatten(0, 1).T).float() * sharpness.exp()
    own = torch.arange(len(logits), device=logits.device)
    return (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2
