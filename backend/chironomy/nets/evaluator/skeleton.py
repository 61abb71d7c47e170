"""The skeleton as edges: neighbourhoods for skeleton convolution, pairs for skeleton pooling.

An edge is a joint with its parent and carries that joint's channels; the root's edge leads to a virtual joint beyond
the last one, so that every joint has an edge and edges stand in the order of joints.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Edge = tuple[int, int]


def edges_of(parents: Sequence[int]) -> list[Edge]:
    """One edge per joint, (inner joint, outer joint)."""
    return [(0, len(parents)), *((parent, joint) for joint, parent in enumerate(parents) if joint > 0)]


def neighbourhoods(edges: Sequence[Edge], distance: int) -> NDArray[np.bool_]:
    """[E, E]: which edges lie within so many steps of each other; edges with a common joint are one step apart."""
    touching = np.array([[bool(set(a) & set(b)) for b in edges] for a in edges])
    near = np.eye(len(edges), dtype=bool)
    for _ in range(distance):
        near = near @ touching
    return near


def pooled_pairs(edges: Sequence[Edge]) -> list[list[int]]:
    """Which edges become one: along every chain without branches two by two; of an odd chain the first stays alone."""
    children: dict[int, list[int]] = {}
    for k, (inner, _) in enumerate(edges):
        children.setdefault(inner, []).append(k)
    groups: list[list[int]] = []

    def follow(edge: int) -> None:
        chain = [edge]
        while len(onward := children.get(edges[chain[-1]][1], [])) == 1:
            chain += onward
        odd = len(chain) % 2
        groups.extend([[chain[0]]] if odd else [])
        groups.extend([chain[k], chain[k + 1]] for k in range(odd, len(chain), 2))
        for branch in onward:
            follow(branch)

    for edge in children[0]:
        follow(edge)
    return groups


def pooled_edges(edges: Sequence[Edge], groups: Sequence[Sequence[int]]) -> list[Edge]:
    """The edges that remain, in the order of their groups."""
    return [(edges[group[0]][0], edges[group[-1]][1]) for group in groups]
