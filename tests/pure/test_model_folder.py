"""A model's folder is read whole and verified, or an error names the file and the command that repairs it."""

import json
import signal
import sys
from pathlib import Path

import pytest
import torch

from chironomy.cli.main import main
from chironomy.errors import UserError
from chironomy.nets.model_card import (
    DataSource,
    FigureTable,
    MeasuredFigure,
    Origin,
    add_figures,
    read_card,
    read_figures,
)
from chironomy.nets.model_folder import read_semges_model, write_model
from chironomy.nets.semges.config import SemGesConfig, TextEncoderConfig, TransformerConfig, VqConfig
from chironomy.nets.semges.transformer import SemanticTransformer
from chironomy.nets.semges.vq import VqVae
from chironomy.nets.tensor_files import read_tensors, write_tensors

CONFIG = SemGesConfig(
    name="small",
    hand_width=12,
    body_width=6,
    vq=VqConfig(width=8, codes=4),
    transformer=TransformerConfig(
        audio_width=6,
        width=8,
        heads=2,
        layers=1,
        feed_forward=8,
        text=TextEncoderConfig(vocabulary=10, word_width=4, widths=(8, 8)),
    ),
)
COMMAND = "chironomy convert-weights semges published -o model"
ORIGIN = Origin(
    system="semges", name="small", summary="Made here.", licence="Do not pass it on.", made_by=COMMAND, notes=("Tiny.",)
)


def networks() -> dict[str, torch.nn.Module]:
    return {
        "vq_hand": VqVae(CONFIG.hand_width, CONFIG.vq),
        "vq_body": VqVae(CONFIG.body_width, CONFIG.vq),
        "transformer": SemanticTransformer(CONFIG.transformer, CONFIG.vq.width),
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_model(tmp_path / "models" / "small", CONFIG, networks().items(), ORIGIN, {"last_30.bin": "0" * 64})
    return tmp_path / "models" / "small"


def test_a_model_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = networks()
    write_model(tmp_path / "model", CONFIG, written.items(), ORIGIN)
    model = read_semges_model(tmp_path / "model")
    assert model.config == CONFIG
    assert model.card.origin == ORIGIN
    for name, network in written.items():
        read = getattr(model, name)
        assert not read.training
        for tensor_name, tensor in network.state_dict().items():
            assert torch.equal(read.state_dict()[tensor_name], tensor)


def test_half_precision_is_the_transformers_alone(folder: Path) -> None:
    model = read_semges_model(folder, dtype=torch.bfloat16)
    assert model.transformer.to_codes.weight.dtype == torch.bfloat16
    assert model.vq_hand.quantizer.embedding.weight.dtype == torch.float32


def test_cards_name_origin_licence_and_hashes(folder: Path) -> None:
    card = read_card(folder)
    assert set(card.files) == {"config.yaml", *(f"{name}.safetensors" for name in networks())}
    text = (folder / "card.md").read_text()
    for wanted in ("Do not pass it on.", COMMAND, "Tiny.", "last_30.bin", card.files["config.yaml"].sha256):
        assert wanted in text


@pytest.mark.parametrize("name", ["transformer.safetensors", "vq_body.safetensors", "config.yaml"])
def test_a_missing_file_is_named_with_the_command_that_makes_it(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(UserError, match=f"{name}: is missing: make it again with `{COMMAND}`"):
        read_semges_model(folder)


@pytest.mark.parametrize("name", ["transformer.safetensors", "vq_body.safetensors", "config.yaml"])
def test_a_changed_file_is_named_with_the_command_that_makes_it(folder: Path, name: str) -> None:
    data = bytearray((folder / name).read_bytes())
    data[-1] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(UserError, match=f"{name}: is damaged or was changed .*`{COMMAND}`"):
        read_semges_model(folder)


def test_weights_of_other_sizes_are_refused_though_their_hash_is_right(tmp_path: Path) -> None:
    other = {**networks(), "vq_hand": VqVae(CONFIG.hand_width, VqConfig(width=16, codes=4))}
    write_model(tmp_path / "model", CONFIG, other.items(), ORIGIN)
    with pytest.raises(UserError, match=r"vq_hand\.safetensors: does not fit the folder's config\.yaml"):
        read_semges_model(tmp_path / "model")


def test_a_network_that_was_never_written_is_missing_and_not_made_up(tmp_path: Path) -> None:
    some = {name: network for name, network in networks().items() if name != "transformer"}
    write_model(tmp_path / "model", CONFIG, some.items(), ORIGIN)
    with pytest.raises(UserError, match=r"transformer\.safetensors: is missing"):
        read_semges_model(tmp_path / "model")


def test_a_folder_without_a_card_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"has no card\.json, so it is no model"):
        read_semges_model(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"schema_version": 2},
        {"files": {"../other.safetensors": {"sha256": "0" * 64, "size_bytes": 1}}},
        {"files": {"config.yaml": {"sha256": "short", "size_bytes": 1}}},
        {"surprise": 1},
    ],
)
def test_a_card_that_is_none_is_refused(folder: Path, change: dict) -> None:
    path = folder / "card.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(UserError, match=r"card\.json: is no model's card"):
        read_semges_model(folder)


def test_a_model_of_the_other_system_is_refused(tmp_path: Path) -> None:
    write_model(tmp_path / "m", CONFIG, networks().items(), ORIGIN.model_copy(update={"system": "semtalk"}))
    with pytest.raises(UserError, match="is a model of semtalk: choose one of semges"):
        read_semges_model(tmp_path / "m")


