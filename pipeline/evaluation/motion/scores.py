"""The scores of one method, each with what it should reach."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.evaluation.goals import Target, score, targets


@dataclass(frozen=True)
class MotionScores:
    """Of one method; None where there is none. Correlations are of a single sample with how mouths were seen to move,
    within each clip; their mean over clips is weighted by length where nothing else is said. Interviews are clips of
    more than four seconds, sentences the others.

    in_step: windows of two seconds whose offset the sync network finds within a frame of the clip's own. dP, trembling,
    travel: of the head's angles, as `head` has them, over the real clips'. spread: the deviation over seeds, in units
    of the training people's. gaze: asked are theta of -15, 0 and 15 degrees and phi of -10 and 10; found is where the
    head turns. rises: how many of the steps from audio scale 0 to .5, 1 and 2 raise dP. seam: the largest step near a
    seam over the mean one.
    """

    opening: float | None = score("mouth opening followed", least=0.72)
    jaw: float | None = score("jaw followed", least=0.62)
    width: float | None = score("mouth width followed", least=0.40)
    opening_interviews: float | None = score("mouth opening followed, interviews", least=0.58)
    in_step: float | None = score("windows in step with their sound, %", least=95, digits=1)
    dp: float | None = score("dP / real", least=0.8, most=1.25)
    trembling: float | None = score("second differences of angles / real", most=1.5)
    travel: float | None = score("deviation of angles within clips / real", least=0.7)
    spread_pose: float | None = score("spread of angles over seeds, deviations", least=0.25)
    spread_dynamics: float | None = score("spread of z_dyn over seeds, deviations", least=0.3)
    blinks: float | None = score("blinks a minute", least=10, most=35, digits=1)
    gaze_off: float | None = score("gaze asked: off, degrees", most=5.0, digits=1)
    rises: float | None = score("audio scale: steps that raise dP, of 3", least=3, digits=0)
    seam_dynamics: float | None = score("seam: largest step / mean, z_dyn", most=1.5)
    seam_pose: float | None = score("seam: largest step / mean, pose", most=1.7)
    opening_sentences: float | None = score("mouth opening followed, sentences")
    opening_clips: float | None = score("mouth opening followed, mean of clips")
    jaw_clips: float | None = score("jaw followed, mean of clips")
    width_clips: float | None = score("mouth width followed, mean of clips")
    opening_amplitude: float | None = score("deviation of mouth opening / real")
    likeness: float | None = score("sync network: cosine in step")
    pose_delta: float | None = score("dP, degrees a frame", digits=3)
    travel_degrees: float | None = score("deviation of angles within clips, degrees")
    spread_pose_within: float | None = score("spread of angles over seeds, deviations within clips")
    blinks_seen: float | None = score("blinks a minute, by the iris network", digits=1)
    theta_off: float | None = score("gaze asked: theta off, degrees", digits=1)
    phi_off: float | None = score("gaze asked: phi off, degrees", digits=1)
    theta_slope: float | None = score("gaze asked: theta found for each degree")
    phi_slope: float | None = score("gaze asked: phi found for each degree")
    dp_silent: float | None = score("audio scale 0: dP / real")
    dp_1: float | None = score("audio scale 1: dP / real")
    dp_2: float | None = score("audio scale 2: dP / real")


TARGETS: dict[str, Target] = targets(MotionScores)
"""By the name of the score, in the order of the table."""
