"""Sizes of SemGes' networks; the defaults are the published ones."""

from pydantic import BaseModel, ConfigDict, PositiveInt


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class VqConfig(_Frozen):
    """One VQ-VAE: a token per frame, one codebook."""

    width: PositiveInt = 512
    codes: PositiveInt = 256
    commitment_weight: float = 0.25


class TextEncoderConfig(_Frozen):
    """Word embedding and temporal convolution network (TCN)."""

    vocabulary: PositiveInt = 11_247
    word_width: PositiveInt = 300
    widths: tuple[PositiveInt, ...] = (768,)
    """Of each TCN block; block k looks 2^k frames back, twice."""
    kernel_frames: PositiveInt = 2
    dropout: float = 0.1


class TransformerConfig(_Frozen):
    """The cross-modal transformer that runs once for hands and once for the body."""

    audio_width: PositiveInt = 1536
    speakers: PositiveInt = 34
    width: PositiveInt = 256
    heads: PositiveInt = 8
    layers: PositiveInt = 12
    feed_forward: PositiveInt = 384
    dropout: float = 0.1
    text: TextEncoderConfig = TextEncoderConfig()


class SemGesConfig(_Frozen):
    """A whole SemGes model. Motion is rot6d (first two rows of R), hands and body apart."""

    name: str = "semges-33m"
    fps: float = 15.0
    window_frames: PositiveInt = 34
    overlap_frames: int = 4
    """How many frames neighbouring windows share; they are blended there."""
    hand_width: PositiveInt = 228
    """38 joints of wrists and fingers by 6."""
    body_width: PositiveInt = 54
    """9 joints of spine, neck, shoulders and arms by 6."""
    vq: VqConfig = VqConfig()
    transformer: TransformerConfig = TransformerConfig()
