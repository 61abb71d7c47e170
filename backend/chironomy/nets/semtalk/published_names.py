"""How the published checkpoints call the parts of base and sparse generator, and what has no effect.

Ours stand on the left; the first that a name begins with is meant, and the rest of the name stays.
"""

from collections.abc import Iterable

from ..config import BODY_PARTS, PARTS, PartName

_SHARED = {
    "motion_hint.hidden": "mask_embeddings",
    "motion_hint.encoder": "motion_encoder",
    "conditions.identity": "spearker_encoder_body",
    "body.hint": "bodyhints_body.mlp",
    "body.from_hint": "feature2motion",
    "body.encoder": "motion_self_encoder",
    "body.from_heard": "audio_feature2motion",
    "body.listener": "wordhints_decoder",
    "body.halve_conditions": "spearker_encoder_body1d",
    "body.halve": "body1d",
    "cross.hands": "hands_face_decoder",
    "cross.face": "face_hands_decoder",
    "cross.upper": "upper_hands_decoder",
    "cross.lower": "lower_hands_decoder",
}


def _part_names(parts: Iterable[PartName]) -> dict[str, str]:
    names: dict[str, str] = {}
    for part in parts:
        names |= {
            f"body.parts.{part}.split": f"motion2latent_{part}.mlp",
            f"body.parts.{part}.mix": f"{part}_decoder",
            f"body.parts.{part}.narrow": f"motion_down_{part}",
            f"body.parts.{part}.halve": f"{part}1d",
            f"heads.{part}.first": f"{part}_classifier.mlp",
        }
        for level in range(1, 6):
            ours, theirs = f"heads.{part}.levels.{level - 1}", f"predict_res_{part}"
            names |= {
                f"{ours}.gather": f"{theirs}.map_zq{level}",
                f"{ours}.decoder": f"{theirs}.cross_attn_{level}",
                f"{ours}.classifier": f"{theirs}.classfier_{level}.mlp",
            }
    return names


BASE_NAMES = {
    "hearing_face.speech.layers": "hubert_encoder",
    "hearing_body.speech.layers": "hubert_encoder_body",
    "hearing_face.rhythm": "audio_pre_encoder_face.mlp",
    "hearing_body.rhythm": "audio_pre_encoder_body.mlp",
    "hearing_face.fusion.score": "at_attn_face",
    "hearing_body.fusion.score": "at_attn_body",
    "face.identity": "spearker_encoder_face",
    "face.hint": "bodyhints_face.mlp",
    "face.memory": "feature2face",
    "face.decoder": "face_decoder",
    "face.narrow": "face2latent",
    "face.halve_first": "face1d",
    "face.between": "face_latent_mlp.mlp",
    "face.halve_second": "face1d_2",
    **_SHARED,
    **_part_names(PARTS),
}
SPARSE_NAMES = {
    "text.vocabulary": "text_pre_encoder_body",
    "text.narrow": "text_encoder_body",
    "text.sentence": "clip_embedding",
    "text.decoder": "semantic_body_decoder",
    "speech.layers": "hubert_encoder_body",
    "fusion.score": "at_attn_bert",
    "gate_logits": "gate",
    "meaning": "body_semantic_mlp.mlp",
    **_SHARED,
    **_part_names(BODY_PARTS),
}

_TEMPLATES = ("transformer_de_layer.", "transformer_de_fu_layer.", "transformer_en_layer.")
_UNUSED = (*_TEMPLATES, "face_cons_mlp.", "hands_cons_mlp.", "position_embeddings.")
#: Beginnings of published names that no output depends on (no loss reaches them), or that are computed.
BASE_UNUSED = (*_UNUSED, *(f"predict_res_{part}.cross_layer." for part in PARTS))
SPARSE_UNUSED = (
    *_UNUSED,
    "semantic_position_embeddings.",
    "audio_pre_encoder_body.",
    "emotion_embedding.",
    "at_attn_face_semantic.",
    "at_attn_body_semantic.",
    "gate_face.",
    "gate_body.",
    *(f"predict_res_{part}.cross_layer." for part in BODY_PARTS),
)
