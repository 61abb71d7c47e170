"""What may be said to this generator beyond the request itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...errors import UserError
from .sampling import Sampling

Precision = Literal["auto", "fp32", "bf16", "fp16"]


class Settings(BaseModel):
    """The keys of a request's settings; part of the result, and recorded with the take."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: tuple[float, ...] = Field(default=(0.0,), min_length=1, max_length=16)
    """How freely codes are drawn, by residual level (the last holds for those behind it); 0 takes the likeliest."""
    top_k: tuple[int, ...] = Field(default=(0,), min_length=1, max_length=16)
    """Only so many of the likeliest codes are drawn from; 0: all."""
    lazy: bool = False
    """Semantic motion only in windows where psi or a slider asks for it; elsewhere it is the base motion."""
    sliders: dict[int, float] = {}
    """With `lazy`: the words that are to be emphasised, by number."""
    speaker: int = Field(default=1, ge=0)
    """For models that know speakers by number; 1 is the one that the published single-speaker weights know."""
    precision: Precision = "auto"
    """Of base and sparse network; auto: bf16 on a graphics card, else fp32."""
    compile: bool = False
    """On a graphics card, lets torch.compile make the networks faster, which takes a minute once: for many lines."""

    @property
    def sampling(self) -> Sampling:
        return Sampling(self.temperature, self.top_k)


def read_settings(given: Mapping[str, Any]) -> Settings:
    """Raises UserError for anything that is no setting of this generator."""
    listed = {
        key: (value,) if isinstance(value, int | float) and key in _LISTS else value for key, value in given.items()
    }
    try:
        settings = Settings.model_validate(listed)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        known = ", ".join(Settings.model_fields)
        raise UserError(f"setting {name}: {first['msg']}: semtalk has the settings {known}") from error
    if any(not 0 <= value <= 10 for value in settings.temperature) or min(settings.top_k) < 0:
        raise UserError("settings temperature and top_k: 0 to 10, and 0 or more")
    return settings


_LISTS = ("temperature", "top_k")
