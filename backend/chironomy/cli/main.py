"""`chironomy`: the command line. Every command imports what it needs when it runs, so that --help is instant."""

from __future__ import annotations

import signal
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .. import __version__
from ..errors import UserError
from ..progress import Cancelled

app = typer.Typer(
    name="chironomy",
    help="Speech and its words become whole-body animation.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # boxes break long paths over lines
)


prepare_app = typer.Typer(help="Make a corpus for training.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(prepare_app, name="prepare")

RecipeFile = Annotated[
    Path, typer.Argument(help="A recipe (.yaml): networks, and how they are trained.", metavar="RECIPE")
]
Recording = Annotated[Path, typer.Argument(help="The recording: wav, flac, ogg or mp3.", metavar="AUDIO")]
TranscriptFile = Annotated[
    Path | None,
    typer.Option("--transcript", "-t", help="Its words: .txt, .TextGrid, .srt, .vtt, Whisper's or our .json."),
]
TranscriptText = Annotated[str | None, typer.Option("--text", help="Its words, given here in the place of a file.")]
Outputs = Annotated[
    list[Path], typer.Option("--output", "-o", help="A file to write; the ending says the format; may be repeated.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object for machines, and no progress.")]
Fps = Annotated[float | None, typer.Option("--fps", min=1, max=240, help="Frames per second of the files.")]
SmplxModel = Annotated[
    Path | None, typer.Option("--smplx-model", help="Your SMPL-X model (.npz): its body in the place of the mannequin.")
]
Profile = Annotated[str, typer.Option("--profile", help="Export profile: generic, unreal, unity or maya.")]
Language = Annotated[str, typer.Option("--language", help="Of the words: en, de, …; all but en need --align-model.")]
AlignmentModel = Annotated[
    str | None,
    typer.Option("--align-model", help="For other languages than English: a CTC speech model, a folder on this disk."),
]
CorpusReference = Annotated[
    Path | None, typer.Option("--reference", help="Motion whose figures stand beside the corpus' in the report.")
]


class PublishedSystem(StrEnum):
    """Systems whose published weights can be converted."""

    SEMTALK = "semtalk"
    SEMGES = "semges"


class Fusion(StrEnum):
    """How base and semantic motion are mixed."""

    POSE = "pose"
    SOFT = "soft"
    HARD = "hard"


ModelChoice = Annotated[
    str, typer.Option("--model", help="Weights: a model's folder, or its name (see chironomy doctor); else the first.")
]
FusionMode = Annotated[
    Fusion, typer.Option("--fusion", help="Mix the layers by pose; or, where networks made them, soft or hard.")
]


#: What shells give a program that Ctrl-C ended.
_CANCELLED = 130


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"chironomy {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show it.")] = False,
) -> None: ...


@app.command()
def generate(
    audio: Recording,
    output: Outputs,
    transcript: TranscriptFile = None,
    text: TranscriptText = None,
    generator: Annotated[
        str,
        typer.Option(help="What makes the motion; nothing: the model that came along, or rhythm where it is missing."),
    ] = "",
    style: Annotated[str, typer.Option(help="calm, neutral or lively (presets/styles.json).")] = "neutral",
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another take; the same seed, the same take.")] = 1,
    fps: Fps = None,
    emphasis: Annotated[
        str, typer.Option(help='Sliders, 0 to 2: "never=1.5,you=0"; "you#2=0" means the second "you" alone.')
    ] = "",
    gesture: Annotated[
        str, typer.Option(help='Gesture classes for words: "never=negation,two=counting"; "you=none" for none.')
    ] = "",
    hand: Annotated[
        str, typer.Option(help='Hands for words\' gestures: "never=left,you=both"; left, right, both.')
    ] = "",
    size: Annotated[
        str, typer.Option(help='How large words\' gestures are, 0.3 to 1.5: "never=1.3,you=0.5"; else 1.')
    ] = "",
    smplx_model: SmplxModel = None,
    profile: Profile = "generic",
    language: Language = "en",
    align_model: AlignmentModel = None,
    model: ModelChoice = "",
    fusion: FusionMode = Fusion.POSE,
    temperature: Annotated[
        float | None, typer.Option(min=0, max=10, help="0: the likeliest motion; 1: as varied as what was learned.")
    ] = None,
    top_k: Annotated[
        int | None, typer.Option("--top-k", min=0, help="Draw from so many of the likeliest codes alone; 0: all.")
    ] = None,
    lazy: Annotated[
        bool, typer.Option("--lazy", help="Semantic motion only where words or sliders ask for it: faster.")
    ] = False,
    speaker: Annotated[
        int | None, typer.Option(min=0, help="Whose manner, by number, in models that learned several speakers.")
    ] = None,
    device: Annotated[str, typer.Option(help="Where networks run: auto, cpu, cuda, cuda:1.")] = "auto",
    as_json: Json = False,
) -> None:
    """Make gestures for a recording and its words."""
    from .commands import run_generate

    run_generate(
        audio=audio,
        outputs=output,
        transcript=transcript,
        text=text,
        generator=generator,
        style=style,
        seed=seed,
        fps=fps,
        emphasis=emphasis,
        gesture=gesture,
        hand=hand,
        size=size,
        smplx_model=smplx_model,
        profile=profile,
        language=language,
        align_model=align_model,
        model=model,
        fusion=fusion.value,
        temperature=temperature,
        top_k=top_k,
        lazy=lazy,
        speaker=speaker,
        device=device,
        as_json=as_json,
    )


