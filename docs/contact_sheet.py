"""Draws skeletons to look at: a take, BVH, SMPL-X or SmartBody file at several times, from the front and the side.

    python docs/contact_sheet.py FOLDER FILE [FILE …] [--times 8] [--at 0.5 1.2] [--hands]

Files with a skeleton of their own are shown twice: above as they are, below retargeted. Left limbs are blue, right ones
red. The triangle of a hand (wrist, knuckles of index and little finger) is filled where its back is seen, hollow where
its palm is. --hands shows the hands from nearby, one row each.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from chironomy.formats.clips import read_clip
from chironomy.formats.rig_map import matching_rig_map, read_rig_maps
from chironomy.formats.smplx_npz import read_smplx
from chironomy.formats.take import read_take
from chironomy.motion.body import neutral_body
from chironomy.motion.kinematics import forward
from chironomy.motion.retarget import mapped_positions, retarget
from chironomy.motion.skeleton import INDEX, JOINTS, PARENTS
from chironomy.presets import presets_folder

LEFT, RIGHT, MIDDLE = (30, 90, 220), (215, 50, 40), (70, 70, 70)
TILE = 300
#: Which coordinates are drawn to the right and up, and which comes towards the viewer.
VIEWS = {
    "front": (np.array([1.0, 0, 0]), np.array([0, 1.0, 0])),
    "side": (np.array([0, 0, -1.0]), np.array([0, 1.0, 0])),
}


def load(path: Path) -> tuple[list[tuple[str, np.ndarray]], float]:
    """Rows of named positions [T, 55, 3] and the frame rate."""
    body = neutral_body()
    if path.name.endswith(".smplx.npz"):
        motion = read_smplx(path)
        return [("motion", forward(motion.rotations, motion.translation, body.rest_joints)[0])], motion.fps
    if path.suffix == ".npz":
        take = read_take(path)
        rows = [
            (layer, forward(rotations, translation, body.rest_joints)[0])
            for layer, rotations, translation in (
                ("base", take.base_rotations, take.translation),
                ("semantic", take.semantic_rotations, take.semantic_translation),
            )
        ]
        return rows, take.metadata.fps
    clip = read_clip(path)
    rig_map = matching_rig_map(clip, read_rig_maps(presets_folder() / "rig_maps"), str(path))
    motion = retarget(clip, rig_map, body)
    source = mapped_positions(clip, rig_map, body)
    source -= source[:, :1] * [1.0, 0.0, 1.0]
    result = forward(motion.rotations, motion.translation * [0.0, 1.0, 0.0], body.rest_joints)[0]
    result -= result[:, :1] * [1.0, 0.0, 1.0]
    return [("source", source), ("retargeted", result)], clip.fps


def colour(joint: str) -> tuple[int, int, int]:
    return LEFT if joint.startswith("left") else RIGHT if joint.startswith("right") else MIDDLE


def draw_skeleton(
    picture: ImageDraw.ImageDraw,
    points: np.ndarray,
    view: tuple[np.ndarray, np.ndarray],
    box: tuple[float, float, float],
    only: str = "",
) -> None:
    """Draws points [55, 3]; box: where on the picture the origin lies, and pixels per metre."""
    x0, y0, scale = box
    across, up = view
    towards = np.cross(across, up)
    screen = np.stack([x0 + points @ across * scale, y0 - points @ up * scale], axis=-1)
    depth = points @ towards
    bones = [(j, p) for j, p in enumerate(PARENTS) if p >= 0 and np.isfinite(points[[j, p]]).all()]
    for joint, parent in sorted(bones, key=lambda bone: np.nansum(depth[list(bone)])):
        if only and not JOINTS[joint].startswith(only):
            continue
        ends = [tuple(screen[parent]), tuple(screen[joint])]
        picture.line(ends, fill=colour(JOINTS[joint]), width=2 if joint >= 25 and not only else 4)
    for side in ("left", "right"):
        corners = [INDEX[f"{side}_{joint}"] for joint in ("wrist", "index1", "pinky1")]
        if (only and not only.startswith(side)) or not np.isfinite(points[corners]).all():
            continue
        a, b, c = points[corners]
        back = np.cross(b - a, c - a) * (1 if side == "left" else -1)
        seen_from_behind = back @ towards > 0
        polygon = [tuple(screen[k]) for k in corners]
        picture.polygon(polygon, fill=colour(side) if seen_from_behind else (255, 235, 200), outline=colour(side))


def sheet(path: Path, times: int, at: list[float], hands: bool) -> Image.Image:
    rows, fps = load(path)
    frames = len(rows[0][1])
    chosen = [min(int(t * fps), frames - 1) for t in at] or list(np.linspace(0, frames - 1, times).astype(int))
    panels = [(row, view, side) for side in (("left_", "right_") if hands else ("",)) for view in VIEWS for row in rows]
    image = Image.new("RGB", (TILE * len(chosen), (TILE + 14) * len(panels)), "white")
    picture = ImageDraw.Draw(image)
    for y, ((name, points), view, side) in enumerate(panels):
        for x, frame in enumerate(chosen):
            left, top = x * TILE, y * (TILE + 14)
            now = points[frame]
            if side:
                centre = now[INDEX[f"{side}index1"]]
                box = (left + TILE / 2, top + TILE / 2, TILE / 0.42)
                shown = now - centre
                hand = [
                    k for k, joint in enumerate(JOINTS) if joint.startswith(side) and (k >= 25 or k in (18, 19, 20, 21))
                ]
                masked = np.full_like(shown, np.nan)
                masked[hand] = shown[hand]
                draw_skeleton(picture, masked, VIEWS[view], box, side)
            else:
                middle = now[0] * [1.0, 0.0, 1.0]
                draw_skeleton(picture, now - middle, VIEWS[view], (left + TILE / 2, top + TILE - 8, TILE / 2.0))
            picture.text((left + 4, top + 2), f"{name} {view} {side}{frame / fps:.2f} s", fill="black")
    return image


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--times", type=int, default=8, help="how many moments, spread evenly")
    parser.add_argument("--at", type=float, nargs="*", default=[], help="these moments instead, in seconds")
    parser.add_argument("--hands", action="store_true", help="show the hands from nearby")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for path in options.files:
        target = options.folder / f"{path.stem}{'-hands' if options.hands else ''}.png"
        sheet(path, options.times, options.at, options.hands).save(target)
        print(target)


if __name__ == "__main__":
    main()
