"""The losses of face training, each a function of tensors and nothing else; what they weigh stands in `settings`.

Pictures are [N, 3, S, S] in [0, 1]. A `weight` [N, 1, S, S] says how much a pixel counts; means are over what counts.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional as F

_SCALES = 3


def reconstruction(found: torch.Tensor, wanted: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """L1 of the colours and of their differences between neighbours, at three scales."""
    total = found.new_zeros(())
    for _ in range(_SCALES):
        apart = found - wanted
        total = total + mean(apart.abs(), weight)
        across = mean((apart[..., 1:] - apart[..., :-1]).abs(), weight[..., 1:])
        down = mean((apart[..., 1:, :] - apart[..., :-1, :]).abs(), weight[..., 1:, :])
        total = total + across + down
        found, wanted, weight = (F.avg_pool2d(each, 2) for each in (found, wanted, weight))
    return total / _SCALES


def dissimilarity(found: torch.Tensor, wanted: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """1 - SSIM (Wang et al., 2004) over windows of 7 x 7."""
    a, b, aa, bb, ab = (_windows(each) for each in (found, wanted, found**2, wanted**2, found * wanted))
    aa, bb, ab = aa - a**2, bb - b**2, ab - a * b
    c1, c2 = 0.01**2, 0.03**2
    alike = (2 * a * b + c1) * (2 * ab + c2) / ((a**2 + b**2 + c1) * (aa + bb + c2))
    return mean(1 - alike, _windows(weight))


def perceptual(found: Sequence[torch.Tensor], wanted: Sequence[torch.Tensor], sizes: torch.Tensor) -> torch.Tensor:
    """L1 between pictures' features in a frozen network, each level over its mean size, averaged over levels.

    found, wanted: L levels, [N, C, H, W] each. sizes: of `wanted`, [L] of all pictures (`sizes_of`), or [L, N] of each.
    """
    apart = torch.stack([(a.float() - b.float()).abs().mean((1, 2, 3)) for a, b in zip(found, wanted, strict=True)])
    return (apart / (sizes.reshape(len(sizes), -1) + 1e-3)).mean()


def sizes_of(features: Sequence[torch.Tensor]) -> torch.Tensor:
    """The mean size [L, N] of each level's features, picture by picture."""
    return torch.stack([level.float().abs().mean((1, 2, 3)) for level in features])


def gaze(found: torch.Tensor, wanted: torch.Tensor, eyes: torch.Tensor) -> torch.Tensor:
    """L1 between pictures where `eyes` [N, 1, S, S] says that an eye is: the substitute for a gaze network."""
    return mean((found - wanted).abs(), eyes)


