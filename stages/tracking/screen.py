"""Stage screen: faces in a few key frames, the cheap gate before every frame is decoded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pyarrow as pa

from stages.clip import Clip, Outcome, Reject, Resources, Runner
from stages.networks import Infer
from stages.observations import FaceCount
from stages.tracking.detection import DetectorStage
from stages.tracking.inset import agreed, inset_of
from stages.video.pyav import keyframes
from stages.video.reader import upright


@dataclass(frozen=True)
class Screen(DetectorStage):
    """Rejects what its key frames show beyond doubt; what they leave open is decided while the face is tracked.

    samples: key frames looked at, spread over the clip. enough: fewest key frames that may reject; a clip with fewer is
    left to the tracker, which samples every half second. Where a frame is filled up with a blurred copy of its middle
    (stages/tracking/inset.py), the middle is looked at. sure_score, doubtful_score: detector scores of a face, and of
    one that the mesh must confirm. ratio, share: a second face counts when it is at least `ratio` times as wide as the
    main one, in at least `share` of the sampled frames. beyond_doubt: share of key frames with several faces that
    rejects before tracking, since a scene change may still part them. detector: who finds the faces, blazeface or scrfd
    (models/detection/face_finder.py); the scores hold for both.
    """

    samples: int = 8
    enough: int = 3
    sure_score: float = 0.75
    doubtful_score: float = 0.5
    ratio: float = 1 / 3
    share: float = 0.2
    beyond_doubt: float = 0.8
    detector: str = "blazeface"

    name: ClassVar[str] = "screen"
    variant: ClassVar[str] = "keyframes"
    after: ClassVar[tuple[str, ...]] = ("speech",)
    version: ClassVar[int] = 2
    resources: ClassVar[Resources] = Resources()
    columns: ClassVar[pa.Schema] = pa.schema([("faces_max", pa.int32())])

    def open(self, infer: Infer | None = None) -> Runner:
        faces = self.finder(infer)

        def judge(clip: Clip) -> Outcome:
            count = FaceCount(self.ratio, self.share)
            gap = clip.seconds / self.samples
            due = 0.0
            insets = []
            for time, image in keyframes(clip.path, clip.header, clip.start_s, clip.end_s):
                if time - clip.start_s + 1e-6 < due:
                    continue
                due = (np.floor((time - clip.start_s) / gap) + 1) * gap
                frame = upright(image, clip.header)
                insets.append(inset_of(frame))
                shown = frame if insets[-1] is None else insets[-1].of(frame)
                count = count.add(faces(shown, self.sure_score, self.doubtful_score).widths)
            seen = len(count.counts)
            # the tracker counts afresh, over the part between two scene changes
            clip = replace(clip, faces=FaceCount(self.ratio, self.share), inset=agreed(insets))
            clip = clip.add(faces_max=count.most)
            if seen >= self.enough:
                if count.none:
                    return Reject("no_face", f"no face in {seen} key frames", clip)
                if count.several_share >= self.beyond_doubt:
                    detail = f"up to {count.most} faces, several in {count.several_share:.0%} of {seen} key frames"
                    return Reject("several_faces", detail, clip)
            return clip

        return judge
