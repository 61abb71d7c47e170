"""What all tests share: no model came along. Those that are about one say so; so the others mean the same, and take as
long, whether the repository holds one or not."""

import os
from pathlib import Path

os.environ["CHIRONOMY_BUNDLED_MODELS"] = str(Path(__file__).parent / "no-models")
