"""The base generator: face, and rhythmic motion of the body, from the sound, a few seed frames and who speaks.

Many windows, where each begins with the last frames of the one before:

    memory = network.prepare(in_audio, hubert, in_id)                # all windows as one batch
    for k in range(windows):
        latents = network.latents(memory.windows(slice(k, k + 1)), in_motion, mask)          # needs the seed
        logits = {part: network.logits(part, latents[part], memory.windows(...)) for part in BODY_PARTS}
        ...                                                          # choose codes, decode, take the next seed
    face = network.logits("face", all windows' face latents, memory)                         # once for all
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..config import PARTS, ModelConfig, PartName
from ..linear import Linear
from .attention import Decoder, Memories, windows_of
from .body import BodyMemory, BodyStream, Latents
from .consistency import rhythmic_consistency
from .heads import PartHead
from .inputs import Conditions, Hearing, MotionHint
from .layers import Halving, Positions, mean_of_tokens, mlp
from .plan_shortcut import PlanShortcut, Told


@dataclass(frozen=True)
class BaseMemory:
    """What does not depend on a window's seed: everything heard and told, of any number of windows."""

    face_query: Tensor
    """[B, T, width]."""
    face_heard: Tensor
    """[B, T, latent]."""
    body: BodyMemory
    heads: dict[PartName, tuple[Memories, ...]]
    """[B, T, 2 · latent] for each layer of each level."""
    sounds: tuple[Tensor, Tensor]
    """What face and body shall be consistent with, [B, T, latent] each."""
    told: Told
    """What the plan asks for directly; empty without that way."""

    def windows(self, windows: slice) -> BaseMemory:
        """The memory of some of the batch's windows; nothing is copied."""
        heads: dict[PartName, tuple[Memories, ...]] = {
            part: tuple(windows_of(level, windows) for level in levels) for part, levels in self.heads.items()
        }
        face, body = self.sounds
        return BaseMemory(
            self.face_query[windows],
            self.face_heard[windows],
            self.body.windows(windows),
            heads,
            (face[windows], body[windows]),
            {part: told[windows] for part, told in self.told.items()},
        )


