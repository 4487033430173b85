from __future__ import annotations

from catalogs.recipes import changes, differences, normal


def test_parameters_are_named_by_stage() -> None:
    old = {"stages": [{"name": "quality", "parameters": {"minimum": 20, "size": 256}}]}
    new = {"stages": [{"name": "quality", "parameters": {"minimum": 0, "size": 256, "mean": True}}]}
    assert differences(old, new) == [
        "quality.minimum: 20 in the catalog, 0 now",
        "quality.mean: absent in the catalog, true now",
    ]


def test_stages_added_and_moved() -> None:
    probe, speech = {"name": "probe", "shortest": 3}, {"name": "speech", "share": 0.2}
    moved = differences({"stages": [probe, speech]}, {"stages": [speech, probe]})
    assert moved == ['order of stages: ["probe", "speech"] in the catalog, ["speech", "probe"] now']
    added = differences({"stages": [probe]}, {"stages": [probe, speech]})
    assert "speech.share: absent in the catalog, 0.2 now" in added


def test_stages_as_an_object_and_weights() -> None:
    old = {"stages": {"pose": {"flip": True}}, "weights": [{"name": "mesh", "sha256": "aa"}]}
    new = {"stages": {"pose": {"flip": False}}, "weights": [{"name": "mesh", "sha256": "bb"}]}
    assert differences(old, new) == [
        "pose.flip: true in the catalog, false now",
        'weights.mesh.sha256: "aa" in the catalog, "bb" now',
    ]


def test_what_json_cannot_tell_apart_is_no_difference() -> None:
    assert differences({"a": {"sizes": (1, 2)}}, {"a": {"sizes": [1, 2]}}) == []
    assert normal({"sizes": (1, 2), "nothing": {}}) == {"sizes": [1, 2], "nothing": {}}
    assert differences({"a": {}}, {"a": {"x": 1}}) != []


def test_changes_are_the_parameter_and_its_two_values() -> None:
    old, new = {"stages": {"gaze": {"every": 3, "bin": 5}}}, {"stages": {"gaze": {"every": 6, "bin": 5, "depth": 0.8}}}
    assert changes(old, new) == [("gaze.every", "3", "6"), ("gaze.depth", "absent", "0.8")]
    assert changes(new, new) == []
