"""Motion as it goes into files, whatever it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..emphasis.curve import emphasis_curve
from ..emphasis.fuse import fuse, fused_translation
from ..formats.take import Take, TakeMetadata, TakeWord
from ..motion import resample
from ..motion import rotations as rot
from ..motion.body import Body
from ..motion.rotations import Array
from ..speech.types import Audio


@dataclass(frozen=True)
class Performance:
    """A take with the animator's emphasis, or motion from another file, ready to be written."""

    take: Take
    emphasis: Array
    """[T], e(t), 0…2."""
    body: Body
    audio: Path | None = None
    """The recording, where it is at hand: for films, and packed into .blend files."""
    sliders: Mapping[int, float] | None = None
    fused: tuple[Array, Array] | None = None
    """Rotations [T, 55, 4] and translation [T, 3] where networks mixed the layers (pipeline/fusing.py)."""

    @property
    def fps(self) -> float:
        return self.take.metadata.fps

    @property
    def words(self) -> tuple[TakeWord, ...]:
        return self.take.metadata.words

    def sound(self) -> Audio | None:
        """The recording's samples, where it is at hand."""
        from ..speech.audio import read_audio

        return None if self.audio is None else read_audio(self.audio)

    def rotations(self) -> Array:
        """[T, 55, 4]: the two layers mixed by the emphasis."""
        if self.fused is not None:
            return self.fused[0]
        return fuse(self.take.base_rotations, self.take.semantic_rotations, self.emphasis)

    def translation(self) -> Array:
        """[T, 3], metres: the root's way."""
        if self.fused is not None:
            return self.fused[1]
        return fused_translation(self.take, self.emphasis)


def of_take(
    take: Take, body: Body, sliders: Mapping[int, float] | None = None, audio: Path | None = None
) -> Performance:
    """A take with emphasis sliders; without them its own emphasis holds."""
    curve = emphasis_curve(take.emphasis, take.metadata.words, sliders or {}, take.metadata.fps)
    return Performance(take, curve, body, audio, sliders)


def of_motion(rotations: Array, translation: Array, fps: float, body: Body, source: str) -> Performance:
    """Motion from another file: both layers are the same, and nothing is emphasised."""
    frames = len(rotations)
    rotations = rot.make_continuous(rotations)
    take = Take(
        base_rotations=rotations,
        semantic_rotations=rotations,
        translation=translation,
        semantic_translation=translation,
        face=np.zeros((frames, 52)),
        emphasis=np.zeros(frames),
        contacts=np.zeros((frames, 4)),
        metadata=TakeMetadata(fps=fps, generator="import", sources=(source,)),
    )
    return Performance(take, take.emphasis, body)


def at_rate(performance: Performance, fps: float) -> Performance:
    """The same performance at another frame rate; time 0 and the words' times stay."""
    if fps == performance.fps:
        return performance
    take = resample.take_at(performance.take, fps)
    at_fps = of_take(take, performance.body, performance.sliders, performance.audio)
    if performance.fused is None:
        return at_fps
    rotations, translation = performance.fused
    rotations = rot.make_continuous(resample.resample_rotations(rotations, performance.fps, fps))
    return replace(at_fps, fused=(rotations, resample.resample_smooth(translation, performance.fps, fps)))


def with_sliders_stored(performance: Performance) -> Take:
    """The take as it is written: it remembers the animator's sliders, for a later export."""
    metadata = performance.take.metadata
    sliders = {str(number): value for number, value in sorted((performance.sliders or {}).items())}
    if not sliders:
        return performance.take
    return replace(performance.take, metadata=replace(metadata, settings={**metadata.settings, "emphasis": sliders}))


def stored_sliders(take: Take) -> dict[int, float]:
    """The sliders that a take was written with."""
    stored = take.metadata.settings.get("emphasis", {})
    count = len(take.metadata.words)
    if not isinstance(stored, dict):
        return {}
    return {
        int(number): float(value) for number, value in stored.items() if str(number).isdigit() and int(number) < count
    }