def mouth(found: torch.Tensor, wanted: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
    """L1 between pictures where `inside` [N, 1, S, S] says that it is between the lips: teeth, tongue, or dark."""
    return mean((found - wanted).abs(), inside)


def lip_readout(found: torch.Tensor, wanted: torch.Tensor, usual: float) -> torch.Tensor:
    """L1 between where z_dyn says that the inner lips are (`models.face.lips`) and where they are, [N, 4, 3]; `usual`:
    by how much they mostly move."""
    return (found - wanted).abs().mean() / usual


def landmarks(found: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """L1 between landmarks [N, P, 2] that a frozen reader finds in both pictures."""
    return (found - wanted).abs().mean()


def landmark_warp(found: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """L1 between where warps take points of a face from (`FaceModel.source_points`) and where they are, [N, P, 3]."""
    return (found - wanted).abs().mean()


def pose(found: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """L1 between poses [N, 6] as pictures and as landmarks tell them; ten degrees count as a tenth of a crop unit."""
    apart = (found - wanted).abs()
    return (apart[:, :3] / 100).mean() + apart[:, 3:].mean()


def expression(code: torch.Tensor, wanted: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
    """L1 between the first K numbers of z_dyn [2B, Z] and the expressions [2B, K] that landmarks tell.

    Of how frame i differs from frame i + B, in which there is no person, and a third of the numbers themselves. share
    [K]: how much each counts.
    """
    apart = code[:, : wanted.shape[1]] - wanted
    half = len(apart) // 2
    return counted(apart[:half] - apart[half:], share) + counted(apart, share) / 3


def mesh_expression(found: torch.Tensor, wanted: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
    """L1 between the expressions [N, K] that driven and true pictures of the same frames show."""
    return counted(found - wanted, share)


def cross_mesh_expression(
    found: torch.Tensor, source: torch.Tensor, change: torch.Tensor, share: torch.Tensor
) -> torch.Tensor:
    """The same where somebody else drives: from the source's expression [N, K] it should `change` as told.

    In a difference between pictures of one person there is no person, so the driver's face is not asked for.
    """
    return counted(found - source - change, share)


def opening(found: torch.Tensor, wanted: torch.Tensor, usual: float) -> torch.Tensor:
    """L1 between how far lips or lids are apart in driven pictures and how far they should be, [N, ...]; `usual`: by
    how much they mostly differ."""
    return (found - wanted).abs().mean() / usual


def further(wanted: torch.Tensor, times: float) -> torch.Tensor:
    """Openings [2B, ...] of frames i, then j, that differ `times` as much between i and j about the same middle.

    What is uncertain is drawn halfway, as that is nearest on average: lids asked for as they are move .6 of it.
    """
    one, other = wanted.chunk(2)
    middle = (one + other) / 2
    return torch.cat([middle + times * (one - middle), middle + times * (other - middle)])


def counted(apart: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
    """The mean size of differences [N, K] where each of K counts its share."""
    return (apart.abs().mean(0) * share).sum() / share.sum()


def transfer(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """The paper's first: pictures of j with i's pose and of i with j's dynamics must be the same."""
    return (one - other).abs().mean()


def identity(source: torch.Tensor, result: torch.Tensor) -> torch.Tensor:
    """The paper's second: 1 - cosine of the identity vectors [N, I] of a source and of it driven by somebody else."""
    return (1 - F.cosine_similarity(source, result)).mean()


def cycle(found: torch.Tensor, driver: torch.Tensor, others: torch.Tensor, scale: float = 5.0) -> torch.Tensor:
    """MegaPortraits' cycle loss for z_dyn: what is read off a result is near the driver's code, far from others.

    found, driver [N, Z]; others [N, K, Z]. Softmax over cosines less a margin of .2 for the driver's, times `scale`.
    """
    near = F.cosine_similarity(found, driver)[:, None] - 0.2
    far = F.cosine_similarity(found[:, None], others, dim=2)
    chances = scale * torch.cat([near, far], 1)
    return F.cross_entropy(chances, torch.zeros(len(found), dtype=torch.long, device=found.device))


def source_fidelity(planes: torch.Tensor, hidden: torch.Tensor | None = None) -> torch.Tensor:
    """How much of pictures is not their source's, from the planes [N, 11, S, S] of `Decoder`: drawn, and added.

    hidden [N, 1, S, S]: how much of a pixel the source's lips hide, where nothing need be the source's.
    """
    drawn, added = planes[:, 3:4], planes[:, 8:]
    counts = torch.ones_like(drawn) if hidden is None else 1 - hidden
    return (drawn * counts).mean() + (added.abs() * counts).mean()


def adversarial(scores: Sequence[torch.Tensor]) -> torch.Tensor:
    """The generator's side of the hinge loss: scores of driven pictures should be high."""
    return -torch.stack([score.float().mean() for score in scores]).mean()


def hinge(real: Sequence[torch.Tensor], driven: Sequence[torch.Tensor]) -> torch.Tensor:
    """The discriminator's side: above 1 for real pictures, under -1 for driven ones."""
    sides = [F.relu(1 - score.float()).mean() for score in real] + [
        F.relu(1 + score.float()).mean() for score in driven
    ]
    return torch.stack(sides).mean()


def matching(driven: Sequence[Sequence[torch.Tensor]], real: Sequence[Sequence[torch.Tensor]]) -> torch.Tensor:
    """L1 between the discriminator's features of a driven picture and of the real one."""
    pairs = [
        (a, b.detach())
        for ours, theirs in zip(driven, real, strict=True)
        for a, b in zip(ours[:-1], theirs[:-1], strict=True)
    ]
    return torch.stack([(a.float() - b.float()).abs().mean() for a, b in pairs]).mean()


def mean(values: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """The mean of values [N, C, ...] where each counts `weight` [N, 1, ...]."""
    return (values * weight.expand_as(values)).sum() / weight.expand_as(values).sum().clamp_min(1e-6)


def _windows(values: torch.Tensor) -> torch.Tensor:
    """Means over the windows of 7 x 7 that fit, rows before columns: on CPUs a third of the time."""
    return F.avg_pool2d(F.avg_pool2d(values, (7, 1), 1), (1, 7), 1)
