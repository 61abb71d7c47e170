"""Speaks presets/demo/speech.txt with flite's free voice slt into presets/demo/speech.flac.

Run once, and again when the text changes:  .venv/bin/python docs/make_demo_recording.py   (needs Debian's `flite`)
"""

import subprocess
import tempfile
from pathlib import Path

import soundfile

DEMO = Path(__file__).parents[1] / "presets" / "demo"
#: flite speaks fast for gesturing; people who explain something speak about a fifth slower.
DURATION_STRETCH = 1.2


def main() -> None:
    text = (DEMO / "speech.txt").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "speech.wav"
        stretch = f"duration_stretch={DURATION_STRETCH}"
        subprocess.run(["flite", "-voice", "slt", "--setf", stretch, "-t", text, "-o", str(wav)], check=True)  # noqa: S603, S607
        samples, rate = soundfile.read(wav, dtype="int16")
    soundfile.write(DEMO / "speech.flac", samples, rate, subtype="PCM_16")
    print(f"{DEMO / 'speech.flac'}: {len(samples) / rate:.1f} s")


if __name__ == "__main__":
    main()
