"""What the published sets of weights hold, what their authors allow, and what a user should know of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..config import ModelConfig
from ..semges.config import SemGesConfig


@dataclass(frozen=True)
class PublishedSet:
    """One published system. Networks are named as in `chironomy.nets.published`."""

    config: ModelConfig | SemGesConfig
    needed: Mapping[str, str]
    """Networks, and the file in which each was published."""
    optional: Mapping[str, str]
    vocabulary_size: int
    summary: str
    licence: str
    notes: tuple[str, ...]


#: The base generator of the set with 25 speakers, by the two ends of its file's SHA-256.
BASE_OF_25_SPEAKERS = ("52999373", "89603")
NOTES_25_SPEAKERS = ("All 25 speakers of BEAT2 are trained.",)
NOTES_ONE_SPEAKER = (
    'Speaker 2 of BEAT2 ("Scott") alone is trained: index 1 of 25.',
    "Weights are taken for those of one speaker where their folder is not named all_speakers or 25spk and the base "
    "generator's SHA-256 is not that of the 25-speaker release.",
)

SEMTALK = PublishedSet(
    config=ModelConfig(name="semtalk-official"),
    needed={
        "semtalk/rvq_face": "pretrained_vq/rvq_face_600.bin",
        "semtalk/rvq_upper": "pretrained_vq/rvq_upper_500.bin",
        "semtalk/rvq_hands": "pretrained_vq/rvq_hands_500.bin",
        "semtalk/rvq_lower": "pretrained_vq/rvq_lower_600.bin",
        "semtalk/global_motion": "pretrained_vq/last_1700_foot.bin",
        "semtalk/base": "best_semtalk_base.bin",
        "semtalk/sparse": "best_semtalk_sparse.bin",
    },
    optional={"semtalk/fgd": "AESKConv_240_100.bin"},
    vocabulary_size=ModelConfig().front_end.vocabulary,
    summary="SemTalk's released weights (Xiangyue Zhang et al.), converted from the user's own copy; parts without "
    "effect on any output were left out.",
    licence="The authors' repository has no licence, and their page on Hugging Face says that none is granted. "
    "Converted weights are the user's own copy: do not pass them on. They were trained on BEAT2, whose terms hold too.",
    notes=(
        "The weights need speech content as they were trained with it: HuBERT-large hears sound at 22.05 kHz as if it "
        "were at 16 kHz.",
        "The emotion input has no effect on these weights.",
    ),
)

SEMGES = PublishedSet(
    config=SemGesConfig(name="semges-official"),
    needed={
        "semges/vq_hand": "the hand VQ-VAE, last_1900.bin",
        "semges/vq_body": "the body VQ-VAE, last_1900.bin",
        "semges/transformer": "the semantic transformer, last_30.bin",
    },
    optional={},
    vocabulary_size=SemGesConfig().transformer.text.vocabulary,
    summary="SemGes' weights, converted from the user's own copy; parts without effect on any output were left out.",
    licence="The authors' repository has no licence: converted weights are the user's own copy, do not pass them on. "
    "They were trained on BEAT, whose terms hold too.",
    notes=("Speakers 2, 4, 6 and 8 of BEAT alone are trained: indices 1, 3, 5 and 7 of 34.",),
)
