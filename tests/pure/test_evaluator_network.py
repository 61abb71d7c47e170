"""The evaluator's skeleton: which joints see each other, and which become one."""

import torch

from chironomy.motion.skeleton import INDEX, JOINTS, PARENTS
from chironomy.nets.evaluator.network import Evaluator
from chironomy.nets.evaluator.skeleton import edges_of, neighbourhoods, pooled_edges, pooled_pairs


def seen_by(joint: str, distance: int) -> set[str]:
    near = neighbourhoods(edges_of(PARENTS), distance)
    return {JOINTS[k] for k in near[INDEX[joint]].nonzero()[0]}


def test_a_joint_sees_its_chain_and_what_branches_from_it() -> None:
    assert seen_by("left_foot", 2) == {"left_foot", "left_ankle", "left_knee"}
    assert seen_by("left_elbow", 1) == {"left_shoulder", "left_elbow", "left_wrist"}
    assert {"left_hip", "right_hip", "spine1", "spine2", "left_knee"} <= seen_by("pelvis", 2)


def test_neighbourhood_is_mutual() -> None:
    near = neighbourhoods(edges_of(PARENTS), 2)
    assert (near == near.T).all()


def test_chains_become_shorter_until_only_branches_are_left() -> None:
    edges = edges_of(PARENTS)
    counts = [len(edges)]
    for _ in range(3):
        groups = pooled_pairs(edges)
        assert sorted(k for group in groups for k in group) == list(range(len(edges)))
        edges = pooled_edges(edges, groups)
        counts.append(len(edges))
    assert counts == [55, 35, 20, 20]


def test_an_arm_becomes_two_edges_and_of_a_finger_the_first_joint_stays_alone() -> None:
    names = [[JOINTS[k] for k in group] for group in pooled_pairs(edges_of(PARENTS))]
    assert ["left_collar", "left_shoulder"] in names
    assert ["left_elbow", "left_wrist"] in names
    assert ["left_index1"] in names
    assert ["left_index2", "left_index3"] in names
    assert ["pelvis"] in names


def test_features_of_the_first_layer_see_near_joints_alone() -> None:
    network = Evaluator().eval()
    first = network.encoder.layers[0][0].residual[0]  # type: ignore[index]
    motion = torch.zeros(1, 330, 16)
    changed = motion.clone()
    foot = INDEX["left_foot"]
    changed[:, 6 * foot : 6 * foot + 6] = 1
    moved = (first(changed) != first(motion)).any(dim=2).view(55, 6).any(dim=1)
    assert {JOINTS[k] for k in moved.nonzero()[:, 0]} == {"left_foot", "left_ankle", "left_knee"}


def test_one_feature_vector_for_sixteen_frames_and_motion_rebuilt_as_long() -> None:
    network = Evaluator().eval()
    motion = torch.randn(2, 64, 330)
    assert network.encode(motion).shape == (2, 4, 240)
    output = network(motion)
    assert output.motion.shape == motion.shape
    assert output.mean.shape == output.log_variance.shape == (2, 4, 240)
