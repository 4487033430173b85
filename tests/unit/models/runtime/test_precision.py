"""In which numbers networks calculate."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from models.runtime.precision import chosen, working_in

CPU = torch.device("cpu")


def _worked_in(precision: str) -> torch.dtype:
    with working_in(precision, CPU):  # type: ignore[arg-type]
        return nn.Linear(3, 2)(torch.ones(1, 3)).dtype


@pytest.mark.parametrize(("has", "expected"), [(True, "bf16"), (False, "fp32")])
def test_auto_takes_bfloat16_where_the_processor_has_it(
    monkeypatch: pytest.MonkeyPatch, has: bool, expected: str
) -> None:
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: has)
    assert chosen("auto", CPU) == expected
    assert _worked_in("auto") == {"bf16": torch.bfloat16, "fp32": torch.float32}[expected]


@pytest.mark.parametrize("has", [True, False])
def test_what_is_asked_for_is_taken(monkeypatch: pytest.MonkeyPatch, has: bool) -> None:
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: has)
    assert (chosen("bf16", CPU), chosen("fp32", CPU)) == ("bf16", "fp32")
    assert (_worked_in("bf16"), _worked_in("fp32")) == (torch.bfloat16, torch.float32)


def test_this_processor_is_asked() -> None:
    assert chosen("auto", CPU) in ("bf16", "fp32")


@pytest.mark.parametrize(("has", "expected"), [(True, "bf16"), (False, "fp32")])
def test_gpus_are_asked_for_bfloat16_of_their_own(monkeypatch: pytest.MonkeyPatch, has: bool, expected: str) -> None:
    asked: list[bool] = []

    def supported(including_emulation: bool) -> bool:
        asked.append(including_emulation)
        return has

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    assert chosen("auto", torch.device("cuda")) == expected
    assert asked == [False]
