"""What is said in a window, as one vector: CLIP's of its words, or MiniLM's of its sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ...formats.words import Word
from ..batches import in_batches
from .frames import NO_WORD, sentences_of

Vectors = NDArray[np.float32]
_MOST_TEXTS = 32


def window_words(words: Sequence[Word], word_numbers: NDArray[np.int64], start: int, frames: int) -> str:
    """The words of frames start … start + frames − 1, as SemTalk reads them: one word twice without a pause is one."""
    texts = ("" if number == NO_WORD else words[number].text for number in word_numbers[start : start + frames])
    return " ".join(text for text, _ in groupby(texts) if text)


def window_sentences(words: Sequence[Word], word_numbers: NDArray[np.int64]) -> Callable[[int, int], str]:
    """Says of a window (start, frames) in which sentence most of its words' frames lie; "" where nobody speaks."""
    sentences = sentences_of(words)
    of_word = [number for number, sentence in enumerate(sentences) for _ in sentence]
    texts = [" ".join(words[k].text + words[k].punctuation for k in sentence) for sentence in sentences]

    def sentence_in(start: int, frames: int) -> str:
        spoken = word_numbers[start : start + frames]
        counted = Counter(of_word[number] for number in spoken[spoken != NO_WORD])
        return texts[counted.most_common(1)[0][0]] if counted else ""

    return sentence_in


def clip_vectors(network: Any, tokenizer: Any, texts: Sequence[str]) -> Vectors:
    """[len(texts), C]: CLIP's text embeddings as its projection gives them, not normalised; 77 tokens at most."""

    def read(batch: Sequence[str]) -> Vectors:
        tokens = tokenizer(
            list(batch), padding=True, truncation=True, max_length=_longest(network), return_tensors="pt"
        )
        return network(**tokens.to(network.device)).text_embeds.float().cpu().numpy()

    return _of_each(read, texts, network.config.projection_dim)


def minilm_vectors(network: Any, tokenizer: Any, texts: Sequence[str]) -> Vectors:
    """[len(texts), C]: the mean of the tokens' states, of unit length; zeros for an empty text."""

    def read(batch: Sequence[str]) -> Vectors:
        tokens = tokenizer(
            list(batch), padding=True, truncation=True, max_length=_longest(network), return_tensors="pt"
        )
        tokens = tokens.to(network.device)
        states = network(**tokens).last_hidden_state.float()
        counted = tokens["attention_mask"][..., None].float()
        mean = (states * counted).sum(dim=1) / counted.sum(dim=1)
        return torch.nn.functional.normalize(mean, dim=1).cpu().numpy()

    vectors = _of_each(read, texts, network.config.hidden_size)
    vectors[[not text for text in texts]] = 0.0
    return vectors


def minilm_word_features(network: Any, tokenizer: Any, words: Sequence[Word]) -> tuple[Vectors, int]:
    """[W, C]: for each word the mean of its tokens' states, read in its sentence; and how many words it cannot read.

    Words that hold nothing to read have zeros.
    """
    out = np.zeros((len(words), network.config.hidden_size), dtype=np.float32)
    unread = np.zeros(len(words), dtype=bool)

    def read(batch: Sequence[range]) -> None:
        texts = [[words[k].text for k in sentence] for sentence in batch]
        tokens = tokenizer(
            texts, is_split_into_words=True, padding=True, truncation=True, max_length=_longest(network),
            return_tensors="pt",
        )  # fmt: skip
        states = network(**tokens.to(network.device)).last_hidden_state.float().cpu().numpy()
        for row, sentence in enumerate(batch):
            owners = np.array([-1 if word is None else word for word in tokens.word_ids(row)])
            unknown = (tokens["input_ids"][row] == tokenizer.unk_token_id).cpu().numpy()
            for position, k in enumerate(sentence):
                own = owners == position
                unread[k] = not own.any() or unknown[own].all()
                if own.any():
                    out[k] = states[row][own].mean(axis=0)

    with torch.inference_mode():
        for _ in in_batches(read, sentences_of(words), _MOST_TEXTS):
            pass
    return out, int(unread.sum())


def _of_each(read: Callable[[Sequence[str]], Vectors], texts: Sequence[str], width: int) -> Vectors:
    """Every text is read once, short ones with short ones, whatever else is read along."""
    different = sorted(set(texts), key=lambda text: (len(text), text))
    rows = np.zeros((len(different), width), dtype=np.float32)
    with torch.inference_mode():
        for start, vectors in in_batches(read, different, _MOST_TEXTS):
            rows[start : start + len(vectors)] = vectors
    numbers = {text: number for number, text in enumerate(different)}
    return rows[[numbers[text] for text in texts]]


def _longest(network: Any) -> int:
    return int(network.config.max_position_embeddings)
