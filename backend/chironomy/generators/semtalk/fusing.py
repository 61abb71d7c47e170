"""A take's motion at the animator's emphasis e, again and again while sliders move: only what changed is made anew.

Three ways of fusing the two layers:

- `pose`: slerp between the layers' rotations, as in the viewport (emphasis.fuse).
- `soft`: the latents of upper body and hands are blended by e token by token, then decoded: the network's own way
  from one motion to the other. Legs and root stay the base's, so feet stand.
- `hard`: as published, each token is wholly base or wholly semantic, upper body, hands and legs.

Above e = 1 all three go on from the semantic motion as emphasis.fuse does.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from ...emphasis.curve import MAX_EMPHASIS
from ...emphasis.fuse import fuse
from ...errors import UserError
from ...formats.take import Take
from ...motion.body import Body
from ...motion.rotations import Array
from ...nets.config import BODY_PARTS, SEMANTIC_PARTS, BehaviourConfig, PartName
from ...nets.model_folder import Model
from ...progress import Progress, silent
from ..locked import meet_rotations
from .codes import TakeCodes
from .decoding import STRETCH_TOKENS, blending_decoder_of, decode_span
from .gate import emphasis_of_tokens, switched_on
from .ground import stand
from .layers import root_path, root_velocities, rotations_of
from .loading import weights_digest
from .take_making import limit_joints
from .windows import FRAMES_PER_TOKEN

FusionMode = Literal["hard", "soft", "pose"]
FUSION_MODES: tuple[FusionMode, ...] = get_args(FusionMode)


def token_weights(emphasis: Array, tokens: int, mode: FusionMode, behaviour: BehaviourConfig) -> Array:
    """How semantic each token is [N], 0…1, from e [T]; `hard` knows 0 and 1 alone."""
    own = emphasis_of_tokens(emphasis, tokens)
    if mode == "hard":
        threshold = behaviour.gate_threshold
        return switched_on(own, threshold, threshold - behaviour.gate_hysteresis).astype(float)
    return np.clip(own, 0.0, 1.0)


def changed_spans(old: ArrayLike, new: ArrayLike, reach: int) -> list[tuple[int, int]]:
    """First and end of the stretches within `reach` of a value that differs, [N] each; they do not touch."""
    places = np.flatnonzero(np.asarray(old) != np.asarray(new))
    spans: list[tuple[int, int]] = []
    for place in places:
        first, end = max(int(place) - reach, 0), min(int(place) + reach + 1, len(np.asarray(new)))
        if spans and first <= spans[-1][1]:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((first, end))
    return spans


class Fuser:
    """Fuses one take in one mode. Keeps the last result: a slider's move costs what its word's window costs."""

    def __init__(self, model: Model, take: Take, codes: TakeCodes, body: Body, mode: FusionMode) -> None:
        """Raises UserError where the codes are those of another take or model."""
        most = max(int(own.max()) for own in (*codes.base.values(), *codes.semantic.values()))
        covers_take = codes.tokens * FRAMES_PER_TOKEN >= take.frames
        if codes.weights != take.metadata.weights or not covers_take or most >= model.config.rvq.codes:
            raise UserError("the codes beside this take belong to another one: generate it again")
        if codes.weights != weights_digest(model.card):
            raise UserError(f"this take was not made by the model {model.config.name}: choose the one that made it")
        self._model, self._take, self._codes, self._body = model, take, codes, body
        self._mode: FusionMode = mode
        self._parts: tuple[PartName, ...] = BODY_PARTS if mode == "hard" else SEMANTIC_PARTS
        layouts = model.config.parts
        self._moved = [joint for part in self._parts for joint in layouts[part].joint_numbers]
        self._weights = np.full(codes.tokens, np.nan)
        self._emphasis = np.full(take.frames, np.nan)
        self._decoded = take.base_rotations.copy()
        """What the decoder says of the fused parts, within the joints' limits, on the base's other joints."""
        self._lower = np.zeros((codes.tokens * FRAMES_PER_TOKEN, 7))
        self._velocities = np.zeros((take.frames, 3))
        """The root's, from the legs that `hard` decodes."""
        self._mixed, self._translation = take.base_rotations.copy(), take.translation
        """The motion at min(e, 1)."""
        self._out = take.base_rotations.copy()

    def __call__(self, emphasis: ArrayLike, progress: Progress = silent) -> tuple[Array, Array]:
        """Rotations [T, 55, 4] and translation [T, 3] at emphasis e [T], 0…2. Do not write into them.

        Where `progress` raises, the fuser is of no use any more.
        """
        e = np.clip(np.asarray(emphasis, dtype=float), 0.0, MAX_EMPHASIS)
        if e.shape != self._emphasis.shape:
            raise ValueError(f"an emphasis of {e.shape}: the take has {len(self._emphasis)} frames")
        changed = e != self._emphasis
        semantic = self._take.semantic_rotations
        if self._mode != "pose":
            changed |= self._mix(e, progress)
            self._out[changed] = self._mixed[changed]
            changed, semantic = changed & (e > 1), self._mixed
        self._out[changed] = fuse(self._take.base_rotations[changed], semantic[changed], e[changed])
        self._emphasis = e
        return self._out, self._translation

    def _mix(self, e: Array, progress: Progress) -> NDArray[np.bool_]:
        """Brings the motion at min(e, 1) up to date; says which frames [T] are not as before."""
        weights = token_weights(e, self._codes.tokens, self._mode, self._model.config.behaviour)
        changed = np.zeros(self._take.frames, dtype=bool)
        context = max(self._model.rvq[part].context_tokens for part in self._parts)
        for first, end in _in_stretches(changed_spans(self._weights, weights, context)):
            progress("Mixing", first / len(weights))
            frames = slice(first * FRAMES_PER_TOKEN, min(end * FRAMES_PER_TOKEN, self._take.frames))
            for part in self._parts:
                self._decode(part, weights, first, end, frames)
            limit_joints(self._decoded[frames], self._moved)
            changed[frames] = True
        self._weights = weights
        if not changed.any():
            return changed
        return self._stand(changed) if self._mode == "hard" else self._keep_standing(changed)

    def _decode(self, part: PartName, weights: Array, first: int, end: int, frames: slice) -> None:
        rvq, layout = self._model.rvq[part], self._model.config.parts[part]
        base, semantic = (torch.from_numpy(codes[part]) for codes in (self._codes.base, self._codes.semantic))
        decode = blending_decoder_of(rvq, base, semantic, torch.from_numpy(weights))
        with torch.inference_mode():
            motion = decode_span(decode, first, end, self._codes.tokens, rvq.context_tokens).double().cpu().numpy()
        rotations = rotations_of(motion, layout)[: frames.stop - frames.start]
        self._decoded[frames, list(layout.joint_numbers)] = rotations
        if layout.extra == "root":
            self._lower[first * FRAMES_PER_TOKEN : end * FRAMES_PER_TOKEN] = motion[:, 6 * len(layout.joints) :]

    def _keep_standing(self, changed: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """On the base's legs: what changed [T], met with what is locked."""
        self._mixed[changed] = self._decoded[changed]
        self._mixed = meet_rotations(self._mixed, self._codes.locked)
        self._mixed[changed] = _on_the_side_of(self._take.base_rotations[changed], self._mixed[changed])
        return changed

    def _stand(self, changed: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """On legs of its own: the root's path and the feet's places. Says which frames [T] are not as before."""
        take, lower = self._take, self._lower[: self._take.frames]
        reach = self._model.global_motion.context_frames
        for first, end in changed_spans(np.zeros(take.frames), changed, reach):
            with torch.inference_mode():
                self._velocities[first:end] = root_velocities(self._model, self._decoded, lower, first, end)
        path = root_path(self._velocities, take.metadata.fps)
        before, locked = self._mixed, self._codes.locked
        body = self._decoded.copy()
        self._translation, _ = stand(body, path, lower[:, 3:], self._body, locked, take.metadata.fps)
        self._mixed = _on_the_side_of(take.base_rotations, body)
        return changed | np.any(self._mixed != before, axis=(1, 2))


def _in_stretches(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same, none longer than what is decoded at a time."""
    step = STRETCH_TOKENS
    return [(k, min(k + step, end)) for first, end in spans for k in range(first, end, step)]


def _on_the_side_of(reference: Array, q: Array) -> Array:
    """The same rotations, in the hemisphere of others, which are continuous in time."""
    return np.where(np.einsum("...k,...k->...", reference, q)[..., None] < 0, -q, q)
