"""CTranslate2's files: every tensor comes back, and what is no such file says so."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from models.runtime.checkpoint import WrongWeights
from models.speech.ctranslate2_file import read_tensors
from tests.made.ctranslate2 import model_bytes

KINDS = st.sampled_from((np.float32, np.int8, np.int16, np.int32, np.float16))
ARRAYS = KINDS.flatmap(lambda kind: hnp.arrays(kind, hnp.array_shapes(min_dims=0, max_dims=3, max_side=4)))


@given(st.dictionaries(st.text("abc_/01é", min_size=1, max_size=12), ARRAYS, max_size=4))
def test_tensors_come_back_as_they_were_written(tensors: dict[str, np.ndarray]) -> None:
    found = read_tensors(BytesIO(model_bytes(tensors)), "model.bin")
    assert list(found) == list(tensors)
    for name, value in tensors.items():
        assert (found[name].dtype, found[name].shape) == (value.dtype, value.shape)
        assert found[name].tobytes() == value.tobytes()


@given(st.data())
def test_a_file_that_was_cut_off_is_refused(data: st.DataObject) -> None:
    whole = model_bytes({"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.ones(2, np.int8)})
    part = whole[: data.draw(st.integers(0, len(whole) - 1))]
    with pytest.raises(WrongWeights, match="^model.bin: not a CTranslate2 model, or cut off"):
        read_tensors(BytesIO(part), "model.bin")


def test_another_version_is_named() -> None:
    with pytest.raises(WrongWeights, match="x.bin: not a CTranslate2 model of version 6, but of 5"):
        read_tensors(BytesIO(model_bytes({}, version=5)), "x.bin")
