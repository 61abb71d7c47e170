"""Drawing a contact sheet: poses above a timeline with words, emphasis and waveform. Knows nothing of takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from ..motion.rotations import Array

#: The sheet's width; everything else follows from it.
WIDTH = 2400
_MARGIN = 72
_HEADER = 150
FIGURE_HEIGHT = 700
_PANEL_HEIGHT = 210
_WORDS_HEIGHT = 170
_ROW_GAP = 40
#: Lines are drawn this much larger and scaled down: Pillow's own have jagged edges.
_FINE = 2

_TOP, _BOTTOM = (44, 50, 61), (19, 22, 28)
_TEXT, _MUTED, _FAINT = (236, 233, 226), (150, 159, 173), (72, 81, 95)
_PANEL, _WAVE = (30, 34, 42), (66, 75, 90)
_CALM, _STRONG = (244, 190, 108), (240, 108, 90)


Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Pose:
    """One picture on the sheet."""

    time_s: float
    picture: Image.Image
    """RGBA; all poses of a sheet were seen by one camera and have one size."""
    word: str = ""


@dataclass(frozen=True)
class Label:
    """A word under the timeline."""

    text: str
    start_s: float
    end_s: float
    bright: bool = False


@dataclass(frozen=True)
class Row:
    """A stretch of time and what is shown of it."""

    start_s: float
    end_s: float
    poses: Sequence[Pose]
    labels: Sequence[Label]


@dataclass(frozen=True)
class Curves:
    """What the timeline draws; both over the whole duration."""

    emphasis: Array
    """[T], 0…2."""
    fps: float
    waveform: Array
    """[n], 0…1: the peaks of n equal stretches; may be empty."""
    duration_s: float


def draw_sheet(title: str, subtitle: str, rows: Sequence[Row], curves: Curves) -> Image.Image:
    """The whole sheet."""
    row_height = FIGURE_HEIGHT + 100 + _PANEL_HEIGHT + _WORDS_HEIGHT
    height = _HEADER + len(rows) * row_height + (len(rows) - 1) * _ROW_GAP + _MARGIN // 2
    sheet = _backdrop(height)
    draw = ImageDraw.Draw(sheet)
    draw.text((_MARGIN, 58), fitted(title, 52, WIDTH - 900), font=font(52), fill=_TEXT)
    draw.text((WIDTH - _MARGIN, 82), subtitle, font=font(28), fill=_MUTED, anchor="ra")
    box = _common_box([pose.picture for row in rows for pose in row.poses])
    top = _HEADER
    for row in rows:
        _draw_row(sheet, row, curves, box, top)
        top += row_height + _ROW_GAP
    return sheet


def font(size: int) -> ImageFont.FreeTypeFont:
    """Pillow's own font, which is there on every machine."""
    chosen = ImageFont.load_default(size)
    assert isinstance(chosen, ImageFont.FreeTypeFont)
    return chosen


def place_labels(starts: Sequence[float], widths: Sequence[float], gap: float, lanes: int) -> list[int] | None:
    """A lane for each label, so that none overlaps another: in each lane one must end before the next starts.

    Nothing where that takes more than `lanes` lanes.
    """
    ends = [-np.inf] * lanes
    chosen: list[int] = []
    for start, width in zip(starts, widths, strict=True):
        lane = next((k for k, end in enumerate(ends) if end + gap <= start), None)
        if lane is None:
            return None
        ends[lane] = start + width
        chosen.append(lane)
    return chosen


def spread(places: Sequence[float] | Array, gap: float, low: float, high: float) -> Array:
    """Places in the same order, at least gap apart (closer only where there is no room), moved as little as needed."""
    count = len(places)
    if not count:
        return np.zeros(0)
    gap = min(gap, (high - low) / max(count - 1, 1))
    # with the gaps taken out, "at least gap apart" is "not decreasing", which pooling neighbours solves exactly
    blocks: list[list[float]] = []
    for number, place in enumerate(places):
        blocks.append([place - gap * number, 1.0])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            value, size = blocks.pop()
            blocks[-1] = [(blocks[-1][0] * blocks[-1][1] + value * size) / (blocks[-1][1] + size), blocks[-1][1] + size]
    flat = np.concatenate([np.full(int(size), value) for value, size in blocks])
    return np.clip(flat, low, high - gap * (count - 1)) + gap * np.arange(count)


