"""Global motion: equal to the published network; velocities and translations are each other's inverse."""

import torch
from weights_from_names import fixture, published_shapes, weights_from_names

from chironomy.nets.config import GlobalMotionConfig
from chironomy.nets.global_motion import GlobalMotion, global_input, root_velocity, to_translation, to_velocity

_SMALL = GlobalMotionConfig(width=8)


def test_it_equals_the_published_network():
    network = GlobalMotion(61, GlobalMotionConfig()).eval()
    network.load_state_dict(weights_from_names(published_shapes("semtalk_global_motion")))
    expected = fixture("global_motion.npz")
    with torch.inference_mode():
        motion = network(torch.from_numpy(expected["in_x"]))
    torch.testing.assert_close(motion, torch.from_numpy(expected["rec_pose"]), atol=1e-4, rtol=0)


def test_a_stretch_with_21_frames_of_context_equals_the_whole():
    network = GlobalMotion(61, _SMALL).eval()
    lower = torch.randn(1, 120, 61)
    assert network.context_frames == 21
    with torch.inference_mode():
        torch.testing.assert_close(network(lower[:, 29:91])[:, 21:-21], network(lower)[:, 50:70], atol=1e-6, rtol=0)


def test_its_input_holds_rotations_and_contacts_but_no_translation():
    lower = torch.randn(1, 3, 61)
    seen = global_input(lower)
    assert not seen[..., 54:57].any()
    torch.testing.assert_close(seen[..., :54].unflatten(-1, (18, 3)).norm(dim=-1), torch.ones(1, 3, 18))
    assert torch.equal(seen[..., 57:], lower[..., 57:])
    assert not global_input(lower, contacts=False)[..., 57:].any()


def test_a_velocity_moves_to_the_next_frame_and_height_is_taken_as_it_is():
    velocity = torch.tensor([[[3.0, 0.9, 0.0], [6.0, 0.8, -3.0], [9.0, 0.7, 0.0]]])
    moved = to_translation(velocity, torch.tensor([[1.0, 5.0, 2.0]]), fps=30.0)
    torch.testing.assert_close(moved, torch.tensor([[[1.0, 0.9, 2.0], [1.1, 0.8, 2.0], [1.3, 0.7, 1.9]]]))


def test_steady_walking_comes_back_from_its_velocity():
    walk = torch.stack([torch.linspace(0, 2, 50), torch.full((50,), 0.9), torch.linspace(1, 0, 50)], -1)[None]
    torch.testing.assert_close(to_translation(to_velocity(walk, 30.0), walk[:, 0], 30.0), walk)


def test_every_parameter_learns():
    network = GlobalMotion(61, _SMALL)
    output = network(torch.randn(1, 10, 61))
    (root_velocity(output).square().mean() + output[..., 57:].square().mean()).backward()
    assert [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()] == []
