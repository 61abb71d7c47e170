"""How far our networks are from the published ones, in every fixture of the specification, on weights made from names.

    python3.11 dev.py bench parity [--write]

Needs the specification's folder (beside the checkout, or named by CHIRONOMY_SPEC). Prints a Markdown section; --write
puts it into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import torch
from stages import ROOT, machine, write_section
from torch import Tensor, nn

sys.path.insert(0, str(ROOT / "tests" / "pure"))

from test_published_networks import KEYS
from weights_from_names import fixture, input_from_name, published_shapes, weights_from_names

from chironomy.nets import load_published, published


class Row(NamedTuple):
    """One line of the table."""

    network: str
    checked: str
    difference: float
    """The largest."""
    allowed: float
    codes: str = ""
    """How many choices of a code are the published ones."""


def filled(name: str) -> nn.Module:
    """A published network with weights made from names."""
    network = published(name)
    load_published(network, weights_from_names(published_shapes(KEYS[name])))
    return network


def apart(ours: Tensor, theirs: Any) -> float:
    """The largest difference."""
    return float((ours.double() - torch.as_tensor(np.asarray(theirs)).double()).abs().max())


def apart_from_digest(values: Tensor, digest: Mapping[str, Any]) -> float:
    """The largest difference from mean, standard deviation, largest value, first and last eight values."""
    if list(values.shape) != digest["shape"]:
        return float("inf")
    flat = values.double().flatten()
    figures = [flat.mean(), flat.std(correction=0), flat.abs().max(), *flat[:8], *flat[-8:]]
    expected = [digest["mean"], digest["std"], digest["absmax"], *digest["first8"], *digest["last8"]]
    # of one value (a loss) there is no more than the value
    return apart(torch.stack(figures), expected) if flat.numel() > 1 else apart(flat, digest["first8"])


def rvq(part: str) -> Iterator[Row]:
    """Encoder, quantiser and decoder of one part."""
    name, expected = f"semtalk/rvq_{part}", fixture(f"rvq_{part}.npz")
    network: Any = filled(name)
    motion = torch.from_numpy(expected["in_x"])
    indices, forward = network.encode(motion), network(motion)
    equal = f"{float((indices.numpy() == expected['idx']).mean()):.2%}"
    yield Row(name, "latents", apart(network.latents(motion).mT, expected["enc_z"]), 1e-4)
    yield Row(name, "codes by level", apart(network.codes(indices), expected["zq"]), 0.0, equal)
    yield Row(name, "decoded", apart(network.decode(torch.from_numpy(expected["idx"])), expected["dec_y"]), 1e-4)
    yield Row(
        name,
        "any codes decoded",
        apart(network.decode(torch.from_numpy(expected["in_idx2"])), expected["dec_y2"]),
        1e-4,
    )
    yield Row(name, "encoded and decoded", apart(forward.motion, expected["fwd_rec_pose"]), 1e-4)


def generators() -> Iterator[Row]:
    """Every output of base and sparse generator."""
    arrays, digests = fixture("generators.npz"), fixture("generators.json")
    given = {name[3:]: torch.as_tensor(values) for name, values in arrays.items() if name.startswith("in_")}
    given = {name: values.float() if values.is_floating_point() else values for name, values in given.items()}
    mask = torch.ones_like(given["motion"])
    mask[:, : int(given["mask_first_frames_visible"])] = 0
    seen = {"hubert": given["hubert"], "in_motion": given["motion"], "mask": mask, "in_id": given["id"]}
    base = filled("semtalk/base")
    for label, record, use_word in (("", "base", True), (", use_word=False", "base_use_word_False", False)):
        output = base(in_audio=given["beat"], in_word=given["word"], use_word=use_word, **seen)
        yield from _outputs(f"semtalk/base{label}", output, digests[record], arrays if use_word else {}, "base")
    sparse = filled("semtalk/sparse")
    output = sparse(in_word=given["word"], feat_clip_text=given["clip"], emotion=given["emo"], **seen)
    yield from _outputs("semtalk/sparse", output, digests["sparse"], arrays, "sparse")


def _outputs(
    network: str, output: Mapping[str, Tensor], digests: Mapping[str, Any], arrays: Mapping[str, Any], kind: str
) -> Iterator[Row]:
    shas = digests.get("argmax_sha", {})
    same = [_sha_of_choices(output[name]) == sha for name, sha in shas.items()]
    logits = [name for name in output if f"{kind}_{name}" in arrays]
    whole = [output[name] if name == "gate" else output[name][:1, ::4] for name in logits]
    if logits:
        differences = [apart(ours, arrays[f"{kind}_{name}"]) for ours, name in zip(whole, logits, strict=True)]
        codes = f"{sum(same)} of {len(same)} parts by SHA-256" if same else ""
        yield Row(network, f"{len(logits)} tensors of logits", max(differences), 1e-4, codes)
    worst = max(apart_from_digest(values, digests[name]) for name, values in output.items())
    yield Row(network, f"figures of all {len(output)} outputs", worst, 1e-4)


def _sha_of_choices(logits: Tensor) -> str:
    return hashlib.sha256(logits.argmax(2).numpy().tobytes()).hexdigest()


def others() -> Iterator[Row]:
    """Global motion and SemGes."""
    expected = fixture("global_motion.npz")
    output = filled("semtalk/global_motion")(torch.from_numpy(expected["in_x"]))
    yield Row("semtalk/global_motion", "motion", apart(output, expected["rec_pose"]), 1e-4)
    network: Any = filled("semges/vq_body")
    arrays = fixture("semges_vq_body.npz")
    motion, coded = torch.from_numpy(arrays["in_x"]), torch.from_numpy(arrays["idx"])
    equal = f"{float((network.encode(motion).numpy() == arrays['idx']).mean()):.2%}"
    yield Row("semges/vq_body", "latents", apart(network.latents(motion), arrays["enc_z"]), 1e-4, equal)
    yield Row("semges/vq_body", "decoded", apart(network.decode(coded), arrays["dec_y"]), 1e-4)
    words = torch.from_numpy(np.random.Generator(np.random.PCG64(3)).integers(0, 11_247, (2, 34)))
    sound = input_from_name("semges_audio", (2, 34, 1536), 0.3)
    features = filled("semges/transformer")(sound, words, torch.tensor([[[1]], [[5]]]))
    digests = fixture("semges.json")
    worst = max(apart_from_digest(features[name], digest) for name, digest in digests.items())
    yield Row("semges/transformer", f"figures of all {len(digests)} outputs", worst, 1e-4)


def table() -> str:
    """Markdown."""
    with torch.inference_mode():
        rows = [*rvq("face"), *rvq("upper"), *generators(), *others()]
        for name in KEYS:
            filled(name)  # names and shapes of all are checked in loading
    lines = ["| network | checked | largest difference | allowed | codes equal |", "| --- | --- | ---: | ---: | ---: |"]
    lines += [
        f"| {row.network} | {row.checked} | {row.difference:.1e} | {row.allowed:g} | {row.codes} |"
        + ("" if row.difference <= row.allowed else " **too far**")
        for row in rows
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    given = parser.parse_args()
    text = "\n\n".join(
        [
            f"{date.today()}, {machine()}, torch {torch.__version__}, fp32. `python3.11 dev.py bench parity --write`",
            "Outputs of the published networks in the specification's fixtures, against ours on the same weights, "
            f"made from names. All {len(KEYS)} published networks take such weights by their published names.",
            table(),
        ]
    )
    print(text)
    if given.write:
        write_section("Parity", text)


if __name__ == "__main__":
    main()
