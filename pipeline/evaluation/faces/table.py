"""The scores of one method, each with what it should reach."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.evaluation.goals import Target, score, targets


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

    psnr_gain: float | None = score("self: PSNR over copying, dB", least=3.3)
    face_psnr_gain: float | None = score("self: PSNR in the face box over copying, dB", least=6.0)
    ssim: float | None = score("self: SSIM at 64 pixels", least=0.82, digits=3)
    sharpness: float | None = score("self: sharpness at 64 pixels", least=0.55)
    landmarks: float | None = score("self: landmarks off, % of face", most=1.6)
    mouth_landmarks: float | None = score("self: mouth landmarks off, % of face", most=2.0)
    yaw: float | None = score("self: yaw followed", least=0.95)
    pitch: float | None = score("self: pitch followed", least=0.82)
    roll: float | None = score("self: roll followed", least=0.96)
    mouth: float | None = score("self: mouth opening followed", least=0.65)
    blink: float | None = score("self: blink followed", least=0.65)
    smile: float | None = score("self: smile followed", least=0.75)
    across_yaw: float | None = score("across: yaw followed", least=0.95)
    across_pitch: float | None = score("across: pitch followed", least=0.78)
    across_roll: float | None = score("across: roll followed", least=0.95)
    across_mouth: float | None = score("across: mouth opening followed", least=0.55)
    across_blink: float | None = score("across: blink followed", least=0.45)
    mouth_leak: float | None = score("mouth deviation, pose alone / dynamics alone", most=0.45)
    mouth_leak_followed: float | None = score("mouth followed, pose alone", most=0.2, size=True)
    yaw_leak: float | None = score("yaw deviation, dynamics alone / pose alone", most=0.25)
    told_pose: float | None = score("dynamics: pitch, yaw predicted", most=0.3)
    nearer_source: float | None = score("across: nearer to source than to driver, % of frames", least=95, digits=1)
    source_distance: float | None = score("across: distance to source", most=0.5)
    detail_sharpness: float | None = score("256 self: sharpness", least=0.85)
    detail_gain: float | None = score("256 self: PSNR over 96 pixels enlarged, dB", least=0.0)
    lips: float | None = score("256 self: amplitude of inner lips", least=0.75, most=1.3)
    jaw: float | None = score("256 self: amplitude of mouth opening", least=0.75, most=1.3)
    lids: float | None = score("256 self: amplitude of lids", least=0.7, most=1.3)
    across_lips: float | None = score("256 across: amplitude of inner lips", least=0.6, most=1.5)
    across_jaw: float | None = score("256 across: amplitude of mouth opening", least=0.6, most=1.5)
    across_lids: float | None = score("256 across: amplitude of lids", least=0.7, most=1.3)
    across_jaw_followed: float | None = score("256 across: mouth opening followed", least=0.7)
    turned_identity: float | None = score("256 turned: distance to source", most=0.5)
    turned_apart: float | None = score("256 turned: two networks' landmarks apart, % of face", most=2.0)
    turned_half: float | None = score("256 turned: sharpness of the less sharp half", least=0.6)
    found: float | None = score("self: face found again, % of frames", digits=1)
    across_found: float | None = score("across: face found again, % of frames", digits=1)
    psnr: float | None = score("self: PSNR, dB", digits=1)
    face_psnr: float | None = score("self: PSNR in the face box, dB", digits=1)
    native_sharpness: float | None = score("self: sharpness at full size")
    yaw_off: float | None = score("self: yaw off, degrees")
    pitch_off: float | None = score("self: pitch off, degrees")
    roll_off: float | None = score("self: roll off, degrees")
    across_smile: float | None = score("across: smile followed")
    dynamics_mouth: float | None = score("mouth followed, dynamics alone")
    driver_distance: float | None = score("across: distance to driver")
    sweep_yaw: float | None = score("sweep of 20 degrees: yaw found for each degree asked")
    sweep_pitch: float | None = score("sweep of 20 degrees: pitch found for each degree asked")
    sweep_yaw_off: float | None = score("sweep: yaw off, degrees")
    sweep_pitch_off: float | None = score("sweep: pitch off, degrees")
    detail_psnr: float | None = score("256 self: PSNR, dB")
    detail_face_psnr: float | None = score("256 self: PSNR in the face box, dB")
    detail_ssim: float | None = score("256 self: SSIM", digits=3)
    detail_perceptual: float | None = score("256 self: perceptual distance in the face", digits=3)
    smile_amplitude: float | None = score("256 self: amplitude of smile")
    across_smile_amplitude: float | None = score("256 across: amplitude of smile")
    lips_followed: float | None = score("256 self: inner lips followed")
    lids_followed: float | None = score("256 self: lids followed")
    across_lips_followed: float | None = score("256 across: inner lips followed")
    across_lids_followed: float | None = score("256 across: lids followed")
    across_even: float | None = score("256 across: clips whose lips move .5 to 2 times the driver's, %", digits=1)
    across_distance: float | None = score("256 across: distance to source")
    across_away: float | None = score("256 across: mouth opening off")
    turned_found: float | None = score("256 turned: face found again, %", digits=1)
    turned_yaw: float | None = score("256 turned: yaw found for each degree asked")
    told_pitch: float | None = score("dynamics: pitch predicted")
    told_yaw: float | None = score("dynamics: yaw predicted")
    told_mouth: float | None = score("dynamics: mouth opening predicted")


TARGETS: dict[str, Target] = targets(Scores)
"""By the name of the score, in the order of the table."""
