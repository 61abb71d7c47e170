"""Which pretrained networks a model listens and reads with, and which of them are missing; without loading any."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from ..config import FrontEndConfig
from .minilm import MISSING as MINILM_MISSING
from .minilm import PACKAGE
from .pretrained import CLIP_TEXT, HUBERT_BASE, HUBERT_LARGE, Pretrained, find_pretrained, missing_pretrained
from .vocabulary import missing_vocabulary

HUBERT = {"hubert-large-22050": HUBERT_LARGE, "hubert-large": HUBERT_LARGE, "hubert-base": HUBERT_BASE}


def needs_of(config: FrontEndConfig) -> tuple[Pretrained, ...]:
    """The networks that come from folders of the user's."""
    hearing = (HUBERT[config.speech],) if config.speech in HUBERT else ()
    return (*hearing, *((CLIP_TEXT,) if config.text == "vocabulary+clip" else ()))


def missing_of(config: FrontEndConfig, model_folder: Path) -> tuple[str, ...]:
    """One line for each network, and for the vocabulary, that is not there: what to put where."""
    missing = [missing_pretrained(w, model_folder) for w in needs_of(config) if not find_pretrained(w, model_folder)]
    if config.text == "vocabulary+clip":
        missing.append(missing_vocabulary(model_folder))
    if config.text == "minilm" and find_spec(PACKAGE) is None:
        missing.append(MINILM_MISSING)
    return tuple(filter(None, missing))


def missing_of_semges(model_folder: Path) -> tuple[str, ...]:
    """The same for SemGes, which hears with HuBERT-base."""
    hearing = "" if find_pretrained(HUBERT_BASE, model_folder) else missing_pretrained(HUBERT_BASE, model_folder)
    return tuple(filter(None, (hearing, missing_vocabulary(model_folder))))