@app.command()
def align(
    audio: Recording,
    output: Outputs,
    transcript: TranscriptFile = None,
    text: TranscriptText = None,
    language: Language = "en",
    align_model: AlignmentModel = None,
    as_json: Json = False,
) -> None:
    """Find the times of the words and phones: writes .TextGrid, .srt, .vtt or .json."""
    from .commands import run_align

    run_align(audio, output, transcript, text, language, align_model, as_json)


@app.command()
def inspect(take: Annotated[Path, typer.Argument(help="A take (.npz).")], as_json: Json = False) -> None:
    """Show a take: words, scores, gesture classes, statistics."""
    from .inspect import run_inspect

    run_inspect(take, as_json)


@app.command()
def evaluate(
    takes: Annotated[
        list[Path] | None,
        typer.Argument(help="Takes, other motion files, folders of them or corpora.", metavar="TAKES"),
    ] = None,
    reference: Annotated[
        Path | None, typer.Option("--reference", "-r", help="What to compare with: a motion, a folder or a corpus.")
    ] = None,
    recipe: Annotated[
        str, typer.Option(help="How papers' figures are measured: corrected, published, emage_evaltools or semges.")
    ] = "corrected",
    fgd_net: Annotated[
        Path | None, typer.Option("--fgd-net", help="Feature network (.safetensors) to measure FGD with.")
    ] = None,
    audio: Annotated[
        list[Path] | None, typer.Option("--audio", help="The takes' recordings, in their order, for beat consistency.")
    ] = None,
    smplx_model: SmplxModel = None,
    train_fgd: Annotated[
        Path | None, typer.Option("--train-fgd", help="Learn a feature network from this corpus or folder of motions.")
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option("--model", help="Measure this trained model, or run, on the corpus of gestures named as TAKES."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="With --model: the folder that the corpus was made of.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where --train-fgd writes it, or --model keeps its takes (a folder)."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure motions: what an animator would notice, and the figures that papers give; or a trained model."""
    from .evaluate import run_evaluate, run_train_fgd
    from .evaluate_model import run_evaluate_model

    if model is not None:
        if len(takes or []) != 1:
            raise typer.BadParameter("name the one corpus that --model is measured on")
        run_evaluate_model(model, (takes or [])[0], data, output, as_json)
    elif train_fgd is not None:
        run_train_fgd(train_fgd, output, as_json)
    else:
        run_evaluate(takes or [], reference, recipe, fgd_net, audio or [], smplx_model, as_json)


@app.command()
def export(
    source: Annotated[Path, typer.Argument(help="A take, an SMPL-X .npz or a BVH file.", metavar="MOTION")],
    output: Outputs,
    emphasis: Annotated[str, typer.Option(help='Sliders for a take, as for generate: "never=1.5,you=0".')] = "",
    audio: Annotated[Path | None, typer.Option("--audio", help="The recording, for .mp4, .png and .blend.")] = None,
    fps: Fps = None,
    smplx_model: SmplxModel = None,
    profile: Profile = "generic",
    model: ModelChoice = "",
    fusion: FusionMode = Fusion.POSE,
    as_json: Json = False,
) -> None:
    """Write a take, an SMPL-X file or a BVH in other formats."""
    from .commands import run_export

    run_export(source, output, emphasis, audio, fps, smplx_model, profile, model, fusion.value, as_json)


@app.command()
def train(
    recipe: RecipeFile,
    corpus: Annotated[Path, typer.Argument(help="A prepared corpus (chironomy prepare).", metavar="CORPUS")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the run; one that stopped goes on.")],
    stages: Annotated[
        str, typer.Option(help="Some of rvq,global,direct,base,sparse,semges, with commas; nothing: all of the recipe.")
    ] = "",
    smplx_model: SmplxModel = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    as_json: Json = False,
) -> None:
    """Train the networks of a recipe on a corpus."""
    from .train import run_train

    run_train(recipe, corpus, output, stages, smplx_model, device, as_json)


@prepare_app.command(name="beat2")
def prepare_beat2(
    folder: Annotated[Path, typer.Argument(help="The folder of BEAT2 (beat_english_v2.0.0).", metavar="FOLDER")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the corpus, which must be new.")],
    recipe: Annotated[Path, typer.Option("--recipe", "-r", help="The recipe (.yaml) whose front end it is for.")],
    models: Annotated[
        Path | None, typer.Option("--models", help="Where HuBERT, CLIP or a vocabulary lie, if the recipe needs them.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a corpus of BEAT2; recordings that are broken are left out and named."""
    from .prepare import run_prepare_beat2

    run_prepare_beat2(folder, output, recipe, models, as_json)


@prepare_app.command(name="gestures")
def prepare_gestures(
    folder: Annotated[Path, typer.Argument(help="A folder with gestures/, speech/ and text/.", metavar="FOLDER")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the corpus, which must be new.")],
    recipe: Annotated[Path, typer.Option("--recipe", "-r", help="The recipe (.yaml) whose front end it is for.")],
    hours: Annotated[float, typer.Option(min=0.01, max=1000, help="How much to make.")] = 10.0,
    seed: Annotated[int, typer.Option(help="Another seed puts other gestures to the words.")] = 1,
    workers: Annotated[int, typer.Option(min=1, help="Processes that work at the same time.")] = 2,
    reference: CorpusReference = None,
    as_json: Json = False,
) -> None:
    """Make a corpus, with a report: actors' gestures, put to recorded speech and to what a synthesiser reads."""
    from .prepare import run_prepare_gestures

    run_prepare_gestures(folder, output, recipe, hours, seed, workers, reference, as_json)


@prepare_app.command(name="report")
def prepare_report(
    corpus: Annotated[Path, typer.Argument(help="A corpus of gestures that exists.", metavar="CORPUS")],
    reference: CorpusReference = None,
    sheets: Annotated[int, typer.Option(min=0, max=1000, help="Contact sheets of so many different utterances.")] = 0,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder of the contact sheets.")] = None,
    as_json: Json = False,
) -> None:
    """Count and measure a corpus (report.json and report.md beside its shards), and draw some of it."""
    from .prepare import run_prepare_report

    run_prepare_report(corpus, reference, sheets, output, as_json)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Another address than this machine's own lets others in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: chosen by the system.")] = 0,
    data_folder: Annotated[
        Path | None, typer.Option("--data-folder", help="Where jobs, results and server.json are kept.")
    ] = None,
    parent_pid: Annotated[int | None, typer.Option("--parent-pid", help="End when this process does.")] = None,
    idle_unload_s: Annotated[float, typer.Option("--idle-unload-s", min=1, help="Unload models after so long.")] = 600,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1; several, with commas: a worker each.")] = "auto",
    keep_days: Annotated[float, typer.Option("--keep-days", min=0, help="Results unused for longer are removed.")] = 30,
    keep_gb: Annotated[float, typer.Option("--keep-gb", min=0, help="Results beyond so much are removed.")] = 4,
) -> None:
    """Serve the Blender extension, and scripts, over HTTP on this machine."""
    from .serve import start_server

    start_server(host, port, data_folder, parent_pid, idle_unload_s, device, keep_days, keep_gb)


@app.command(name="convert-weights")
def convert_weights(
    system: Annotated[PublishedSystem, typer.Argument(help="Whose weights they are.")],
    folder: Annotated[Path, typer.Argument(help="The folder of the published checkpoints.", metavar="FOLDER")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The model's folder, made where it is missing.")],
    as_json: Json = False,
) -> None:
    """Make a model of published weights that you have: checked, without pickles."""
    from .convert_weights import run_convert_weights

    run_convert_weights(system.value, folder, output, as_json)


@app.command()
def card(
    model: Annotated[Path, typer.Argument(help="The model's folder.", metavar="MODEL")],
    figures: Annotated[
        Path | None, typer.Option(help="Figures to add to the card: what `evaluate --json` printed.", metavar="JSON")
    ] = None,
    title: Annotated[str, typer.Option(help="Of the table that they become; the same title replaces it.")] = "",
    as_json: Json = False,
) -> None:
    """Show a model's card: licence, data, training, figures, limits; or add figures to it."""
    from .card import run_card

    run_card(model, figures, title, as_json)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Say what is installed, what is missing and how to get it."""
    from .doctor import run_doctor

    run_doctor(as_json)


def main() -> None:
    """Runs the command line; errors meant for the user become one line on stderr and the exit status 1."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # being ended cleans up as Ctrl-C does
    try:
        app()
    except UserError as error:
        print(f"chironomy: {error}", file=sys.stderr)
        sys.exit(1)
    except (Cancelled, KeyboardInterrupt) as stop:
        sys.exit(_cancelled(str(stop)))
    except SystemExit as end:
        if end.code == _CANCELLED:  # what typer makes of Ctrl-C
            _cancelled()
        raise


def _cancelled(reason: str = "") -> int:
    print(f"chironomy: {reason or 'cancelled; files that were not finished were not written'}", file=sys.stderr)
    return _CANCELLED


if __name__ == "__main__":
    main()
