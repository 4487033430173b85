"""`vasari.label` passes its options on to `vasari.label_each`, and shows all of them."""

from __future__ import annotations

import inspect

import vasari


def test_label_shows_the_options_of_label_each_with_their_defaults() -> None:
    whole, each = inspect.signature(vasari.label), inspect.signature(vasari.label_each)
    assert list(whole.parameters.values()) == list(each.parameters.values())
    assert len(whole.parameters) == 10
    assert whole.parameters["profile"].default == "open"
    assert whole.return_annotation == "list[LabelledClip]"
