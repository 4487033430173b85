"""Which pixels of a portrait belong to its head: hair, hats and ears too, as far as an ellipsoid does not say.

The source picture lies beneath what is drawn as it was, but for the head (models/face/layers.py). Hair that reaches
beyond an ellipsoid would be seen still where a head has left (`models.face.head_mask.moved_away`): a halo. GrabCut
(Rother, Kolmogorov and Blake 2004, as OpenCV has it) tells hair from what is behind it by colours, once a portrait.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch.nn import functional as F

from models.face.head_mask import from_head, on_head

_SIDE = 96
"""Pixels of the picture that is looked at."""
_SURELY, _LIKELY, _AT_MOST = 0.75, 1.2, 1.75
"""Distances from a head's middle within which a pixel is the head's, is taken for it at first, and may be."""
_CHIN = 0.55
"""How far below the face's middle a head ends, in its own units: clothes, and hair that lies on them, stay."""
_SOFT = 0.04
"""About how far it takes to end there."""
_WIDER = 9
"""Pixels that the silhouette is widened by, all in all: a rim that stayed behind would be a drawn outline."""
_FEWEST = 50
"""Pixels that tell the colours of a head, and of what is behind it."""
_ROUNDS = 3
_BUSY = 8.0
"""How steep colours are on average (CIELAB of 8 bits, a pixel) beside a head where nothing tells hair from what is
behind it; nor is a halo seen there."""


def silhouette(crop: np.ndarray, pose: torch.Tensor, side: int) -> torch.Tensor:
    """How much pixels of a crop, uint8 RGB [S, S, 3], belong to the head in this pose [1, 6]: [1, 1, side, side], from
    0 to 1. The same crop has the same silhouette. All 0 where next to nothing is seen of the head or beside it, and
    where what is beside it is too full of edges."""
    pose = pose.detach().cpu().float()
    far, below = from_head(pose, _SIDE)[0, 0].numpy(), on_head(pose, _SIDE)[0, ..., 1]
    picture = cv2.resize(crop, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    labels = np.select(
        [far < _SURELY, far < _LIKELY, far < _AT_MOST], [cv2.GC_FGD, cv2.GC_PR_FGD, cv2.GC_PR_BGD], cv2.GC_BGD
    ).astype(np.uint8)
    lines = np.flatnonzero((below.numpy() < _CHIN).any(1))
    end = int(lines[-1]) + 1 if len(lines) else 0  # clothes may have the colour of hair, and are no background
    if min(np.count_nonzero(labels[:end] == label) for label in (cv2.GC_FGD, cv2.GC_BGD)) < _FEWEST:
        return torch.zeros(1, 1, side, side)
    cv2.setRNGSeed(0)  # its mixtures of colours begin at random
    begun = np.zeros((1, 65))
    nowhere = (0, 0, 0, 0)
    cv2.grabCut(picture[:end], labels[:end], nowhere, begun, begun.copy(), _ROUNDS, cv2.GC_INIT_WITH_MASK)
    own = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    wide = cv2.GaussianBlur(cv2.dilate(own, np.ones((_WIDER, _WIDER))), (0, 0), 1)
    beside = wide[:end] == 0
    if not beside.any() or _steepness(picture)[:end][beside].mean() > _BUSY:
        return torch.zeros(1, 1, side, side)
    found = torch.from_numpy(wide) * torch.sigmoid((_CHIN - below) / _SOFT)
    return F.interpolate(found[None, None], (side, side), mode="bilinear", align_corners=False)


def _steepness(picture: np.ndarray) -> np.ndarray:
    """By how much colours change from pixel to pixel, [S, S] of uint8 RGB [S, S, 3]."""
    colours = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(np.float32)
    across, down = (cv2.Sobel(colours, cv2.CV_32F, *order, scale=1 / 8) for order in ((1, 0), (0, 1)))
    return np.sqrt((across**2 + down**2).sum(2))
