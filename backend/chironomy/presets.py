"""Where the data files are that animators may edit: gesture classes, rig maps, export profiles, styles."""

import json
from pathlib import Path
from typing import Any

_INSTALLED = Path(__file__).parent / "presets"
_REPOSITORY = Path(__file__).parents[2] / "presets"


def presets_folder() -> Path:
    """The folder `presets/`: inside the installed package, or at the root of the repository."""
    return _INSTALLED if _INSTALLED.is_dir() else _REPOSITORY


def load_preset(name: str) -> Any:
    """The JSON document presets/<name>.json, e.g. load_preset("rig_maps/smartbody")."""
    return json.loads((presets_folder() / f"{name}.json").read_text(encoding="utf-8"))
