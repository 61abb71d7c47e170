"""A model's sizes, part layout, front ends and behaviour: the section `model` of a YAML file.

The defaults are the published SemTalk's (217 million parameters in its base); models/recipes/ holds them and smaller
ones.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from ..errors import UserError
from ..formats.atomic import replacing
from ..formats.text_file import read_text
from ..motion.arkit import ARKIT_SHAPES
from ..motion.skeleton import INDEX, JOINTS

PartName = Literal["face", "upper", "hands", "lower"]
PARTS: tuple[PartName, ...] = ("face", "upper", "hands", "lower")
#: All but the face.
BODY_PARTS: tuple[PartName, ...] = ("upper", "hands", "lower")
#: The parts in which the layers of a take differ: legs, root and face are the same in both.
SEMANTIC_PARTS: tuple[PartName, ...] = ("upper", "hands")
#: The parts whose motion a plan of gestures describes.
PLANNED_PARTS: tuple[PartName, ...] = ("upper", "hands")

_SPEECH_WIDTHS = {"hubert-large-22050": 1024, "hubert-large": 1024, "hubert-base": 768}
_EXTRA_WIDTHS = {"none": 0, "expressions": 100, "arkit": len(ARKIT_SHAPES), "root": 7}
_MOST_BYTES = 1 << 20

# Sizes are bounded: a hostile config could else ask for more memory than any machine has, or for a network that never
# ends. The bounds are several times what anybody trains.
Width = Annotated[int, Field(gt=0, le=8192)]
Layers = Annotated[int, Field(gt=0, le=64)]
Heads = Annotated[int, Field(gt=0, le=128)]
Codes = Annotated[int, Field(gt=0, le=16_384)]
Frames = Annotated[int, Field(gt=0, le=4096)]
Entries = Annotated[int, Field(gt=0, le=1_000_000)]
Name = Annotated[str, Field(max_length=100)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Dropout = Annotated[float, Field(ge=0.0, lt=1.0)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class PartConfig(_Frozen):
    """What one RVQ-VAE sees of a frame: rot6d of some joints, then the extra channels."""

    joints: Annotated[tuple[Name, ...], Field(max_length=len(JOINTS))]
    extra: Literal["none", "expressions", "arkit", "root"] = "none"
    """SMPL-X's 100 expressions, the 52 ARKit shapes, or the root's translation [3] and the contacts [4]."""

    @property
    def width(self) -> int:
        """Channels per frame."""
        return 6 * len(self.joints) + _EXTRA_WIDTHS[self.extra]

    @property
    def joint_numbers(self) -> tuple[int, ...]:
        """The joints' places among SMPL-X's 55."""
        return tuple(INDEX[name] for name in self.joints)

    @model_validator(mode="after")
    def _joints_exist(self) -> PartConfig:
        unknown = [name for name in self.joints if name not in INDEX]
        if unknown:
            raise ValueError(f"SMPL-X has no joint {', '.join(unknown)}")
        return self


def _default_parts() -> dict[PartName, PartConfig]:
    lower, upper = (0, 1, 2, 4, 5, 7, 8, 10, 11), (3, 6, 9, *range(12, 22))
    return {
        "face": PartConfig(joints=("jaw",), extra="expressions"),
        "upper": PartConfig(joints=tuple(JOINTS[k] for k in upper)),
        "hands": PartConfig(joints=JOINTS[25:]),
        "lower": PartConfig(joints=tuple(JOINTS[k] for k in lower), extra="root"),
    }


class RvqConfig(_Frozen):
    """A residual VQ-VAE; one per part, alike but for the part's width."""

    width: Width = 256
    code_width: Width = 256
    """Of codes, and so of the generators' latents."""
    codes: Codes = 256
    levels: Layers = 6
    down_stages: Annotated[int, Field(gt=0, le=8)] = 2
    """Each halves the rate: 2 make 4 frames per token."""
    dilations: Annotated[tuple[Annotated[int, Field(gt=0, le=1024)], ...], Field(max_length=16)] = (9, 3, 1)
    dropout: Dropout = 0.2
    quantise_dropout: Fraction = 0.0
    """In training, the share of batches that leave out the levels above one drawn at random."""
    gumbel_temperature: Annotated[float, Field(ge=0.0)] = 0.5
    """Codes are drawn by Gumbel-max of −distance / temperature in training; 0 takes the nearest."""
    code_memory: Fraction = 0.99
    """How much of a code's running sums one training step keeps (the decay of their moving average)."""
    smoothing_sigma_frames: Annotated[float, Field(ge=0.0, le=10.0)] = 0.0
    """A fixed Gaussian at the decoder's end; without one its jitter doubles the wrist's jerk."""

    @property
    def frames_per_token(self) -> int:
        return 2**self.down_stages


