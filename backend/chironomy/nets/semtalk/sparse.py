"""The sparse generator: rare motion that follows meaning, and the gate that says when.

Many windows, after the base has made motion for all of them:

    heard = network.hear(in_word, feat_clip_text, hubert, called_class, rhythm)  # needs neither seed nor speaker
    output = network.perform(heard, in_motion, mask, in_id)    # any windows, in one batch or several
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn
from torch.nn import functional as F

from ..config import BODY_PARTS, SEMANTIC_PARTS, ModelConfig, PartName
from ..linear import Linear
from .attention import Decoder
from .body import BodyStream, Latents
from .heads import PartHead
from .inputs import Calls, Conditions, MotionHint, SpeechEncoder, TextEncoder, required
from .layers import PairFusion, mean_of_tokens, mlp
from .plan_shortcut import PlanShortcut


class Heard(NamedTuple):
    """What words and sound say of any number of windows."""

    meaning: Tensor
    """[B, T, latent], weighted by psi."""
    gate: Tensor
    """Logits [B, N, 2] of "nothing" and "semantic"."""

    def windows(self, windows: slice | Tensor) -> Heard:
        """Some of the batch's windows, e.g. those where the gate is open."""
        return Heard(self.meaning[windows], self.gate[windows])


class SparseNetwork(nn.Module):
    """SemTalk's sparse generator; T frames in, N = T / 4 tokens out."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        front_end, latent = config.front_end, config.rvq.code_width
        self.text = TextEncoder(config) if front_end.text != "none" else None
        self.speech = SpeechEncoder(front_end, latent) if front_end.speech != "none" else None
        self.fusion = PairFusion(latent) if self.text is not None and self.speech is not None else None
        self.calls = Calls(front_end, latent, config.rvq.frames_per_token) if front_end.called_classes else None
        self.gate_logits = Linear(latent, 2)
        self.meaning = mlp(latent, latent, latent)
        self.motion_hint = MotionHint(latent)
        self.conditions = Conditions(front_end, config.sparse.width)
        self.body = BodyStream(config, config.sparse)
        self.cross = _CrossParts(config)
        self._chosen: list[PartName] = [part for part in config.sparse.parts if part not in config.sparse.planned_parts]
        self.heads = nn.ModuleDict({part: PartHead(config, config.sparse) for part in self._chosen})
        self.shortcut = PlanShortcut(config, config.sparse.plan_shortcut) if config.sparse.plan_shortcut else None

    def forward(
        self,
        in_word: Tensor | None,
        feat_clip_text: Tensor | None,
        emotion: Tensor | None,  # noqa: ARG002  a name of the published call, where it has no effect either
        hubert: Tensor | None,
        in_motion: Tensor,
        mask: Tensor,
        in_id: Tensor,
        latent: object = None,  # noqa: ARG002  likewise: the base's latents, which nothing reads
        use_word: bool = True,
        gesture_class: Tensor | None = None,
        plan: Tensor | None = None,
        plan_mask: Tensor | None = None,
        called_class: Tensor | None = None,
        rhythm: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Whole windows in one call, as the published network takes them.

        in_word [B, T] numbers or [B, T, word_width]; feat_clip_text [B, sentence_width]; the rest as in the base.
        Gives gate [B, N, 2] and what `perform` gives.
        """
        heard = self.hear(in_word, feat_clip_text, hubert, called_class, rhythm)
        return self.perform(heard, in_motion, mask, in_id, use_word, gesture_class, plan, plan_mask)

    def hear(
        self,
        in_word: Tensor | None,
        feat_clip_text: Tensor | None,
        hubert: Tensor | None,
        called_class: Tensor | None = None,
        rhythm: Tensor | None = None,
    ) -> Heard:
        """Meaning and gate of any number of windows; called_class [B, T] and rhythm [B, T, R] for `called_classes`."""
        features = self._features(in_word, feat_clip_text, hubert)
        if self.calls is None:
            gate = self.gate_logits(mean_of_tokens(features, self.config.rvq.frames_per_token))
        else:
            gate = self.called(required(called_class, "called_class"), required(rhythm, "rhythm"))
        psi = F.softmax(gate, dim=-1)[..., 1].repeat_interleave(self.config.rvq.frames_per_token, dim=1)
        return Heard(self.meaning(features) * psi[..., None], gate)

    def called(self, called_class: Tensor, rhythm: Tensor) -> Tensor:
        """The gate's logits [B, N, 2] of a model with `called_classes`, from [B, T] and [B, T, R] of any length."""
        assert self.calls is not None
        return self.gate_logits(self.calls(called_class, rhythm))

    def perform(
        self,
        heard: Heard,
        in_motion: Tensor,
        mask: Tensor,
        in_id: Tensor,
        use_word: bool = True,
        gesture_class: Tensor | None = None,
        plan: Tensor | None = None,
        plan_mask: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """For each part with semantic codes cls_<part> [B, N, codes, levels] and rec_<part> [B, levels, 1, N, latent],
        from what `hear` made.

        Of parts that the plan tells of directly whole_<part> [B, N, latent] instead: the latents of all levels
        together, in units of the spread of the part's first codebook.
        """
        conditions = self.conditions(in_id, gesture_class, plan, plan_mask)
        if self.config.sparse.hears_in_place:
            conditions = conditions + self.body.from_heard(heard.meaning)
        memory = self.body.prepare(heard.meaning, conditions)
        latents = self.cross(self.body(self.motion_hint(in_motion, mask), memory, use_word))
        output = {"gate": heard.gate}
        for part in self._chosen:
            head = self._head(part)
            output[f"cls_{part}"], output[f"rec_{part}"] = head(latents[part], head.remember(heard.meaning))
        if self.shortcut is not None:
            told = self.shortcut(self.conditions.planned(in_id[..., 0], plan, plan_mask))
            for part, own in told.items():
                output[f"whole_{part}"] = self.shortcut.whole(part, own, latents[part])
        return output

    def _features(self, in_word: Tensor | None, feat_clip_text: Tensor | None, hubert: Tensor | None) -> Tensor:
        """[B, T, latent] of words, sound, or both mixed."""
        features: list[Tensor] = []
        if self.text is not None:
            features.append(self.text(required(in_word, "in_word"), required(feat_clip_text, "feat_clip_text")))
        if self.speech is not None:
            features.append(self.speech(required(hubert, "hubert")))
        return features[0] if self.fusion is None else self.fusion(*features)

    def _head(self, part: PartName) -> PartHead:
        head = self.heads[part]
        assert isinstance(head, PartHead)
        return head


class _CrossParts(nn.Module):
    """Each part's tokens look once at those of the other two."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        sizes = config.sparse
        layer = (1, config.rvq.code_width, sizes.cross_heads, sizes.cross_feed_forward, sizes.dropout)
        self.upper, self.hands = (Decoder(*layer) for _ in SEMANTIC_PARTS)
        self.lower = Decoder(*layer) if sizes.legs else None

    def forward(self, latents: Latents) -> Latents:
        upper, hands, lower = (latents[part] for part in BODY_PARTS)
        crossed_hands = self.hands(hands, upper + lower)
        crossed: Latents = {"upper": self.upper(upper, crossed_hands + lower), "hands": crossed_hands}
        if self.lower is not None:
            crossed["lower"] = self.lower(lower, upper + crossed_hands)
        return crossed
