"""`chironomy convert-weights`: published checkpoints, told apart by their tensors, become a model's folder.

SemTalk's are small here (the same layout, fewer channels); SemGes' have the published sizes.
"""

import dataclasses
import json
import pickle
import sys
import types
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from chironomy.cli.main import main
from chironomy.errors import UserError
from chironomy.nets.config import BaseConfig, FrontEndConfig, ModelConfig, RvqConfig, SparseConfig
from chironomy.nets.convert import conversion
from chironomy.nets.convert.conversion import convert_semges, convert_semtalk
from chironomy.nets.front_end.vocabulary import read_vocabulary
from chironomy.nets.global_motion import GlobalMotion
from chironomy.nets.model_folder import read_model, read_semges_model
from chironomy.nets.released import registry
from chironomy.nets.released.names import TENSOR_NAMES, TensorNames, published_names
from chironomy.nets.rvq import ResidualVQ
from chironomy.nets.semtalk import BaseNetwork, SparseNetwork

_SIZES = {
    "width": 16,
    "heads": 2,
    "feed_forward": 16,
    "body_layers": 1,
    "cross_feed_forward": 8,
    "residual_heads": 2,
    "residual_feed_forward": 8,
    "residual_layers": 1,
}
SMALL = ModelConfig(
    name="small",
    rvq=RvqConfig(width=8, code_width=8, codes=8),
    base=BaseConfig(**_SIZES, face_layers=1),
    sparse=SparseConfig(**_SIZES),
    front_end=FrontEndConfig(vocabulary=10, word_width=6, sentence_width=6),
)
BUILDERS = {
    **{
        f"semtalk/rvq_{part}": lambda layout=layout: ResidualVQ(layout.width, SMALL.rvq)
        for part, layout in SMALL.parts.items()
    },
    "semtalk/global_motion": lambda: GlobalMotion(SMALL.parts["lower"].width, SMALL.global_motion),
    "semtalk/base": lambda: BaseNetwork(SMALL),
    "semtalk/sparse": lambda: SparseNetwork(SMALL),
}
#: Tensors that the published files hold and that have no effect.
DEAD = {
    "semtalk/base": ("transformer_de_layer.norm1.weight", "face_cons_mlp.mlp.0.weight", "position_embeddings.pe"),
    "semtalk/sparse": ("emotion_embedding.weight", "gate_face.weight", "predict_res_hands.cross_layer.x"),
    "semges/transformer": ("index_map.weight", "text_encoder.tcn.network.0.conv1.bias"),
}


def published_tensors(name: str, network: nn.Module) -> dict[str, Tensor]:
    """The network's tensors as the authors' code would save them."""
    names = TENSOR_NAMES.get(type(network).__name__, TensorNames())
    own = network.state_dict()
    tensors = {theirs: own[ours].clone() for theirs, ours in published_names(own, names).items()}
    tensors = {key: value for key, value in tensors.items() if not key.endswith(("code_sum", "code_count"))}
    return {**tensors, **{key: torch.zeros(2) for key in DEAD.get(name, ())}}


def save(path: Path, tensors: dict[str, Tensor], prefix: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"model_state": {prefix + name: tensor for name, tensor in tensors.items()}}, path)


def save_vocabulary(path: Path, numbers: dict[str, int]) -> None:
    module = types.ModuleType("build_vocab_of_the_authors")
    module.Vocab = type("Vocab", (), {"__module__": module.__name__})  # type: ignore[attr-defined]
    sys.modules[module.__name__] = module
    thing = module.Vocab()
    thing.word2index = numbers
    path.write_bytes(pickle.dumps(thing))
    del sys.modules[module.__name__]


