"""Which folders of the repository become which packages; everything else is in pyproject.toml."""

from setuptools import find_packages, setup

addon = [f"chironomy_blender.{name}" for name in find_packages("addon")]
data = {"chironomy.presets": "presets", "chironomy.models": "models"}
setup(
    packages=[*find_packages("backend"), *data, "chironomy_blender", *addon],
    package_dir={"": "backend", "chironomy_blender": "addon", **data},
    package_data={
        "": ["**/*.json", "**/*.flac", "**/*.txt"],
        "chironomy.models": ["*/*.safetensors", "*/*.yaml", "*/*.json", "*/*.md"],
    },
)
