"""How the published SemGes checkpoint calls the transformer's parameters, and what it holds besides.

A name begins with the first of these prefixes that fits it (ours on the left). The rest of the name stays.
"""

from .config import TransformerConfig

_LAYER = "SemanticTransformerLayer"
_TCN = "text_encoder.tcn.network.0"
_STEPS = 3 * TransformerConfig().layers


def _weight_normed(ours: str, theirs: str) -> dict[str, str]:
    return {
        f"{ours}.parametrizations.weight.original0": f"{theirs}.weight_g",
        f"{ours}.parametrizations.weight.original1": f"{theirs}.weight_v",
        ours: theirs,
    }


TRANSFORMER_NAMES = {
    "audio": f"{_LAYER}.audio_feature_map",
    "join": f"{_LAYER}.proj",
    "local": f"{_LAYER}.squasher.0",
    "entry": f"{_LAYER}.encoder_linear_embedding.net",
    **{f"steps.{k}.norm": f"{_LAYER}.encoder_transformer.net.{k}.fn.norm" for k in range(_STEPS)},
    **{f"steps.{k}.inner": f"{_LAYER}.encoder_transformer.net.{k}.fn.fn" for k in range(_STEPS)},
    "to_codes": "proj",
    "speaker_hands": "spearker_encoder_hand",
    "speaker_body": "spearker_encoder_body",
    **_weight_normed("text_encoder.blocks.0.conv1", f"{_TCN}.net.0"),
    **_weight_normed("text_encoder.blocks.0.conv2", f"{_TCN}.net.4"),
    "text_encoder.blocks.0.shortcut": f"{_TCN}.downsample",
    "text_encoder.out": "text_encoder.decoder",
    "text_encoder.embedding": "text_encoder.embedding",
}
#: Beginnings of published names that no output depends on, that are computed, or that are copies.
TRANSFORMER_UNUSED = (
    "index_map.",
    f"{_LAYER}.style_embedding.",
    f"{_LAYER}.encoder_pos_embedding.",
    f"{_TCN}.conv1.",  # saved a second time as net.0
    f"{_TCN}.conv2.",
)
