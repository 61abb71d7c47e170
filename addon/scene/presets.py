"""Where the extension's data files are: presets that animators may edit."""

import json
from functools import cache
from pathlib import Path
from typing import Any


def presets_folder() -> Path:
    """`presets/` in the built extension, in the repository, or in the installed package `chironomy`."""
    addon = Path(__file__).parents[1]
    places = (addon / "presets", addon.parent / "presets", addon.parent / "chironomy" / "presets")
    return next((place for place in places if place.is_dir()), places[0])


@cache
def load_preset(name: str) -> Any:
    """The JSON document presets/<name>.json, e.g. load_preset("mannequin/body"). Read once; do not change it."""
    return json.loads((presets_folder() / f"{name}.json").read_text(encoding="utf-8"))