class GlobalMotionConfig(_Frozen):
    """The network that finds the root's velocity in the legs."""

    width: Width = 256
    stages: Annotated[int, Field(gt=0, le=8)] = 4


class _GeneratorConfig(_Frozen):
    width: Width = 768
    heads: Heads = 4
    feed_forward: Width = 1536
    body_layers: Layers = 8
    """Decoder layers by which the body listens."""
    cross_heads: Heads = 4
    cross_feed_forward: Width = 512
    residual_heads: Heads = 8
    residual_feed_forward: Width = 1024
    residual_layers: Layers = 3
    """Decoder layers per residual level."""
    dropout: Dropout = 0.1
    hears_in_place: bool = False
    """Every frame of motion is told what is heard at that frame. As published, motion finds sound by attention alone,
    in a memory without positions: phones do not say when they are, so lips could not follow them."""
    plan_shortcut: Annotated[int, Field(ge=0, le=8192)] = 0
    """Width of a map from the plan directly to the latents of upper body and hands, which then are rounded to the
    nearest codes; 0: there is none, and the codes of these parts are chosen as those of the others."""

    @property
    def planned_parts(self) -> tuple[PartName, ...]:
        """The parts whose latents are told whole, from the plan; codes are chosen for the others."""
        return PLANNED_PARTS if self.plan_shortcut else ()

    @model_validator(mode="after")
    def _heads_divide_the_width(self) -> _GeneratorConfig:
        if self.width % 2 or self.width % self.heads:
            raise ValueError(f"width {self.width} is odd or no multiple of {self.heads} heads")
        return self


class BaseConfig(_GeneratorConfig):
    """The generator of rhythmic motion and of the face."""

    face_layers: Layers = 4


class SparseConfig(_GeneratorConfig):
    """The generator of semantic motion and of the gate."""

    legs: bool = True
    """Whether semantic motion has legs of its own, as published; they are seen after `hard` fusion alone, for both
    layers of a take have the base's."""

    @property
    def parts(self) -> tuple[PartName, ...]:
        """The parts that semantic motion has codes of its own for."""
        return BODY_PARTS if self.legs else SEMANTIC_PARTS


class FrontEndConfig(_Frozen):
    """What the generators hear and are told; kinds and widths of their inputs."""

    rhythm: Literal["published", "normalised"] = "published"
    rhythm_width: Width = 3
    speech: Literal["hubert-large-22050", "hubert-large", "hubert-base", "phones", "none"] = "hubert-large-22050"
    """Speech content. "-22050": 22 050 samples per second taken for 16 000, as the published weights need it."""
    phones: Annotated[tuple[Name, ...], Field(max_length=1000)] = ()
    """With speech "phones": what the numbers per frame stand for; 0 is silence."""
    text: Literal["vocabulary+clip", "minilm", "none"] = "vocabulary+clip"
    """A word number per frame and CLIP's vector of the window's words, or MiniLM's vectors of token and sentence."""
    vocabulary: Entries = 11_195
    word_width: Width = 300
    sentence_width: Width = 512
    speakers: Annotated[int, Field(gt=0, le=10_000)] = 25
    styles: Annotated[tuple[Name, ...], Field(max_length=1000)] = ()
    """Where named, identities are these in the place of speakers."""
    gesture_classes: Annotated[tuple[Name, ...], Field(max_length=1000)] = ()
    """Class of each frame: 0 leaves it open, k is the k-th name, counted from 1."""
    called_classes: bool = False
    """The semantic gate reads which class each word calls for by the table of gesture classes, and hears the rhythm, in
    the place of vectors of words: from those it must learn the table by heart, and rare words are in no corpus."""
    plan_width: Annotated[int, Field(ge=0, le=8192)] = 0
    """Further continuous channels per frame that a planner gives or leaves open."""

    @property
    def speech_width(self) -> int:
        """Channels of speech content per frame; 0 where there are none (phones are numbers)."""
        return _SPEECH_WIDTHS.get(self.speech, 0)

    @property
    def identities(self) -> int:
        """How many speakers or styles the model knows."""
        return len(self.styles) or self.speakers

    @model_validator(mode="after")
    def _hears_something(self) -> FrontEndConfig:
        if (self.speech == "phones") != bool(self.phones):
            raise ValueError('phones are named with speech: "phones", and only then')
        if self.speech == "none" and self.text == "none":
            raise ValueError("the sparse generator needs speech content, text or both")
        if self.called_classes and not self.gesture_classes:
            raise ValueError("words call for gesture_classes: name some, or leave called_classes out")
        return self


