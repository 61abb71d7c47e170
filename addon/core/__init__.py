"""The numpy-only parts of the backend (motion, formats, emphasis), shared with the add-on.

The built extension holds copies of them in this folder. In the repository and in the installed Python package
there are no copies: the folder's path points at the originals.
"""

from pathlib import Path

if not (Path(__file__).parent / "motion").is_dir():
    _beside = Path(__file__).parents[2]
    _originals = (_beside / "backend" / "chironomy", _beside / "chironomy")
    __path__ = [str(place) for place in _originals if place.is_dir()][:1]
