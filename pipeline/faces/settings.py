"""What a face training is: preset, length, batch, optimiser, what each loss weighs and when it begins."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from tyro.conf import arg

from pipeline.cli.options import Names


@dataclass(frozen=True)
class LossWeights:
    """What each loss of models/face/losses.py counts; 0 leaves it out, and the plan says so.

    transfer and identity are the paper's own two.
    """

    reconstruction: float = 1.0
    """Colours and their differences."""
    dissimilarity: float = 0.25
    """1 - SSIM."""
    perceptual: float = 0.1
    """Features of the frozen reader."""
    gaze: float = 0.3
    """Where the eyes are."""
    mouth: float = 0.5
    """What is between the lips."""
    landmarks: float = 2.0
    """Landmarks that the frozen reader finds."""
    expression: float = 0.1
    """The first numbers of z_dyn against what landmarks tell."""
    landmark_warp: Annotated[float, arg(name="correspondence")] = 20.0
    """Where the warps take a face's landmarks from."""
    lip_readout: float = 0.1
    """Where z_dyn says that the lips are, which the decoder is told, of presets that do."""
    pose: float = 1.0
    """The head's pose as read off pictures, of presets that learn it, against what landmarks tell."""
    transfer: float = 0.5
    """i with j's dynamics against j with i's pose."""
    identity: float = 0.1
    """A source driven by somebody else stays who it is."""
    cycle: float = 0.02
    """z_dyn read off a driven picture is nearer to the driver's than to others."""
    cross_dynamics: Annotated[float, arg(name="follow")] = 0.05
    """The same numbers as `expression`, read off a picture driven by somebody else."""
    mesh_expression: Annotated[float, arg(name="shown")] = 0.2
    """The same numbers as `expression`, as the face mesh and the iris network read them off driven pictures."""
    cross_mesh_expression: Annotated[float, arg(name="shown-across")] = 0.1
    """These, off a picture driven by somebody else: how it differs from the source, against how the driver does."""
    opening: float = 0.05
    """How far lips and lids are apart in driven pictures, as the face mesh and the iris network read them."""
    cross_opening: Annotated[float, arg(name="opening-across")] = 0.05
    """How far lips are apart in pictures driven by somebody else, against the driver's."""
    source_fidelity: Annotated[float, arg(name="invented")] = 0.2
    """What is not the source's in pictures of people whose heads are turned anyhow, for which there is no true one."""
    adversarial: float = 0.01
    """What the discriminator thinks."""
    matching: float = 0.2
    """The discriminator's features."""


@dataclass(frozen=True)
class FaceTraining:
    """A training of the face latent model. A step takes units: two clips of different subjects, two frames of each."""

    learns: Literal["all", "drawing"] = "all"
    """drawing: how pictures are drawn alone, with the encoders of the model that --start names as they are to the bit:
    latents made with that model are this one's too."""
    steps: int = 20_000
    """Steps of the optimiser."""
    units: int = 2
    """Units of a step, over all workers."""
    accumulate: int = 1
    """Parts in which a worker takes its share of a step."""
    lr: Annotated[float, arg(name="rate")] = 1e-3
    """AdamW's learning rate."""
    warm_up: int = 500
    """Steps in which the rate rises to that."""
    decay_fraction: Annotated[float, arg(name="fall")] = 0.4
    """Share of the steps, the last ones, over which it falls to a twentieth along half a cosine."""
    taught_rate: float = 0.2
    """The share of the rate with which the encoders of z_dyn and z_pose, which are trained first, go on learning."""
    warp_rate: float = 0.3
    """The share of the rate with which the warp generators, and z_id for them, learn."""
    flow_rate: float = 0.02
    """That of their last layers: a step of the whole rate would move flows by ten times what lips move."""
    decay: float = 1e-2
    """Weight decay."""
    clip: float = 1.0
    """The gradient's largest norm."""
    ema: float = 0.999
    """Decay of the averaged weights, which are what is kept."""
    noise: float = 0.1
    """Standard deviation of what is added to z_dyn."""
    cross_start: Annotated[float, arg(name="swaps")] = 0.03
    """Share of the steps after which the losses across poses and across people begin."""
    mesh_start: Annotated[float, arg(name="shown")] = 0.1
    """Share of the steps after which the face mesh and the iris network look at driven pictures."""
    gan_start: Annotated[float, arg(name="adversarial")] = 0.7
    """Share of the steps after which the discriminator begins."""
    every: int = 2
    """Of so many clips one takes part in the losses across poses, of so many units one in those across people."""
    looked_at: int = 2
    """Of so many clips one is looked at by the face mesh."""
    lips_further: float = 1.2
    """By how much further than in true pictures lips are asked to move in driven ones: what is uncertain is drawn
    halfway."""
    lids_further: float = 1.5
    """The same of lids."""
    reader_steps: int = 4_000
    """Steps in which the frozen reader, then the encoder of z_dyn alone, are trained before all else."""
    reader_units: int = 8
    """Units of such a step."""
    warp_steps: int = 1_500
    """Steps in which the warps learn from landmarks alone, after that and before the first picture is drawn."""
    warp_units: int = 4
    """Units of such a step."""
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """Of the networks; auto: bf16 where the processor has it, as it takes much longer elsewhere."""
    held_out_subjects: Annotated[tuple[int, int], arg(name="kept-out")] = (9, 4)
    """Subjects never trained on, by a hash of who they are: for scores, and for choices."""
    skip: Names = ()
    """Names of files that are not trained on, with * and ?, for example where a licence forbids it."""
    seed: int = 0
    """Of weights, draws and noise; who is kept out does not depend on it."""
    weights: LossWeights = field(default_factory=LossWeights)