class BehaviourConfig(_Frozen):
    """How generation treats this model's inputs and outputs; the defaults are the published system's."""

    silence: Literal["unknown-word", "silence-token"] = "unknown-word"
    seed_translation: Literal["absolute", "velocity"] = "absolute"
    """What the motion vector's translation channels hold: metres, or metres per second in the pelvis' own frame."""
    contacts_to_global_motion: Literal["decoded", "zero"] = "decoded"
    gate_threshold: Fraction = 0.5
    gate_hysteresis: Fraction = 0.0
    """Semantic motion ends where psi falls this far below the threshold."""
    gate_scale: Annotated[float, Field(gt=0.0)] = 1.0
    gate_offset: float = 0.0
    """psi = sigmoid(scale · (logit of "semantic" − logit of "not") + offset), fitted to the validation split."""


class ModelConfig(_Frozen):
    """One model: four RVQ-VAEs, global motion, base and sparse generator."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,80}$")] = "semtalk-base-217m"
    fps: Annotated[float, Field(gt=0.0, le=1000.0)] = 30.0
    window_frames: Frames = 64
    """Also the period of the positions that the generators add to their queries."""
    seed_frames: Frames = 4
    parts: dict[PartName, PartConfig] = Field(default_factory=_default_parts)
    """Parts that are not named are the published ones."""
    rvq: RvqConfig = RvqConfig()
    global_motion: GlobalMotionConfig = GlobalMotionConfig()
    base: BaseConfig = BaseConfig()
    sparse: SparseConfig = SparseConfig()
    front_end: FrontEndConfig = FrontEndConfig()
    behaviour: BehaviourConfig = BehaviourConfig()

    @property
    def window_tokens(self) -> int:
        return self.window_frames // self.rvq.frames_per_token

    @field_validator("parts", mode="before")
    @classmethod
    def _complete(cls, parts: Any) -> Any:
        return {**_default_parts(), **parts} if isinstance(parts, dict) else parts

    @model_validator(mode="after")
    def _fits_together(self) -> ModelConfig:
        if self.window_frames % self.rvq.frames_per_token or self.seed_frames % self.rvq.frames_per_token:
            raise ValueError(f"window and seed must be whole tokens of {self.rvq.frames_per_token} frames")
        if self.rvq.down_stages != 2:
            raise ValueError("the generators make one token of four frames: down_stages must be 2")
        code_width = self.rvq.code_width
        heads = {n for g in (self.base, self.sparse) for n in (g.cross_heads, g.residual_heads)}
        if code_width % 2 or any(code_width % n for n in heads):
            raise ValueError(f"code_width {code_width} is odd or no multiple of {sorted(heads)} heads")
        return self


def parse_model_config(section: Any, origin: str | Path) -> ModelConfig:
    """A config from the section `model` of a recipe. Raises UserError that names the first wrong key of `origin`."""
    try:
        return ModelConfig.model_validate(section)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(["model", *(str(key) for key in first["loc"])])
        raise UserError(f"{origin}: {place}: {first['msg']}: correct it (nets/config.py explains every key)") from error


def read_model_config(path: str | Path) -> ModelConfig:
    """The section `model` of a YAML file (a recipe, or config.yaml in a model's folder)."""
    return parse_model_config(read_section(path, "model"), path)


def read_section(path: str | Path, name: str) -> Any:
    """One section of a YAML file. Raises UserError where it has none of this name."""
    sections = read_recipe(path)
    if name not in sections:
        raise UserError(f"{path}: has no section `{name}:`, but {', '.join(map(str, sections))}: choose another file")
    return sections[name]


def read_recipe(path: str | Path) -> dict[str, Any]:
    """A YAML file's sections. Raises UserError where it cannot be read or is no mapping."""
    try:
        sections = yaml.safe_load(read_text(path, _MOST_BYTES))
    except yaml.YAMLError as error:
        raise UserError(f"{path}: is no YAML ({str(error).splitlines()[0]}): correct it") from error
    if not isinstance(sections, dict):
        raise UserError(f"{path}: holds no sections: begin it with `model:`")
    return sections


def write_model_config(config: ModelConfig, path: str | Path) -> None:
    """Writes what `read_model_config` reads; the published values are left out."""
    section = config.model_dump(mode="json", exclude_defaults=True)
    with replacing(path) as temporary:
        temporary.write_text(yaml.safe_dump({"model": section}, sort_keys=False, width=120), encoding="utf-8")
