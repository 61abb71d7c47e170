"""Small SemTalk models with weights made from names, and lines for them: for tests of the generator."""

from functools import cache
from pathlib import Path

import numpy as np
import torch
from spoken_lines import LINE, speech
from weights_from_names import weights_from_names

from chironomy.generators.request import Request
from chironomy.generators.semtalk.generator import perform_lines
from chironomy.generators.semtalk.lines import Line
from chironomy.generators.semtalk.listening import line_of
from chironomy.generators.semtalk.settings import read_settings
from chironomy.generators.semtalk.windows import Windows
from chironomy.motion.body import neutral_body
from chironomy.nets.config import ModelConfig, read_model_config
from chironomy.nets.front_end.features import Features
from chironomy.nets.front_end.frames import word_numbers
from chironomy.nets.global_motion import GlobalMotion
from chironomy.nets.model_card import Card, FileRecord, Origin
from chironomy.nets.model_folder import Model, write_model
from chironomy.nets.rvq import ResidualVQ
from chironomy.nets.semtalk import BaseNetwork, SparseNetwork

TINY = Path(__file__).parents[2] / "models" / "recipes" / "tiny.yaml"
ORIGIN = Origin(system="semtalk", name="tiny", summary="Chance.", licence="For tests.", made_by="pytest")


def networks(config: ModelConfig) -> dict[str, torch.nn.Module]:
    """All networks of a model, by the names of their files."""
    parts = {f"rvq_{name}": ResidualVQ(part.width, config.rvq) for name, part in config.parts.items()}
    others = {
        "global_motion": GlobalMotion(config.parts["lower"].width, config.global_motion),
        "base": BaseNetwork(config),
        "sparse": SparseNetwork(config),
    }
    for network in (made := {**parts, **others}).values():
        shapes = {name: list(tensor.shape) for name, tensor in network.state_dict().items()}
        network.load_state_dict(weights_from_names(shapes), strict=False)
        network.eval().requires_grad_(False)
    return made


def model_of(config: ModelConfig) -> Model:
    """A model in memory."""
    made = networks(config)
    return Model(
        config,
        {part: made[f"rvq_{part}"] for part in config.parts},
        made["global_motion"],
        made["base"],
        made["sparse"],
        Card(origin=ORIGIN, files={"base.safetensors": FileRecord(sha256="0" * 64, size_bytes=1)}),
    )


@cache
def tiny_model(**behaviour) -> Model:
    """The recipe `tiny`, with these keys of BehaviourConfig changed."""
    recipe = read_model_config(TINY)
    return model_of(recipe.model_copy(update={"behaviour": recipe.behaviour.model_copy(update=behaviour)}))


def write_model_of(recipe: Path, folder: Path) -> Path:
    """The same as a folder."""
    config = read_model_config(recipe)
    write_model(folder, config, networks(config).items(), ORIGIN)
    return folder


def write_tiny_model(folder: Path) -> Path:
    return write_model_of(TINY, folder)


def request(text: str = LINE, **choices) -> Request:
    return Request(speech(text), neutral_body(), **choices)


def line(model: Model, wanted: Request, frames: int | None = None) -> Line:
    """A line with features by chance, the same for the same number of frames: the networks' own ears cost seconds."""
    front_end = model.config.front_end
    frames = frames or len(wanted.speech.rhythm.loudness)
    chance = np.random.default_rng(frames)
    words = wanted.speech.words
    features = Features(
        rhythm=chance.random((frames, front_end.rhythm_width), dtype=np.float32),
        spoken=words,
        spoken_index=word_numbers(words, frames),
        phones=chance.integers(0, len(front_end.phones), frames),
        word_index=word_numbers(words, frames),
        word_features=chance.standard_normal((len(words), front_end.word_width), dtype=np.float32),
        notices=("a notice of the front end",),
    )
    count = Windows(frames, model.config.window_frames, model.config.seed_frames).count
    sentences = chance.standard_normal((count, front_end.sentence_width), dtype=np.float32)
    return line_of(model.config, features, sentences, wanted, read_settings(wanted.settings))


def generate(model: Model, *requests: Request, frames: int | None = None):
    """Takes with their codes."""
    lines = [line(model, wanted, frames) for wanted in requests]
    return perform_lines(model, lines, requests, read_settings(requests[0].settings))