def _backdrop(height: int) -> Image.Image:
    blend = np.linspace(0.0, 1.0, height)[:, None, None]
    colours = np.array(_TOP) * (1.0 - blend) + np.array(_BOTTOM) * blend
    return Image.fromarray(np.broadcast_to(colours, (height, WIDTH, 3)).round().astype(np.uint8)).convert("RGB")


def _common_box(pictures: Sequence[Image.Image]) -> Box:
    """What holds every figure, so that all are drawn to one scale."""
    boxes = np.array([picture.getbbox() or (0, 0, *picture.size) for picture in pictures] or [(0, 0, 1, 1)])
    left, upper = boxes[:, :2].min(axis=0).tolist()
    right, lower = boxes[:, 2:].max(axis=0).tolist()
    return left, upper, right, lower


def _draw_row(sheet: Image.Image, row: Row, curves: Curves, box: Box, top: int) -> None:
    ground = top + FIGURE_HEIGHT
    panel_top = ground + 100
    slots = _slots(row, box)
    marks = [_x(row, pose.time_s) for pose in row.poses]
    levels = [_level(curves, pose.time_s) for pose in row.poses]
    _draw_figures(sheet, row, slots, box, ground)
    ceiling = max(1.0, float(np.max(curves.emphasis, initial=0.0)))
    _draw_panel(sheet, row, curves, panel_top, ceiling)
    _draw_links(sheet, slots, marks, levels, (ground + 66, panel_top), ceiling)
    _draw_words(sheet, row, panel_top + _PANEL_HEIGHT)


def _slots(row: Row, box: Box) -> Array:
    """Where the poses stand: above their times, moved apart as far as needed, with their arms inside the sheet."""
    if not row.poses:
        return np.zeros(0)
    width = (WIDTH - 2 * _MARGIN) / len(row.poses)
    left, right = _arms(row.poses[0].picture, box)[0], _arms(row.poses[-1].picture, box)[1]
    low = max(_MARGIN + width / 2, left + _MARGIN / 3)
    high = WIDTH - max(_MARGIN + width / 2, right + _MARGIN / 3)
    # halfway between their times and an even row: a row of figures should look like one
    even = np.linspace(low, high, len(row.poses))
    wanted = 0.35 * np.array([_x(row, pose.time_s) for pose in row.poses]) + 0.65 * even
    return spread(wanted, width * 0.94, low, high)


def _scale(box: Box) -> float:
    return FIGURE_HEIGHT * 0.97 / (box[3] - box[1])


def _arms(picture: Image.Image, box: Box) -> tuple[float, float]:
    """How far a figure reaches to the left and to the right of its feet, on the sheet."""
    left, _upper, right, _lower = picture.getbbox() or box
    feet = _feet(picture)
    return (feet - left) * _scale(box), (right - feet) * _scale(box)


def _draw_figures(sheet: Image.Image, row: Row, slots: Array, box: Box, ground: int) -> None:
    if not row.poses:
        return
    scale = _scale(box)
    shadows = Image.new("L", sheet.size, 0)
    draw = ImageDraw.Draw(shadows)
    for x in slots:
        draw.ellipse((x - 105, ground - 28, x + 105, ground + 12), fill=170)
    sheet.paste((8, 9, 12), mask=shadows.filter(ImageFilter.GaussianBlur(12)))
    draw = ImageDraw.Draw(sheet)
    for pose, x in zip(row.poses, slots, strict=True):
        figure = pose.picture.crop(box)
        figure = figure.resize((round(figure.width * scale), round(figure.height * scale)), Image.Resampling.LANCZOS)
        sheet.paste(figure, (round(x - scale * (_feet(pose.picture) - box[0])), ground - 8 - figure.height), figure)
        time, word = f"{pose.time_s:.2f} s", fitted(pose.word, 28, 210)
        time_width, word_width = font(22).getlength(time), font(28).getlength(word)
        start = x - (time_width + word_width + (12 if word else 0)) / 2
        draw.text((start, ground + 54), word, font=font(28), fill=_CALM, anchor="ls")
        draw.text(
            (start + word_width + (12 if word else 0), ground + 54), time, font=font(22), fill=_MUTED, anchor="ls"
        )


