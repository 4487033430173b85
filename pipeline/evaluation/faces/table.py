"""The scores of one method, each with what it should reach, and methods beside each other as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import pyarrow as pa

from pipeline.query.table import table_lines


@dataclass(frozen=True)
class Target:
    """What a score is called, and its goal: `least`, `most` or both; with `size` its sign does not matter."""

    title: str
    least: float | None = None
    most: float | None = None
    digits: int = 2
    size: bool = False

    def text(self) -> str:
        """The goal in words; empty without one."""
        if self.least is not None and self.most is not None:
            return f"{self.least:g} to {self.most:g}"
        if self.least is not None:
            return f">= {self.least:g}"
        return "" if self.most is None else f"<= {self.most:g}"

    def reached(self, value: float | None) -> bool | None:
        """Whether a value reaches it; no value reaches none. None without a goal."""
        if self.least is None and self.most is None:
            return None
        if value is None:
            return False
        value = abs(value) if self.size else value
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)


def _score(title: str, **goal: Any) -> Any:
    return field(default=None, metadata={"target": Target(title, **goal)})


@dataclass(frozen=True)
class Scores:
    """Of one method; None where there is none. Correlations are within clips: clip means removed, then pooled.

    self: a clip's first frame driven by the rest of the clip. across: driven by a clip of another person. dynamics:
    predicted from the code of dynamics by a linear map fitted on the other people (predicted.py); pitch and yaw, whose
    mean is the row with a goal, should not be, the mouth's opening should.

    256: on pictures of 256 pixels, with the detail of the source, where the catalog's are as large. amplitude: the
    deviation of what pictures show over the driver's. turned: the source's head by 30 degrees, of which no true picture
    exists (turned.py).
    """

    psnr_gain: float | None = _score("self: PSNR over copying, dB", least=3.3)
    face_psnr_gain: float | None = _score("self: PSNR in the face box over copying, dB", least=6.0)
    ssim: float | None = _score("self: SSIM at 64 pixels", least=0.82, digits=3)
    sharpness: float | None = _score("self: sharpness at 64 pixels", least=0.55)
    landmarks: float | None = _score("self: landmarks off, % of face", most=1.6)
    mouth_landmarks: float | None = _score("self: mouth landmarks off, % of face", most=2.0)
    yaw: float | None = _score("self: yaw followed", least=0.95)
    pitch: float | None = _score("self: pitch followed", least=0.82)
    roll: float | None = _score("self: roll followed", least=0.96)
    mouth: float | None = _score("self: mouth opening followed", least=0.65)
    blink: float | None = _score("self: blink followed", least=0.65)
    smile: float | None = _score("self: smile followed", least=0.75)
    across_yaw: float | None = _score("across: yaw followed", least=0.95)
    across_pitch: float | None = _score("across: pitch followed", least=0.78)
    across_roll: float | None = _score("across: roll followed", least=0.95)
    across_mouth: float | None = _score("across: mouth opening followed", least=0.55)
    across_blink: float | None = _score("across: blink followed", least=0.45)
    mouth_leak: float | None = _score("mouth deviation, pose alone / dynamics alone", most=0.45)
    mouth_leak_followed: float | None = _score("mouth followed, pose alone", most=0.2, size=True)
    yaw_leak: float | None = _score("yaw deviation, dynamics alone / pose alone", most=0.25)
    told_pose: float | None = _score("dynamics: pitch, yaw predicted", most=0.3)
    nearer_source: float | None = _score("across: nearer to source than to driver, % of frames", least=95, digits=1)
    source_distance: float | None = _score("across: distance to source", most=0.5)
    detail_sharpness: float | None = _score("256 self: sharpness", least=0.85)
    detail_gain: float | None = _score("256 self: PSNR over 96 pixels enlarged, dB", least=0.0)
    lips: float | None = _score("256 self: amplitude of inner lips", least=0.75, most=1.3)
    jaw: float | None = _score("256 self: amplitude of mouth opening", least=0.75, most=1.3)
    lids: float | None = _score("256 self: amplitude of lids", least=0.7, most=1.3)
    across_lips: float | None = _score("256 across: amplitude of inner lips", least=0.6, most=1.5)
    across_jaw: float | None = _score("256 across: amplitude of mouth opening", least=0.6, most=1.5)
    across_lids: float | None = _score("256 across: amplitude of lids", least=0.7, most=1.3)
    across_jaw_followed: float | None = _score("256 across: mouth opening followed", least=0.7)
    turned_identity: float | None = _score("256 turned: distance to source", most=0.5)
    turned_apart: float | None = _score("256 turned: two networks' landmarks apart, % of face", most=2.0)
    turned_half: float | None = _score("256 turned: sharpness of the less sharp half", least=0.6)
    found: float | None = _score("self: face found again, % of frames", digits=1)
    across_found: float | None = _score("across: face found again, % of frames", digits=1)
    psnr: float | None = _score("self: PSNR, dB", digits=1)
    face_psnr: float | None = _score("self: PSNR in the face box, dB", digits=1)
    native_sharpness: float | None = _score("self: sharpness at full size")
    yaw_off: float | None = _score("self: yaw off, degrees")
    pitch_off: float | None = _score("self: pitch off, degrees")
    roll_off: float | None = _score("self: roll off, degrees")
    across_smile: float | None = _score("across: smile followed")
    dynamics_mouth: float | None = _score("mouth followed, dynamics alone")
    driver_distance: float | None = _score("across: distance to driver")
    sweep_yaw: float | None = _score("sweep of 20 degrees: yaw found for each degree asked")
    sweep_pitch: float | None = _score("sweep of 20 degrees: pitch found for each degree asked")
    sweep_yaw_off: float | None = _score("sweep: yaw off, degrees")
    sweep_pitch_off: float | None = _score("sweep: pitch off, degrees")
    detail_psnr: float | None = _score("256 self: PSNR, dB")
    detail_face_psnr: float | None = _score("256 self: PSNR in the face box, dB")
    detail_ssim: float | None = _score("256 self: SSIM", digits=3)
    detail_perceptual: float | None = _score("256 self: perceptual distance in the face", digits=3)
    smile_amplitude: float | None = _score("256 self: amplitude of smile")
    across_smile_amplitude: float | None = _score("256 across: amplitude of smile")
    lips_followed: float | None = _score("256 self: inner lips followed")
    lids_followed: float | None = _score("256 self: lids followed")
    across_lips_followed: float | None = _score("256 across: inner lips followed")
    across_lids_followed: float | None = _score("256 across: lids followed")
    across_even: float | None = _score("256 across: clips whose lips move .5 to 2 times the driver's, %", digits=1)
    across_distance: float | None = _score("256 across: distance to source")
    across_away: float | None = _score("256 across: mouth opening off")
    turned_found: float | None = _score("256 turned: face found again, %", digits=1)
    turned_yaw: float | None = _score("256 turned: yaw found for each degree asked")
    told_pitch: float | None = _score("dynamics: pitch predicted")
    told_yaw: float | None = _score("dynamics: yaw predicted")
    told_mouth: float | None = _score("dynamics: mouth opening predicted")


TARGETS: dict[str, Target] = {each.name: each.metadata["target"] for each in fields(Scores)}
"""By the name of the score, in the order of the table."""


def scores_text(columns: dict[str, Scores], judged: Sequence[str] = ()) -> str:
    """A table of methods by name; the scores of those in `judged` are marked: + reached, - missed."""
    table = {"score": [target.title for target in TARGETS.values()], "goal": [t.text() for t in TARGETS.values()]}
    for name, scores in columns.items():
        values = asdict(scores)
        table[name] = [_cell(target, values[key], name in judged) for key, target in TARGETS.items()]
    return "\n".join(table_lines(pa.table(table)))


def scores_json(columns: dict[str, Scores]) -> dict[str, Any]:
    """Every score by method, and the goals with which methods reach them; JSON-ready."""
    goals = {
        key: {
            "title": target.title,
            "goal": target.text(),
            "reached": [name for name, scores in columns.items() if target.reached(getattr(scores, key))],
        }
        for key, target in TARGETS.items()
    }
    return {"scores": {name: asdict(scores) for name, scores in columns.items()}, "goals": goals}


def _cell(target: Target, value: float | None, judged: bool) -> str:
    text = "" if value is None else f"{value:.{target.digits}f}"
    reached = target.reached(value)
    return f"{text or '?'} {'+' if reached else '-'}" if judged and reached is not None else text
