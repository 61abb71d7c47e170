"""Makes the README's pictures into docs/pictures/.

    .venv/bin/python docs/make_pictures.py RECORDING TRANSCRIPT     (John F. Kennedy's "ask not", 1961, public domain)

The words may stand in a file, or be given as they are.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    recording, words = sys.argv[1:]
    PICTURES.mkdir(parents=True, exist_ok=True)
    transcript = ["--transcript", words] if Path(words).is_file() else ["--text", words]
    chironomy = Path(sys.executable).with_name("chironomy")
    command = [chironomy, "generate", recording, *transcript, "--output", PICTURES / "ask_not.png"]
    subprocess.run([str(part) for part in command], check=True)  # noqa: S603


if __name__ == "__main__":
    main()
