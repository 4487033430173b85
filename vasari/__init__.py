"""Vasari: from talking-head video to motion latents.

>>> import vasari
>>> vasari.label("talk.mp4")                      # every clip in it: verdict, labels, per-frame arrays, face crops
[<LabelledClip talk.mp4, 0.00 to 4.76 s: accepted>]
>>> catalog = vasari.open("demo/catalog")         # what `vasari extract` made: tables, SQL, a PyTorch dataset
>>> catalog.query("select reason, count(*) from clips group by all")

`label` and `label_each` label files here and now; `open` reads a catalog; `vasari.errors` has what may be raised.
docs/notebook.md goes through these. A label of your own is a `Stage` (docs/extend.md): what it is written with is here
too. The command `vasari --help` lists the jobs that make catalogs, reports and models.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stages.batched import BatchedStage
    from stages.clip import Clip, Outcome, Reject, Resources, Runner, Stage, ThresholdStage
    from stages.columns import column, per_frame
    from vasari import errors
    from vasari.catalog import Catalog, open
    from vasari.labelling import LabelledClip, label, label_each

__all__ = [
    "BatchedStage",
    "Catalog",
    "Clip",
    "LabelledClip",
    "Outcome",
    "Reject",
    "Resources",
    "Runner",
    "Stage",
    "ThresholdStage",
    "column",
    "errors",
    "label",
    "label_each",
    "open",
    "per_frame",
]

_HOME = {
    "Catalog": "vasari.catalog",
    "open": "vasari.catalog",
    "LabelledClip": "vasari.labelling",
    "label": "vasari.labelling",
    "label_each": "vasari.labelling",
    **dict.fromkeys(("Clip", "Outcome", "Reject", "Resources", "Runner", "Stage", "ThresholdStage"), "stages.clip"),
    "BatchedStage": "stages.batched",
    "column": "stages.columns",
    "per_frame": "stages.columns",
}
"""Where each name is; it is imported when it is asked for, so that the command starts at once."""


def __getattr__(name: str) -> Any:
    if name == "errors":
        return importlib.import_module("vasari.errors")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
