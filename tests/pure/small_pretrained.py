"""Small networks by chance that stand for HuBERT and CLIP, as a user has them on disk."""

from __future__ import annotations

from pathlib import Path

import torch
import transformers
from transformers import CLIPTextConfig, CLIPTextModelWithProjection, HubertConfig


def small_hubert(width: int = 24) -> HubertConfig:
    return HubertConfig(
        hidden_size=width, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, conv_dim=(8,) * 7,
        num_conv_pos_embeddings=8, num_conv_pos_embedding_groups=2, feat_extract_norm="layer",
        do_stable_layer_norm=True, conv_bias=True, vocab_size=32,
    )  # fmt: skip


def saved_clip(folder: Path) -> None:
    """A CLIP text network and tokenizer of letters, as a user has them on disk."""
    letters = [chr(code) for code in range(97, 123)]
    pieces = ["!", *letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    torch.manual_seed(1)
    config = CLIPTextConfig(
        vocab_size=len(vocabulary), hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        projection_dim=512, bos_token_id=len(vocabulary) - 2, eos_token_id=len(vocabulary) - 1, pad_token_id=0,
    )  # fmt: skip
    CLIPTextModelWithProjection(config).save_pretrained(folder)
    transformers.CLIPTokenizer(vocab=vocabulary, merges=[]).save_pretrained(folder)
