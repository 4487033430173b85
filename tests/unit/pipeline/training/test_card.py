"""What a checkpoint says of how it came about."""

from __future__ import annotations

import json

import pytest

from pipeline.training import card


def test_a_card_is_json_and_has_no_commit_outside_a_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    found = card.card(5, 12.34, 1, card.continued([], {"steps": 7}, 0))
    assert (found["step"], found["seconds"], found["left_out"]) == (5, 12.3, 1)
    assert json.loads(json.dumps(found)) == found
    assert found["history"][0]["commit"] == found["commit"] != ""
    monkeypatch.setattr(card, "_ROOT", card._ROOT / "no checkout" / "here")
    assert card.card(5, 12.34, 0, [])["commit"] == ""


def test_every_change_of_code_or_settings_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card, "commit", lambda: "one")
    first = card.continued([], {"steps": 7}, 0)
    assert first == [{"step": 0, "commit": "one", "training": {"steps": 7}}]
    assert card.continued(first, {"steps": 7}, 3) == first
    longer = card.continued(first, {"steps": 9}, 3)
    monkeypatch.setattr(card, "commit", lambda: "two")
    found = card.continued(longer, {"steps": 9}, 4)
    assert [(entry["step"], entry["commit"], entry["training"]["steps"]) for entry in found] == [
        (0, "one", 7),
        (3, "one", 9),
        (4, "two", 9),
    ]