def test_a_full_disk_leaves_the_old_model(folder: Path) -> None:
    resource = pytest.importorskip("resource", reason="needs file size limits (not on Windows)")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, hard))
    try:
        with pytest.raises(UserError, match=r"small: cannot be written .*make room"):
            write_model(folder, CONFIG, networks().items(), ORIGIN)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_writing_again_replaces_the_model_and_leaves_what_else_lies_there(folder: Path) -> None:
    (folder / "hubert-large").mkdir()
    (folder / "hubert-large" / "config.json").write_text("{}")
    before = read_card(folder).files
    write_model(folder, CONFIG, networks().items(), ORIGIN)
    assert read_card(folder).files["transformer.safetensors"] != before["transformer.safetensors"]
    assert (folder / "hubert-large" / "config.json").read_text() == "{}"


def test_a_folder_with_other_files_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("mine")
    with pytest.raises(UserError, match="holds other files than a model's"):
        write_model(tmp_path, CONFIG, networks().items(), ORIGIN)
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


def test_in_half_precision_every_tensor_is_the_rounded_one_of_the_file(tmp_path):
    network = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    write_tensors(network, tmp_path / "a.safetensors")
    read = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    read_tensors(read, tmp_path / "a.safetensors", "make it again", torch.bfloat16)
    for name, tensor in network.state_dict().items():
        expected = tensor.bfloat16() if tensor.is_floating_point() else tensor
        assert torch.equal(read.state_dict()[name], expected)
        assert read.state_dict()[name].dtype == expected.dtype


def test_a_card_tells_of_data_training_limits_and_figures(tmp_path: Path) -> None:
    told = {
        "data": (DataSource(what="Gestures of two actors", licence="LGPL-2.1"),),
        "training": ("Corpus made: 10.00 h.",),
        "limits": ("It does not walk.",),
    }
    write_model(tmp_path, CONFIG, networks().items(), ORIGIN.model_copy(update=told))
    before = read_card(tmp_path)
    table = FigureTable(
        title="Figures, unseen speakers",
        reference="corpus",
        figures={"extent": MeasuredFigure(value=0.97, reference=1)},
    )
    add_figures(tmp_path, FigureTable(title="Codes", figures={"wrists": MeasuredFigure(unit="cm", value=1.5)}))
    add_figures(tmp_path, table.model_copy(update={"figures": {"extent": MeasuredFigure(value=0.5)}}))
    card = add_figures(tmp_path, table)
    assert card == read_card(tmp_path)
    assert card.model_copy(update={"figures": ()}) == before
    assert [found.title for found in card.figures] == ["Codes", "Figures, unseen speakers"]
    text = (tmp_path / "card.md").read_text()
    for wanted in ("| Gestures of two actors | LGPL-2.1 |", "10.00 h", "- It does not walk.", "| wrists | 1.5 | cm |"):
        assert wanted in text
    assert "| extent | 0.97 | 1 |  |" in text
    assert "0.5 |" not in text
    read_semges_model(tmp_path)  # the files are as the card says


def test_figures_come_from_what_evaluate_prints(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    figures = {"strokes": {"unit": "a minute", "value": 70.5, "reference": None}}
    path.write_text(json.dumps({"takes": ["a", "b"], "reference": ["monologue"], "figures": figures, "notices": []}))
    table = read_figures(path, "Test")
    assert (table.title, table.reference) == ("Test", "monologue")
    assert table.figures["strokes"] == MeasuredFigure(unit="a minute", value=70.5)
    for wrong in ("[]", "{", "{}", '{"figures": {"x": 3}}', "null"):
        path.write_text(wrong)
        with pytest.raises(UserError, match=r"figures\.json: holds no figures"):
            read_figures(path, "Test")


def test_the_command_adds_figures_and_shows_the_card(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "figures.json"
    path.write_text('{"reference": [], "figures": {"wrists": {"unit": "cm", "value": 1.5, "reference": null}}}')
    monkeypatch.setattr(sys, "argv", ["chironomy", "card", str(folder), "--figures", str(path), "--title", "Codes"])
    with pytest.raises(SystemExit, match="0"):
        main()
    assert "## Codes" in capsys.readouterr().out
    assert read_card(folder).figures[0].figures["wrists"].value == 1.5


def test_half_precision_halves_the_files_and_is_read_as_full(tmp_path: Path) -> None:
    written = networks()
    write_model(tmp_path / "full", CONFIG, written.items(), ORIGIN)
    write_model(tmp_path / "half", CONFIG, written.items(), ORIGIN, dtype=torch.float16)
    sizes = [read_card(tmp_path / name).files["transformer.safetensors"].size_bytes for name in ("full", "half")]
    assert sizes[1] < 0.7 * sizes[0]
    tensors = read_semges_model(tmp_path / "half").transformer.state_dict()
    for name, tensor in written["transformer"].state_dict().items():
        assert tensors[name].dtype == tensor.dtype
        torch.testing.assert_close(tensors[name], tensor, rtol=1e-3, atol=1e-6)


def test_numbers_that_are_too_large_for_half_precision_are_never_written(tmp_path: Path) -> None:
    large = torch.nn.Linear(2, 2)
    torch.nn.init.constant_(large.weight, 1e6)
    with pytest.raises(UserError, match=r"x\.safetensors: weight does not fit"):
        write_tensors(large, tmp_path / "x.safetensors", torch.float16)
    assert not (tmp_path / "x.safetensors").exists()


def test_files_that_belong_to_a_model_are_in_its_card_and_verified(tmp_path: Path) -> None:
    (tmp_path / "repertoire.json").write_text("{}")
    write_model(tmp_path / "m", CONFIG, networks().items(), ORIGIN, beside=[tmp_path / "repertoire.json"])
    assert "repertoire.json" in read_card(tmp_path / "m").files
    (tmp_path / "m" / "repertoire.json").write_text("[]")
    with pytest.raises(UserError, match=r"repertoire\.json: is damaged or was changed"):
        read_semges_model(tmp_path / "m")