class BaseNetwork(nn.Module):
    """SemTalk's base generator; T frames in, N = T / 4 tokens out."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        latent = config.rvq.code_width
        self.hearing_face = Hearing(config)
        self.hearing_body = Hearing(config)
        self.motion_hint = MotionHint(latent)
        self.conditions = Conditions(config.front_end, config.base.width)
        self.face = _FaceStream(config)
        self.body = BodyStream(config, config.base)
        self.cross = _CrossParts(config)
        chosen = [part for part in PARTS if part not in config.base.planned_parts]
        self.heads = nn.ModuleDict({part: PartHead(config, config.base) for part in chosen})
        self.shortcut = PlanShortcut(config, config.base.plan_shortcut) if config.base.plan_shortcut else None

    def forward(
        self,
        in_audio: Tensor,
        hubert: Tensor | None,
        in_motion: Tensor,
        mask: Tensor,
        in_id: Tensor,
        in_word: Tensor | None = None,  # noqa: ARG002  a name of the published call; the base reads no words
        use_word: bool = True,
        gesture_class: Tensor | None = None,
        plan: Tensor | None = None,
        plan_mask: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Whole windows in one call, as the published network takes them.

        in_audio [B, T, rhythm_width]; hubert [B, T, speech_width] or phones [B, T]; in_motion and mask [B, T, 337],
        mask 1 where motion is hidden; in_id [B, T, 1]; gesture_class [B, T]; plan [B, T, P], plan_mask 1 where open.
        use_word=False lets the body follow from the visible motion alone.

        Gives for each part cls_<part> [B, N, codes, levels] and rec_<part> [B, levels, 1, N, latent], or of parts that
        the plan tells of directly whole_<part> [B, N, latent] instead, and the rhythmic consistency of face
        (hubert_cons_loss) and body (beat_cons_loss).
        """
        memory = self.prepare(in_audio, hubert, in_id, gesture_class, plan, plan_mask)
        streams = self._streams(memory, in_motion, mask, use_word)
        latents = self.cross(streams)
        output: dict[str, Tensor] = {}
        for part, heard in memory.heads.items():
            output[f"cls_{part}"], output[f"rec_{part}"] = self._head(part)(latents[part], heard)
        face, body = (mean_of_tokens(sound, self.config.rvq.frames_per_token) for sound in memory.sounds)
        for part, told in memory.told.items():
            output[f"whole_{part}"] = self.whole(part, latents[part], told)
        output["hubert_cons_loss"] = rhythmic_consistency(streams["face"], face)
        output["beat_cons_loss"] = rhythmic_consistency(streams["hands"], body)
        return output

    def prepare(
        self,
        in_audio: Tensor,
        hubert: Tensor | None,
        in_id: Tensor,
        gesture_class: Tensor | None = None,
        plan: Tensor | None = None,
        plan_mask: Tensor | None = None,
    ) -> BaseMemory:
        """All that needs no motion, for any number of windows; at the published size 11 MB per window in fp32."""
        face_sound, face_heard = self.hearing_face(in_audio, hubert)
        body_sound, body_heard = self.hearing_body(in_audio, hubert)
        conditions = self.conditions(in_id, gesture_class, plan, plan_mask)
        if self.config.base.hears_in_place:
            conditions = conditions + self.body.from_heard(body_heard)
        heard: dict[PartName, Tensor] = {
            part: face_heard if part == "face" else body_heard for part in PARTS if part in self.heads
        }
        return BaseMemory(
            self.face.query(in_id, face_heard),
            face_heard,
            self.body.prepare(body_heard, conditions),
            {part: self._head(part).remember(own) for part, own in heard.items()},
            (face_sound, body_sound),
            {} if self.shortcut is None else self.shortcut(self.conditions.planned(in_id[..., 0], plan, plan_mask)),
        )

    def latents(self, memory: BaseMemory, in_motion: Tensor, mask: Tensor) -> Latents:
        """The latents [B, N, latent] of all four parts of windows whose visible motion is known."""
        return self.cross(self._streams(memory, in_motion, mask))

    def logits(self, part: PartName, latent: Tensor, memory: BaseMemory) -> Tensor:
        """Logits [B, N, codes, levels] of one part of windows whose latents [B, N, latent] are known."""
        return self._head(part)(latent, memory.heads[part])[0]

    def whole(self, part: PartName, latent: Tensor, told: Tensor) -> Tensor:
        """The latent [B, N, latent] of all levels together, in units of the spread of the part's first codebook."""
        assert self.shortcut is not None
        return self.shortcut.whole(part, told, latent)

    def _streams(self, memory: BaseMemory, in_motion: Tensor, mask: Tensor, use_word: bool = True) -> Latents:
        hint = self.motion_hint(in_motion, mask)
        face = self.face(memory.face_query, memory.face_heard, hint)
        return {"face": face, **self.body(hint, memory.body, use_word)}

    def _head(self, part: PartName) -> PartHead:
        head = self.heads[part]
        assert isinstance(head, PartHead)
        return head


class _FaceStream(nn.Module):
    """The face's latents [B, N, latent]: who speaks looks at what is heard and at hints of motion."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        sizes, latent = config.base, config.rvq.code_width
        width = sizes.width
        self.identity = nn.Embedding(config.front_end.identities, width)
        self.heard_in_place = Linear(latent, width) if sizes.hears_in_place else None
        self.positions = Positions(width, config.window_frames, sizes.dropout)
        self.hint = mlp(latent, width, latent)
        self.memory = Linear(2 * latent, width)
        self.decoder = Decoder(sizes.face_layers, width, sizes.heads, sizes.feed_forward, sizes.dropout)
        self.narrow = Linear(width, latent)
        self.halve_first = Halving(latent)
        self.between = mlp(latent, width, latent)
        self.halve_second = Halving(latent)

    def query(self, identity: Tensor, heard: Tensor) -> Tensor:
        """[B, T, width] of identities [B, T, 1] and what is heard [B, T, latent]."""
        query = self.identity(identity[..., 0])
        return self.positions(query if self.heard_in_place is None else query + self.heard_in_place(heard))

    def forward(self, query: Tensor, heard: Tensor, hint: Tensor) -> Tensor:
        memory = self.memory(torch.cat([heard, self.hint(hint)], dim=-1))
        latent = self.narrow(self.decoder(query, memory))
        return self.halve_second(self.between(self.halve_first(latent)))


class _CrossParts(nn.Module):
    """Each part's tokens look once at those of others."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        sizes = config.base
        layer = (1, config.rvq.code_width, sizes.cross_heads, sizes.cross_feed_forward, sizes.dropout)
        self.face, self.upper, self.hands, self.lower = (Decoder(*layer) for _ in PARTS)

    def forward(self, latents: Latents) -> Latents:
        face, upper, hands, lower = (latents[part] for part in PARTS)
        crossed_hands = self.hands(hands, face)
        return {
            "face": self.face(face, hands),
            "upper": self.upper(upper, crossed_hands + lower),
            "hands": crossed_hands,
            "lower": self.lower(lower, upper + crossed_hands),
        }
