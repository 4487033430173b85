"""Which clips a generator is scored on, and which people its measures and baselines are fitted on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from models.sync.face_features import face_features
from models.sync.network import SyncNetwork, cosines
from models.sync.offset import MOST, offset_of
from pipeline.errors import UsageError
from pipeline.evaluation.faces.eval_clips import Part, held_out
from pipeline.evaluation.motion.clips import TalkingClip, TalkingClips
from pipeline.text import plural
from pipeline.training.split import kept_out
from stages.clip import FPS

LEAST_SYNC, LEAST_SPEECH = 0.15, 0.25
"""Below these a clip's voice may be another's, or its sound is no speech."""
LONGEST = 10 * FPS
"""Frames of a clip that are scored at most, its first."""
_SHORTEST = 25
_KEPT_OUT = ("test", "validation")
_SAME = ("variant", "sha256", "width")


@dataclass(frozen=True)
class Parts:
    """Clips in step with their sound. scored: of people kept out. training: of the others. left_out: how many of the
    people kept out are not scored, by why."""

    scored: tuple[TalkingClip, ...]
    training: tuple[TalkingClip, ...]
    left_out: dict[str, int]


def parts_of(
    found: TalkingClips,
    recipe: Mapping[str, Any],
    part: Part,
    network: SyncNetwork | None,
    on_progress: Callable[[str], None] = lambda text: None,
) -> Parts:
    """recipe: of the generator. network: tells the offsets that the catalog does not know.

    UsageError: nobody was kept out, or nobody else is in the catalog; or its latents or sound are not the recipe's.
    """
    for name, here in (("latents", found.latents), ("audio", found.audio)):
        _refuse_others(name, here, recipe.get(name, {}))
    chosen = {found.clips[place].clip_id for place in held_out(found.clips, recipe, part, on_progress)}
    kept = set().union(*(kept_out(found.clips, recipe, each) for each in _KEPT_OUT))
    kept |= {clip.subject for clip in found.clips if clip.clip_id in chosen}
    placed = [_placed(clip, network) for clip in found.clips]
    why = {clip.clip_id: _unfit(clip) for clip in placed}
    fit = [clip.in_step() for clip in placed if not why[clip.clip_id]]
    scored = tuple(clip.first(LONGEST) for clip in fit if clip.clip_id in chosen)
    training = tuple(clip for clip in fit if clip.subject not in kept)
    if not scored:
        raise UsageError(f"none of {plural(len(chosen), 'clip')} kept out has speech in step: extract other people")
    if len({clip.subject for clip in training}) < 2:
        raise UsageError(
            "the catalog shows fewer than two people beside those kept out, on whom measures are fitted: give the one "
            "that the checkpoint was trained from"
        )
    reasons = Counter(why[clip_id] for clip_id in chosen)
    return Parts(scored, training, {reason: count for reason, count in sorted(reasons.items()) if reason})


def _unfit(clip: TalkingClip) -> str:
    """Why a clip is not scored, empty if it is."""
    if clip.speech is not None and clip.speech < LEAST_SPEECH:
        return "with little speech"
    if clip.sync is not None and clip.sync < LEAST_SYNC:
        return "out of step"
    return "too short" if len(clip) - abs(clip.offset or 0) < _SHORTEST else ""


def _placed(clip: TalkingClip, network: SyncNetwork | None) -> TalkingClip:
    """With the offset of its sound, as the catalog or the network says."""
    if clip.offset is not None or network is None:
        return clip
    found = offset_of(cosines(network, clip.sound, face_features(clip.dynamics, None), MOST))
    return clip if found is None else replace(clip, offset=found.frames, sync=found.sure)


def _refuse_others(name: str, here: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """UsageError where a catalog's stage is not the one that a generator was trained on."""
    for key in _SAME:
        if key in here and key in wanted and here[key] != wanted[key]:
            raise UsageError(
                f"the catalog's {name} are of {key} {here[key]}, those that the checkpoint was trained on of "
                f"{wanted[key]}: give a catalog that was extracted as that of its training"
            )
