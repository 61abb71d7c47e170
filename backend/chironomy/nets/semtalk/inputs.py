"""What the generators hear, read and are told, as latents per frame [B, T, width]."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..config import FrontEndConfig, ModelConfig
from ..convolution import Conv1d
from ..global_motion import MotionConvolutions
from ..linear import Linear
from ..motion_vector import MOTION_WIDTH
from .attention import Decoder
from .layers import PairFusion, Positions, mean_of_tokens, mlp

_CLASS_WIDTH, _TOKENS_AROUND = 16, 9
#: The last look at what words call for takes every fourth token: gestures of one class are seconds apart.
_WIDE = 4


class SpeechEncoder(nn.Module):
    """Speech content: HuBERT features [B, T, speech_width], or phone numbers [B, T], to [B, T, width]."""

    def __init__(self, front_end: FrontEndConfig, width: int) -> None:
        super().__init__()
        self.phones = nn.Embedding(len(front_end.phones), width) if front_end.speech == "phones" else None
        self.layers = nn.Sequential(
            Conv1d(front_end.speech_width or width, width, 3, padding=1, bias=False),
            nn.BatchNorm1d(width),
            nn.GELU(),
            Conv1d(width, width, 3, padding=1, bias=False),
        )

    def forward(self, speech: Tensor) -> Tensor:
        features = speech if self.phones is None else self.phones(speech)
        return self.layers(features.transpose(1, 2)).transpose(1, 2)


class Hearing(nn.Module):
    """Rhythm [B, T, rhythm_width] and speech content mixed, for one of face and body."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        front_end, latent = config.front_end, config.rvq.code_width
        self.rhythm = mlp(front_end.rhythm_width, config.base.width, latent)
        speaks = front_end.speech != "none"
        self.speech = SpeechEncoder(front_end, latent) if speaks else None
        self.fusion = PairFusion(latent) if speaks else None

    def forward(self, rhythm: Tensor, speech: Tensor | None) -> tuple[Tensor, Tensor]:
        """The sound that motion shall be consistent with, and the mixture; [B, T, latent] each."""
        beat = self.rhythm(rhythm)
        if self.speech is None or self.fusion is None:
            return beat, beat
        content = self.speech(required(speech, "hubert"))
        return content, self.fusion(content, beat)


class TextEncoder(nn.Module):
    """Words per frame, in the light of the window's sentence vector, to [B, T, width].

    Words are numbers of the vocabulary [B, T] or vectors [B, T, word_width]; the sentence is [B, sentence_width].
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        front_end, sizes, width = config.front_end, config.sparse, config.rvq.code_width
        numbers = front_end.text == "vocabulary+clip"
        self.vocabulary = nn.Embedding(front_end.vocabulary, front_end.word_width) if numbers else None
        self.narrow = Linear(front_end.word_width, width)
        self.sentence = Linear(front_end.sentence_width, width)
        self.positions = Positions(width, config.window_frames, sizes.dropout)
        self.decoder = Decoder(1, width, sizes.cross_heads, sizes.cross_feed_forward, sizes.dropout)

    def forward(self, words: Tensor, sentence: Tensor) -> Tensor:
        vectors = words if self.vocabulary is None else self.vocabulary(words)
        # the same sentence at every frame is the same to attention as the sentence once
        return self.decoder(self.positions(self.narrow(vectors)), self.sentence(sentence)[:, None])


class Conditions(nn.Module):
    """Who moves and what is asked of the motion: identity, gesture class and plan of each frame, [B, T, width]."""

    def __init__(self, front_end: FrontEndConfig, width: int) -> None:
        super().__init__()
        classes, plan_width = len(front_end.gesture_classes), front_end.plan_width
        self.identity = nn.Embedding(front_end.identities, width)
        self.gesture_class = nn.Embedding(1 + classes, width) if classes else None
        self.plan = mlp(plan_width, width, width) if plan_width else None
        self.open_plan = nn.Parameter(torch.zeros(plan_width)) if plan_width else None

    def forward(
        self,
        identity: Tensor,
        gesture_class: Tensor | None = None,
        plan: Tensor | None = None,
        plan_mask: Tensor | None = None,
    ) -> Tensor:
        """identity [B, T, 1] and gesture_class [B, T] are numbers, class 0 being open. plan is [B, T, P].

        Where plan_mask ([B, T, P] or [B, T, 1]) is 1, the plan is open, as it is everywhere without a plan.
        """
        identity = identity[..., 0]
        told = self.identity(identity)
        if self.gesture_class is not None:
            told = told + self.gesture_class(torch.zeros_like(identity) if gesture_class is None else gesture_class)
        if self.plan is not None and self.open_plan is not None:
            told = told + self.plan(self.planned(identity, plan, plan_mask))
        return told

    def planned(self, identity: Tensor, plan: Tensor | None, plan_mask: Tensor | None) -> Tensor:
        """The plan [B, T, P] with what stands for an open one; identity [B, T]."""
        assert self.open_plan is not None
        if plan is None:
            return self.open_plan.expand(*identity.shape, -1)
        return plan if plan_mask is None else torch.where(plan_mask.bool(), self.open_plan, plan)


class Calls(nn.Module):
    """Which gesture class words call for [B, T], and the voice's rhythm [B, T, R], up to three seconds from each
    token: [B, N, width]."""

    def __init__(self, front_end: FrontEndConfig, width: int, frames_per_token: int) -> None:
        super().__init__()
        self.frames_per_token = frames_per_token
        self.gesture_class = nn.Embedding(1 + len(front_end.gesture_classes), _CLASS_WIDTH)
        self.layers = nn.Sequential(
            Conv1d(_CLASS_WIDTH + front_end.rhythm_width, width, _TOKENS_AROUND, padding=_TOKENS_AROUND // 2),
            nn.GELU(),
            Conv1d(width, width, _TOKENS_AROUND, padding=_TOKENS_AROUND // 2),
            nn.GELU(),
            Conv1d(width, width, _TOKENS_AROUND, padding=_WIDE * (_TOKENS_AROUND // 2), dilation=_WIDE),
        )

    @property
    def reach_tokens(self) -> int:
        """How far before and behind a token something changes it."""
        return (2 + _WIDE) * (_TOKENS_AROUND // 2)

    def forward(self, called_class: Tensor, rhythm: Tensor) -> Tensor:
        heard = torch.cat([self.gesture_class(called_class), rhythm], dim=-1)
        return self.layers(mean_of_tokens(heard, self.frames_per_token).transpose(1, 2)).transpose(1, 2)


class MotionHint(nn.Module):
    """Motion [B, T, 337] of which `mask` hides most, to [B, T, width]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.hidden = nn.Parameter(torch.randn(1, 1, MOTION_WIDTH) * 0.02)
        self.encoder = MotionConvolutions(MOTION_WIDTH, width, stages=3)

    def forward(self, motion: Tensor, mask: Tensor) -> Tensor:
        """Where mask [B, T, 337] is 1, a learned value takes the motion's place."""
        return self.encoder(torch.where(mask.bool(), self.hidden, motion))


def required(value: Tensor | None, name: str) -> Tensor:
    """The value, which this model cannot do without. Raises ValueError where there is none."""
    if value is None:
        raise ValueError(f"this model's front end needs the input {name}")
    return value
