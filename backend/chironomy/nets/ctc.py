"""A network that hears letters (CTC), from `transformers` and files on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError


@dataclass(frozen=True)
class CtcNetwork:
    """A loaded network with what its outputs mean."""

    hop: int
    """Samples from one output to the next."""
    numbers: dict[str, int]
    """Which output is which letter."""
    blank: int
    delimiter: int
    """The output that stands between words, −1 where there is none."""
    _model: Any
    _extractor: Any

    def log_probabilities(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """[T, V] for sound [N] at the network's own rate; short sound is filled up with silence."""
        import torch

        padded = np.pad(samples, (0, max(0, 2 * self.hop - len(samples))))
        inputs = self._extractor(padded, sampling_rate=self._extractor.sampling_rate, return_tensors="pt")
        with torch.inference_mode():
            logits = self._model(inputs[self._extractor.model_input_names[0]]).logits[0]
            return torch.log_softmax(logits.float(), dim=-1).numpy()


def load_ctc_network(name: str, sample_rate_hz: int) -> CtcNetwork:
    """Loads a network by name or folder, from this machine alone and without running code from its files.

    Raises UserError where its files are missing or no such network, or where it hears another rate.
    """
    try:
        from transformers import AutoFeatureExtractor, AutoModelForCTC, AutoTokenizer

        local: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        model: Any = AutoModelForCTC.from_pretrained(name, use_safetensors=True, **local)
        tokenizer: Any = AutoTokenizer.from_pretrained(name, **local)
        extractor: Any = AutoFeatureExtractor.from_pretrained(name, **local)
    except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UserError(
            f"{name}: cannot be used as an alignment model ({reason}): give a folder with a CTC model of transformers "
            "(config.json, model.safetensors, vocab.json, preprocessor_config.json)"
        ) from error
    if extractor.sampling_rate != sample_rate_hz:
        raise UserError(
            f"{name}: hears {extractor.sampling_rate} samples a second, not {sample_rate_hz}: choose another model"
        )
    numbers: dict[str, int] = tokenizer.get_vocab()
    return CtcNetwork(
        hop=int(getattr(model.config, "inputs_to_logits_ratio", 320)),
        numbers=numbers,
        blank=int(tokenizer.pad_token_id),
        delimiter=numbers.get(tokenizer.word_delimiter_token or "", -1),
        _model=model.eval(),
        _extractor=extractor,
    )
