"""What clients send and get, as pydantic models: strict, bounded, nothing unknown."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..emphasis.curve import MAX_EMPHASIS
from ..formats.gesture_choice import AUTO, LARGEST, OPEN, SMALLEST, GestureChoice
from ..formats.words_json import SCHEMA

_MOST_WORDS = 60_000  # two hours, spoken faster than anybody does
MOST_VARIATIONS = 4
_LATEST_S = 7200.0 + 60.0

Seconds = Annotated[float, Field(ge=0, le=_LATEST_S, allow_inf_nan=False)]
WordNumber = Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,4})$")]
"""A JSON object's keys are texts: "3" is the fourth word."""
Emphasis = Annotated[float, Field(ge=0, le=MAX_EMPHASIS, allow_inf_nan=False)]


Number = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]
WholeNumber = Annotated[int, Field(ge=-(10**6), le=10**6)]
Setting = (
    bool | WholeNumber | Number | Annotated[str, Field(max_length=100)] | Annotated[list[Number], Field(max_length=16)]
)


class Strict(BaseModel):
    """No key that is not named here, no text where a number is meant."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class PhoneModel(Strict):
    """One phone with its times."""

    label: str = Field(max_length=20)
    start_s: Seconds
    end_s: Seconds


class WordModel(Strict):
    """One word with its times, as GET /jobs/{id}/words gives it."""

    text: str = Field(min_length=1, max_length=200)
    start_s: Seconds
    end_s: Seconds
    phones: list[PhoneModel] = Field(default=[], max_length=200)
    punctuation: str = Field(default="", max_length=50)
    method: Literal["aligned", "estimated", "given"] = "given"
    confidence: float = Field(default=1.0, ge=0, le=1, allow_inf_nan=False)


class GestureModel(Strict):
    """What is chosen for one word's gesture; what is left out, the generator chooses."""

    gesture_class: str | None = Field(
        default=OPEN.gesture_class, alias="class", max_length=100, description='One of GET /health; "" for no gesture.'
    )
    hand: Literal["auto", "left", "right", "both"] = AUTO
    size: float = Field(
        default=OPEN.size, ge=SMALLEST, le=LARGEST, allow_inf_nan=False,
        description="How far the hands go, in parts of what the generator would have them do.",
    )  # fmt: skip


class JobRequest(Strict):
    """What is to be made of a recording. Its words come as `text`, as `words` or as the part `transcript`.

    Takes are always whole; which frames of them are used, and how they pass into what lies around, is the client's.
    """

    kind: Literal["generate", "align"] = "generate"
    text: str | None = Field(default=None, max_length=1_000_000)
    words: list[WordModel] | None = Field(default=None, min_length=1, max_length=_MOST_WORDS)
    language: str = Field(default="en", pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")
    generator: str = Field(
        default="", max_length=100,
        description="Empty: the model's, where one is named, else that of `default` in GET /health.",
    )  # fmt: skip
    model: str = Field(
        default="", pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]{0,79})?$",
        description="For generators with weights: one of its models in GET /health; empty: the first that is whole.",
    )  # fmt: skip
    settings: dict[Annotated[str, Field(max_length=40)], Setting] = Field(
        default={}, max_length=20, description="Of the generator; their names are in GET /health."
    )
    style: str = Field(default="neutral", max_length=100)
    seed: int = Field(default=1, ge=0, le=2**31 - 1)
    gestures: dict[WordNumber, GestureModel] = Field(
        default={}, max_length=_MOST_WORDS, description="Word number → what is chosen for its gesture."
    )
    gesture_classes: dict[WordNumber, Annotated[str, Field(max_length=100)]] = Field(
        default={}, max_length=_MOST_WORDS, json_schema_extra={"deprecated": True},
        description="Word number → class, as earlier versions chose it; `gestures` says the same and more.",
    )  # fmt: skip
    variations: int = Field(
        default=1, ge=1, le=MOST_VARIATIONS, description="How many takes: seeds seed, seed + 1, …, one take each."
    )

    @model_validator(mode="after")
    def _gestures_once(self) -> JobRequest:
        if self.gestures and self.gesture_classes:
            raise ValueError("give gestures or gesture_classes, not both")
        return self

    @property
    def gesture_choices(self) -> dict[int, GestureChoice]:
        """What is chosen for words, however it was written."""
        classes = {int(number): GestureChoice(name) for number, name in self.gesture_classes.items()}
        return classes | {int(k): GestureChoice(g.gesture_class, g.hand, g.size) for k, g in self.gestures.items()}


class FuseRequest(Strict):
    """Emphasis as sliders (word number → 0…2) or as a curve, one number a frame. Neither: the take's own."""

    mode: Literal["pose", "soft", "hard"] = Field(
        default="pose",
        description="pose mixes the layers as Blender's viewport does; soft (blended) and hard (one or the other) let "
        "the network mix what it drew, for takes of generators with codes.",
    )
    sliders: dict[WordNumber, Emphasis] | None = Field(default=None, max_length=_MOST_WORDS)
    curve: list[Emphasis] | None = Field(default=None, min_length=1, max_length=10**6)

    @model_validator(mode="after")
    def _one_of_them(self) -> FuseRequest:
        if self.sliders is not None and self.curve is not None:
            raise ValueError("give sliders or a curve, not both")
        return self


class ParentRequest(Strict):
    """A process (a Blender) that the server is to live for."""

    pid: int = Field(ge=1, le=2**31 - 1)


class JobCreated(BaseModel):
    """The new job's id."""

    id: str


class JobStatus(BaseModel):
    """Where a job is."""

    id: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    stage: str
    fraction: float
    seconds_left: float | None
    error: dict[str, Any] | None
    takes: list[str]
    notices: list[str]


class ModelModel(BaseModel):
    """Weights of a generator on this machine."""

    name: str
    licence: str
    summary: str
    problem: str
    """What is missing or broken; empty where all is there."""


class DefaultModel(BaseModel):
    """What makes a job's takes where it names neither generator nor model."""

    generator: str
    model: str
    """Empty where the generator needs none."""
    notice: str
    """Why it is not the model that came along, where it is not; such takes have this line among their notices."""


class GeneratorModel(BaseModel):
    """One generator."""

    name: str
    title: str
    licence: str
    """Of its code; its models have their own."""
    description: str
    settings: list[str]
    models: list[ModelModel]
    missing: str
    """Why it cannot be used, and what to do, in one line; empty where it can."""


class Health(BaseModel):
    """What the server is and does."""

    version: str
    protocol: int
    device: str
    memory_mb: float
    generators: list[GeneratorModel]
    default: DefaultModel
    styles: list[str]
    gesture_classes: list[str]
    jobs_queued: int
    jobs_running: int


def words_document(words: list[WordModel]) -> dict[str, Any]:
    """Words as the file format has them (formats.words_json)."""
    entries = [word.model_dump() for word in words]
    return {"schema": SCHEMA, "duration_s": max(word.end_s for word in words), "words": entries}
