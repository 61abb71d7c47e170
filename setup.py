"""Which folders of the repository become which packages; everything else is in pyproject.toml."""

from setuptools import find_packages, setup

addon = [f"chironomy_blender.{name}" for name in find_packages("addon")]
setup(
    packages=[*find_packages("backend"), "chironomy.presets", "chironomy_blender", *addon],
    package_dir={"": "backend", "chironomy_blender": "addon", "chironomy.presets": "presets"},
    package_data={"": ["**/*.json", "**/*.flac", "**/*.txt"]},
)
