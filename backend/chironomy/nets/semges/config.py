"""Sizes of SemGes' networks; the defaults are the published ones."""

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError, model_validator

from ...errors import UserError
from ...formats.atomic import replacing
from ..config import Codes, Dropout, Entries, Frames, Heads, Layers, Width, read_section


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class VqConfig(_Frozen):
    """One VQ-VAE: a token per frame, one codebook."""

    width: Width = 512
    codes: Codes = 256
    commitment_weight: Annotated[float, Field(ge=0.0)] = 0.25


class TextEncoderConfig(_Frozen):
    """Word embedding and temporal convolution network (TCN)."""

    vocabulary: Entries = 11_247
    word_width: Width = 300
    widths: Annotated[tuple[Width, ...], Field(max_length=16)] = (768,)
    """Of each TCN block; block k looks 2^k frames back, twice."""
    kernel_frames: Annotated[int, Field(gt=0, le=64)] = 2
    dropout: Dropout = 0.1


class TransformerConfig(_Frozen):
    """The cross-modal transformer that runs once for hands and once for the body."""

    audio_width: Width = 1536
    speakers: Annotated[int, Field(gt=0, le=10_000)] = 34
    width: Width = 256
    heads: Heads = 8
    layers: Layers = 12
    feed_forward: Width = 384
    dropout: Dropout = 0.1
    text: TextEncoderConfig = TextEncoderConfig()

    @model_validator(mode="after")
    def _heads_divide_the_width(self) -> "TransformerConfig":
        if self.width % 2 or self.width % self.heads:
            raise ValueError(f"width {self.width} is odd or no multiple of {self.heads} heads")
        return self


class SemGesConfig(_Frozen):
    """A whole SemGes model. Motion is rot6d (first two rows of R), hands and body apart."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,80}$")] = "semges-33m"
    fps: Annotated[float, Field(gt=0.0, le=1000.0)] = 15.0
    window_frames: Frames = 34
    overlap_frames: NonNegativeInt = 4
    """How many frames neighbouring windows share; they are blended there."""
    hand_width: Width = 228
    """38 joints of wrists and fingers by 6."""
    body_width: Width = 54
    """9 joints of spine, neck, shoulders and arms by 6."""
    vq: VqConfig = VqConfig()
    transformer: TransformerConfig = TransformerConfig()

    @model_validator(mode="after")
    def _windows_advance(self) -> "SemGesConfig":
        if 2 * self.overlap_frames > self.window_frames:
            raise ValueError(f"windows of {self.window_frames} frames cannot share {self.overlap_frames}: at most half")
        return self


def read_semges_config(path: str | Path) -> SemGesConfig:
    """The section `semges` of a YAML file. Raises UserError that names the first wrong key."""
    try:
        return SemGesConfig.model_validate(read_section(path, "semges"))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(["semges", *(str(key) for key in first["loc"])])
        raise UserError(f"{path}: {place}: {first['msg']}: correct it (nets/semges/config.py explains it)") from error


def write_semges_config(config: SemGesConfig, path: str | Path) -> None:
    """Writes what `read_semges_config` reads; the published values are left out."""
    section = config.model_dump(mode="json", exclude_defaults=True)
    with replacing(path) as temporary:
        temporary.write_text(yaml.safe_dump({"semges": section}, sort_keys=False, width=120), encoding="utf-8")