def _feet(picture: Image.Image) -> float:
    """Where the figure stands, in pixels from the left: the middle of its lowest tenth."""
    opacity = np.asarray(picture.getchannel("A"), dtype=float)
    rows = np.flatnonzero(opacity.any(axis=1))
    if not len(rows):
        return picture.width / 2.0
    columns = opacity[rows[-1] - (rows[-1] - rows[0]) // 10 :].sum(axis=0)
    return float(columns @ np.arange(len(columns)) / max(columns.sum(), 1.0))


def _draw_panel(sheet: Image.Image, row: Row, curves: Curves, top: int, ceiling: float) -> None:
    size = ((WIDTH - 2 * _MARGIN) * _FINE, _PANEL_HEIGHT * _FINE)
    width, height = size
    panel = Image.new("RGB", size, _PANEL)
    draw = ImageDraw.Draw(panel)
    times = row.start_s + (np.arange(width) + 0.5) / width * (row.end_s - row.start_s)
    if len(curves.waveform):
        at = np.clip(times / curves.duration_s * len(curves.waveform), 0, len(curves.waveform) - 1).astype(int)
        wave = curves.waveform[at] * (times <= curves.duration_s) * height * 0.42
        for x in range(0, width, 3):
            draw.line((x, height / 2 - wave[x], x, height / 2 + wave[x]), fill=_WAVE, width=2)
    values = np.interp(times * curves.fps, np.arange(len(curves.emphasis)), curves.emphasis)
    line = height - 6 - values / ceiling * (height - 30)
    _fill_curve(panel, line, ceiling)
    points = list(zip(range(0, width, 2), line[::2].tolist(), strict=True))
    ImageDraw.Draw(panel).line(points, fill=_CALM, width=3 * _FINE, joint="curve")
    if ceiling > 1.0:
        level = height - 6 - (height - 30) / ceiling
        ImageDraw.Draw(panel).line((0, level, width, level), fill=_FAINT, width=_FINE)
        at_one = (width - 12 * _FINE, level - 4 * _FINE)
        ImageDraw.Draw(panel).text(at_one, "1", font=font(18 * _FINE), fill=_MUTED, anchor="rs")
    mask = Image.new("L", size, 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, width - 1, height - 1), 16 * _FINE, fill=255)
    final = (width // _FINE, height // _FINE)
    sheet.paste(
        panel.resize(final, Image.Resampling.LANCZOS), (_MARGIN, top), mask.resize(final, Image.Resampling.LANCZOS)
    )
    draw = ImageDraw.Draw(sheet)
    draw.text((_MARGIN, top - 10), "emphasis", font=font(20), fill=_MUTED, anchor="ls")
    step = next(s for s in (1, 2, 5, 10) if (row.end_s - row.start_s) / s <= 20)
    for second in range(int(np.ceil(row.start_s / step)) * step, int(row.end_s) + 1, step):
        x = _x(row, second)
        draw.line((x, top + _PANEL_HEIGHT - 10, x, top + _PANEL_HEIGHT), fill=_MUTED, width=2)


def _fill_curve(panel: Image.Image, line: Array, ceiling: float) -> None:
    """Colours the area under the line [width]: calm at the bottom, strong above an emphasis of 1."""
    height = panel.height
    rows = np.arange(height)[:, None]
    level = (height - 6 - rows) / (height - 30) * ceiling
    strong = np.clip((level - 0.75) / 0.5, 0.0, 1.0)[..., None]
    colour = np.array(_CALM) * (1.0 - strong) + np.array(_STRONG) * strong
    opacity = np.clip(0.16 + 0.5 * level / ceiling, 0.0, 0.7)[..., None] * (rows >= line[None, :])[..., None]
    under = np.asarray(panel, dtype=float)
    panel.paste(Image.fromarray((under + (colour - under) * opacity).round().astype(np.uint8)))


def _draw_links(
    sheet: Image.Image,
    slots: Array,
    marks: Sequence[float],
    levels: Sequence[float],
    heights: tuple[int, int],
    ceiling: float,
) -> None:
    """From each pose a line down to its time, and a dot on the curve there."""
    upper, lower = heights
    layer = Image.new("RGBA", (WIDTH * _FINE, (lower - upper + _PANEL_HEIGHT) * _FINE), (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    bend = np.linspace(0.0, 1.0, 30)
    ease = bend * bend * (3.0 - 2.0 * bend)
    for slot, mark, level in zip(slots, marks, levels, strict=True):
        x = (slot + (mark - slot) * ease) * _FINE
        y = (lower - upper) * bend * _FINE
        dot = (lower - upper + _PANEL_HEIGHT - 3 - level / ceiling * (_PANEL_HEIGHT - 15)) * _FINE
        draw.line(
            [*zip(x.tolist(), y.tolist(), strict=True), (mark * _FINE, dot)], fill=(*_MUTED, 150), width=2 * _FINE
        )
        radius = 8 * _FINE
        draw.ellipse(
            (mark * _FINE - radius, dot - radius, mark * _FINE + radius, dot + radius),
            fill=(*_TEXT, 255), outline=(*_BOTTOM, 255), width=3 * _FINE,
        )  # fmt: skip
    layer = layer.resize((layer.width // _FINE, layer.height // _FINE), Image.Resampling.LANCZOS)
    sheet.paste(layer, (0, upper), layer)


def _draw_words(sheet: Image.Image, row: Row, top: int) -> None:
    """Words at their times: on one line, staggered where they would overlap, tilted where even that is too narrow."""
    draw = ImageDraw.Draw(sheet)
    for label in row.labels:
        ends = _x(row, label.start_s), max(_x(row, label.end_s), _x(row, label.start_s) + 4)
        colour = _CALM if label.bright else _FAINT
        draw.rounded_rectangle((ends[0] + 1, top + 10, ends[1] - 1, top + 16), 3, fill=colour)
    starts = [_x(row, label.start_s) for label in row.labels]
    for size in (30, 26):
        widths = [font(size).getlength(label.text) for label in row.labels]
        starts_fitted = [min(start, WIDTH - 20 - width) for start, width in zip(starts, widths, strict=True)]
        lanes = place_labels(starts_fitted, widths, 12, 3)
        if lanes is not None:
            for label, x, lane in zip(row.labels, starts_fitted, lanes, strict=True):
                y = top + 54 + lane * (size + 10)
                draw.text((x, y), label.text, font=font(size), fill=_CALM if label.bright else _TEXT, anchor="ls")
            return
    _draw_tilted(sheet, row, starts, top + 24)


def _draw_tilted(sheet: Image.Image, row: Row, starts: Sequence[float], top: int) -> None:
    size = 22
    for label, x in zip(row.labels, spread(starts, size * 1.15, _MARGIN, WIDTH - _MARGIN), strict=True):
        text = fitted(label.text, size, 170)
        width = int(font(size).getlength(text)) + 4
        tile = Image.new("L", (width, size + 10), 0)
        ImageDraw.Draw(tile).text((0, size), text, font=font(size), fill=255, anchor="ls")
        tile = tile.rotate(-60, Image.Resampling.BICUBIC, expand=True)
        sheet.paste(_CALM if label.bright else _TEXT, (round(x) - 6, top), tile)


def fitted(text: str, size: int, width: float) -> str:
    """The text, cut with an ellipsis where it is wider."""
    if font(size).getlength(text) <= width:
        return text
    while text and font(size).getlength(text + "…") > width:
        text = text[:-1]
    return text + "…"


def _x(row: Row, time_s: float) -> float:
    part = (time_s - row.start_s) / max(row.end_s - row.start_s, 1e-6)
    return _MARGIN + part * (WIDTH - 2 * _MARGIN)


def _level(curves: Curves, time_s: float) -> float:
    return float(np.interp(time_s * curves.fps, np.arange(len(curves.emphasis)), curves.emphasis))