@pytest.fixture
def semtalk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as published, with small networks; base and sparse were saved by DataParallel."""
    monkeypatch.setattr(
        conversion, "SEMTALK", dataclasses.replace(conversion.SEMTALK, config=SMALL, vocabulary_size=10)
    )
    for name, build in BUILDERS.items():
        monkeypatch.setitem(registry.PUBLISHED, name, build)  # type: ignore[arg-type]
    folder = tmp_path / "weights"
    for name, file in conversion.SEMTALK.needed.items():
        prefix = "module." if name in ("semtalk/base", "semtalk/sparse") else ""
        save(folder / file, published_tensors(name, BUILDERS[name]()), prefix)
    return folder


def tensors_in(path: Path) -> dict[str, Tensor]:
    return torch.load(path, weights_only=True)["model_state"]


def test_semtalks_weights_become_a_model_that_can_be_read(semtalk: Path, tmp_path: Path) -> None:
    save_vocabulary(semtalk / "vocab.pkl", {"i": 4, "never": 5})
    done = convert_semtalk(semtalk, tmp_path / "model")
    assert set(done.networks) == set(BUILDERS)
    model = read_model(tmp_path / "model")
    assert model.config == SMALL
    assert read_vocabulary(tmp_path / "model", 10).number("never") == 5
    for name, network in {"base": model.base, "sparse": model.sparse}.items():
        source = tensors_in(semtalk / f"best_semtalk_{name}.bin")
        written = published_tensors(f"semtalk/{name}", network)
        for key, tensor in written.items():
            assert torch.equal(tensor, source[f"module.{key}"])
    source = tensors_in(semtalk / "pretrained_vq" / "rvq_hands_500.bin")
    assert torch.equal(
        model.rvq["hands"].state_dict()["quantizer.layers.3.codebook"], source["quantizer.layers.3.codebook"]
    )


def test_the_card_tells_sources_licence_and_the_command(semtalk: Path, tmp_path: Path) -> None:
    convert_semtalk(semtalk, tmp_path / "model")
    card = read_model(tmp_path / "model").card
    assert "pretrained_vq/rvq_face_600.bin" in card.sources
    assert "no licence" in card.origin.licence
    assert card.origin.made_by == f"chironomy convert-weights semtalk {semtalk} -o {tmp_path / 'model'}"


def test_one_speaker_and_25_are_told_apart_in_the_card(semtalk: Path, tmp_path: Path) -> None:
    convert_semtalk(semtalk, tmp_path / "one")
    assert any("alone is trained" in note for note in read_model(tmp_path / "one").card.origin.notes)
    folder = semtalk.rename(tmp_path / "all_speakers")
    convert_semtalk(folder, tmp_path / "many")
    assert any("All 25 speakers" in note for note in read_model(tmp_path / "many").card.origin.notes)


def test_what_is_not_needed_is_said(semtalk: Path, tmp_path: Path) -> None:
    save(semtalk / "other.bin", {"weight": torch.zeros(3)})
    notices = convert_semtalk(semtalk, tmp_path / "model").notices
    assert any("other.bin: was left out" in notice for notice in notices)
    assert any("vocab.pkl" in notice for notice in notices)
    assert any("AESKConv_240_100.bin" in notice for notice in notices)


def test_the_evaluator_is_converted_where_it_is_there(semtalk: Path, tmp_path: Path) -> None:
    save(semtalk / "AESKConv_240_100.bin", published_tensors("semtalk/fgd", registry.published("semtalk/fgd")))
    assert "semtalk/fgd" in convert_semtalk(semtalk, tmp_path / "model").networks
    assert (tmp_path / "model" / "fgd.safetensors").is_file()


def test_a_missing_checkpoint_is_named(semtalk: Path, tmp_path: Path) -> None:
    (semtalk / "best_semtalk_sparse.bin").unlink()
    with pytest.raises(UserError, match=r"has no checkpoint of semtalk/sparse \(best_semtalk_sparse\.bin\)"):
        convert_semtalk(semtalk, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_a_checkpoint_that_is_there_twice_is_named(semtalk: Path, tmp_path: Path) -> None:
    (semtalk / "copy.bin").write_bytes((semtalk / "best_semtalk_base.bin").read_bytes())
    with pytest.raises(UserError, match=r"copy\.bin: is the same network \(semtalk/base\) as .*best_semtalk_base\.bin"):
        convert_semtalk(semtalk, tmp_path / "model")


def test_a_set_in_a_subfolder_gives_way_to_the_one_above_and_is_named(semtalk: Path, tmp_path: Path) -> None:
    save(
        semtalk / "all_speakers" / "best_semtalk_base.bin",
        published_tensors("semtalk/base", BUILDERS["semtalk/base"]()),
    )
    done = convert_semtalk(semtalk, tmp_path / "model")
    assert any("all_speakers/best_semtalk_base.bin: was left out" in notice for notice in done.notices)
    card = read_model(tmp_path / "model").card
    assert "best_semtalk_base.bin" in card.sources
    assert any("alone is trained" in note for note in card.origin.notes)


@pytest.mark.parametrize("change", ["missing", "extra", "shape"])
def test_a_checkpoint_that_does_not_fit_is_named_and_nothing_is_written(
    semtalk: Path, tmp_path: Path, change: str
) -> None:
    path = semtalk / "best_semtalk_sparse.bin"
    tensors = tensors_in(path)
    if change == "missing":
        del tensors["module.gate.weight"]
    else:
        tensors["module.surprise" if change == "extra" else "module.gate.weight"] = torch.zeros(3)
    save(path, tensors)
    reason = {"missing": r"gate\.weight\) is missing", "extra": "surprise.* unknown", "shape": "another shape"}[change]
    with pytest.raises(UserError, match=rf"best_semtalk_sparse\.bin: .*{reason}"):
        convert_semtalk(semtalk, tmp_path / "model")
    assert not list((tmp_path / "model").glob("*"))


def test_a_checkpoint_that_was_cut_off_is_named(semtalk: Path, tmp_path: Path) -> None:
    path = semtalk / "pretrained_vq" / "rvq_face_600.bin"
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(UserError, match=r"rvq_face_600\.bin: is cut off"):
        convert_semtalk(semtalk, tmp_path / "model")


def test_a_vocabulary_with_more_words_than_the_weights_know_is_refused(semtalk: Path, tmp_path: Path) -> None:
    save_vocabulary(semtalk / "vocab.pkl", {"beyond": 10})
    with pytest.raises(UserError, match=r"vocab\.pkl: numbers words up to 10, the weights know 10"):
        convert_semtalk(semtalk, tmp_path / "model")


def test_a_file_in_the_place_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "weights.zip").write_text("x")
    with pytest.raises(UserError, match=r"weights\.zip: is no folder"):
        convert_semtalk(tmp_path / "weights.zip", tmp_path / "model")


@pytest.fixture(scope="module")
def semges(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hand's and body's VQ-VAE have the same file name, in folders of their own."""
    folder = tmp_path_factory.mktemp("semges")
    files = {"vq_hand": "hand/last_1900.bin", "vq_body": "body/last_1900.bin", "transformer": "last_30.bin"}
    for name, file in files.items():
        save(folder / file, published_tensors(f"semges/{name}", registry.published(f"semges/{name}")), "module.")
    return folder


def test_semges_weights_become_a_model_that_can_be_read(semges: Path, tmp_path: Path) -> None:
    convert_semges(semges, tmp_path / "model")
    model = read_semges_model(tmp_path / "model")
    source = tensors_in(semges / "hand" / "last_1900.bin")
    assert torch.equal(model.vq_hand.quantizer.embedding.weight, source["module.quantizer.embedding.weight"])
    source = tensors_in(semges / "last_30.bin")
    assert torch.equal(model.transformer.to_codes.weight, source["module.proj.weight"])


def test_the_command_names_the_folder_and_what_was_converted(
    semges: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "new" / "semges-official"
    monkeypatch.setattr(
        sys, "argv", ["chironomy", "convert-weights", "semges", str(semges), "-o", str(output), "--json"]
    )
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["outputs"] == [str(output)]
    assert answer["networks"] == ["semges/vq_hand", "semges/vq_body", "semges/transformer"]
    assert (output / "card.md").is_file()


def test_the_command_ends_with_one_line_where_weights_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        sys, "argv", ["chironomy", "convert-weights", "semtalk", str(tmp_path), "-o", str(tmp_path / "m")]
    )
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    assert "holds no checkpoints" in capsys.readouterr().err
