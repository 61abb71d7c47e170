"""How networks are trained: the section `training` of a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    field_validator,
)

from ..motion.skeleton import INDEX

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
StageKind = Literal["rvq", "global", "direct", "base", "sparse", "semges"]
#: In the order in which they build on each other.
STAGE_KINDS: tuple[StageKind, ...] = ("rvq", "global", "direct", "base", "sparse", "semges")


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class StageSettings(_Settings):
    """One stage's length and optimiser (AdamW, warm-up, cosine, moving average of the weights)."""

    steps: PositiveInt = 50_000
    batch_size: PositiveInt = 64
    """Windows in a step, over all processes together."""
    window_frames: PositiveInt | None = None
    """How long the windows are; the model's own length where nothing is said."""
    learning_rate: PositiveFloat = 2e-4
    final_learning_rate: Fraction = 0.02
    """What the cosine ends at, as a part of learning_rate."""
    warm_up_steps: NonNegativeInt = 500
    betas: tuple[Fraction, Fraction] = (0.9, 0.99)
    weight_decay: NonNegativeFloat = 0.01
    clip_norm: PositiveFloat = 1.0
    average_decay: Fraction = 0.999
    """How much of the averaged weights, which are the ones that are kept, a step keeps."""
    validate_every: PositiveInt = 500
    checkpoint_every: PositiveInt = 500


class ReconstructionWeights(_Settings):
    """Weights of the losses of the RVQ-VAEs and of the global motion; the published ones are 1 but for two."""

    rotation: NonNegativeFloat = 1.0
    """Angle between rotations, radians."""
    six_d: NonNegativeFloat = 0.0
    """Squared distance of rotations' six numbers. Angles alone leave the size of the rows open: it grows without end,
    and the larger they are the less a step turns them."""
    joints: Mapping[str, NonNegativeFloat] = {}
    """How much more than others the rotations of some joints weigh, by name: few points hang on neck and head."""
    velocity: NonNegativeFloat = 1.0
    acceleration: NonNegativeFloat = 1.0
    points: NonNegativeFloat = 1.0
    """Squared distance of the body's points: vertices of an SMPL-X model, or joints."""
    point_distance: NonNegativeFloat = 0.0
    """Mean distance of the same points, metres. Squared, the last centimetres weigh nothing beside all else."""
    points_velocity: NonNegativeFloat = 1.0
    points_idle: NonNegativeFloat = 0.0
    """The same where the recorded points idle (see `idle_loss`): else hands at rest tremble from code to code."""
    points_acceleration: NonNegativeFloat = 1.0
    face: NonNegativeFloat = 1.0
    contact: NonNegativeFloat = 1.0
    translation: NonNegativeFloat = 1.0
    foot: NonNegativeFloat = 20.0
    """Speed of feet that stand."""
    root_derivatives: NonNegativeFloat = 5.0
    """In the global motion: velocity and acceleration of the root's path."""
    commitment: NonNegativeFloat = 1.0
    codes_from_epoch: NonNegativeFloat = 0.0
    """Until then motion is rebuilt from latents as they are; codes that begin with latents that say nothing stay so."""

    @field_validator("joints")
    @classmethod
    def _joints_exist(cls, joints: Mapping[str, float]) -> Mapping[str, float]:
        if unknown := sorted(set(joints) - set(INDEX)):
            raise ValueError(f"{unknown[0]} is no joint of SMPL-X")
        return joints


class ConditionSettings(_Settings):
    """What a generator is shown in a training window: drawn for every window of the one pass."""

    seed_only: Fraction = 0.5
    """Share of windows that show the seed's frames alone, as generation does."""
    keys: Fraction = 0.2
    """Share of windows that show some whole frames of some joints, as locked frames and keys do."""
    least_hidden: Fraction = 0.05
    """Of all other windows, the smallest share of values that is hidden; the largest is 1."""
    drop_rhythm: Fraction = 0.1
    drop_speech: Fraction = 0.1
    drop_text: Fraction = 0.1
    text_dropout: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    """Share of the channels of words and sentence that are missing throughout a window: a corpus' few texts are else
    learned by heart."""
    open_class: Fraction = 0.5
    """Share of windows whose gesture classes are left open."""
    open_plan: Fraction = 0.15


class TrainingSettings(_Settings):
    """Everything about training that is not the network."""

    seed: NonNegativeInt = 1
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    """On a graphics card; the CPU trains in fp32."""
    file_precision: Literal["fp32", "fp16"] = "fp32"
    """Of the weights in the model's folder; checkpoints keep fp32."""
    stride_frames: PositiveInt = 20
    """Distance of neighbouring windows; each starts up to so much later, drawn anew in every epoch."""
    passes: Literal["one", "three"] = "one"
    """One pass with conditions left out at random, or the three of the published training."""
    semantic_floor: Fraction = 0.2
    """Least weight of a token in the sparse losses; as published 0: where nothing is meant nothing is learned."""
    semantic_above: Fraction = 0.0
    """The gate's label of a token is "semantic" where its mean score is above this."""
    masked_epochs: PositiveInt = 400
    """With three passes: over so many epochs would the hidden share rise to 1 if it were not held (as published)."""
    reconstruction: ReconstructionWeights = ReconstructionWeights()
    conditions: ConditionSettings = ConditionSettings()
    rvq: StageSettings = StageSettings(window_frames=64)
    global_: StageSettings = Field(default=StageSettings(window_frames=64), alias="global")
    direct: StageSettings = StageSettings()
    base: StageSettings = StageSettings()
    sparse: StageSettings = StageSettings()
    semges: StageSettings = StageSettings()

    def of_stage(self, kind: StageKind) -> StageSettings:
        """The settings of one stage."""
        return getattr(self, "global_" if kind == "global" else kind)
