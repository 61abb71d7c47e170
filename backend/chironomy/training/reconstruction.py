"""Stages `rvq` and `global`: what the RVQ-VAEs and the global motion learn from."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..motion.skeleton import CONTACT_JOINTS
from ..nets.config import ModelConfig, PartConfig
from ..nets.global_motion import GlobalMotion, global_input, root_velocity, to_translation, to_velocity
from ..nets.motion_vector import part_of, rotation_matrices
from ..nets.rvq import ResidualVQ
from .body_points import BodyPoints
from .corpus_format import FPS
from .machine import full_precision
from .motion_losses import angles_between, idle_loss, movement_losses, standing_feet_loss
from .motion_of_batch import layer_rotations, motion_vectors, seen_motion
from .settings import ReconstructionWeights
from .windows import Batch

Losses = dict[str, Tensor]
_FEET = list(CONTACT_JOINTS)


class RvqObjective(nn.Module):
    """One part's RVQ-VAE: rotations, their changes, where the body's points are, face or root, commitment."""

    joint_weights: Tensor

    def __init__(
        self,
        network: ResidualVQ,
        part: PartConfig,
        config: ModelConfig,
        weights: ReconstructionWeights,
        body: BodyPoints,
    ) -> None:
        super().__init__()
        self.network = network
        self._part, self._config, self._weights, self._body = part, config, weights, body
        self.register_buffer("joint_weights", _joint_weights(part, weights), persistent=False)

    def forward(self, batch: Batch, epoch: float) -> Losses:
        """In training, every window shows one of the two layers at random; both must be encoded."""
        with full_precision(batch["valid"]):
            rotations = self._rotations(batch)
            target = part_of(seen_motion(rotations, batch, self._config.behaviour), self._part, batch.get("face"))
        if self.network.training and epoch < self._weights.codes_from_epoch:
            motion, commitment = self.network.decode_codes(self.network.latents(target)), target.new_zeros(())
        else:
            motion, commitment, _ = self.network(target)
        with full_precision(batch["valid"]):
            losses = self._losses(motion.float(), target, rotations, batch)
            losses["commitment"] = self._weights.commitment * commitment
        return losses

    def _rotations(self, batch: Batch) -> Tensor:
        semantic, base = layer_rotations(batch, "semantic"), layer_rotations(batch, "base")
        if not self.network.training:
            return semantic
        shows_base = torch.rand(len(semantic), device=semantic.device) < 0.5
        return torch.where(shows_base[:, None, None, None], base, semantic)

    def _losses(self, motion: Tensor, target: Tensor, rotations: Tensor, batch: Batch) -> Losses:
        weights, part, joints = self._weights, self._part, list(self._part.joint_numbers)
        split = 6 * len(joints)
        rebuilt, wanted = (rotation_matrices(values[..., :split].unflatten(-1, (-1, 6))) for values in (motion, target))
        apart = (motion[..., :split] - target[..., :split]).square().unflatten(-1, (-1, 6)).mean(-1)
        weighed, weighed_wanted = (matrices * self.joint_weights[:, None, None] for matrices in (rebuilt, wanted))
        losses = {
            "rotation": weights.rotation * (self.joint_weights * angles_between(rebuilt, wanted)).mean(),
            "six_d": weights.six_d * (self.joint_weights * apart).mean(),
            **_weighted(movement_losses("rotation", weighed, weighed_wanted), weights.velocity, weights.acceleration),
        }
        # the other parts are as they truly are, so that points are where these joints alone put them
        whole = rotation_matrices(rotations)
        with_rebuilt = whole.clone()
        with_rebuilt[..., joints, :, :] = rebuilt
        extra, wanted_extra = motion[..., split:], target[..., split:]
        if part.extra == "root":
            losses |= self._root_losses(extra, wanted_extra, with_rebuilt, batch)
        elif part.extra != "none":
            losses |= self._face_losses(extra, wanted_extra)
        if part.extra in ("none", "root") or self._body.has_skin:
            faces = (extra, wanted_extra) if part.extra == "expressions" else (None, None)
            points = [self._body.points(pose, face) for pose, face in zip((with_rebuilt, whole), faces, strict=True)]
            losses |= _point_losses(points[0], points[1], weights)
        return losses

    def _face_losses(self, face: Tensor, target: Tensor) -> Losses:
        weight = self._weights.face
        return {
            "face": weight * F.mse_loss(face, target),
            **_weighted(movement_losses("face", face, target, F.mse_loss), weight, weight),
        }

    def _root_losses(self, root: Tensor, target: Tensor, pose: Tensor, batch: Batch) -> Losses:
        feet = self._body.joints(pose)[..., _FEET, :] + batch["translation"][:, :, None]
        return {
            "translation": self._weights.translation * F.mse_loss(root[..., :3], target[..., :3]),
            "contact": self._weights.contact * F.mse_loss(root[..., 3:], target[..., 3:]),
            "foot": self._weights.foot * standing_feet_loss(feet, batch["contacts"]),
        }


class GlobalMotionObjective(nn.Module):
    """Where the root goes: velocities, the path they add up to, the body's points on that path, feet that stand."""

    def __init__(
        self, network: GlobalMotion, config: ModelConfig, weights: ReconstructionWeights, body: BodyPoints
    ) -> None:
        super().__init__()
        self.network = network
        self._config, self._weights, self._body = config, weights, body

    def forward(self, batch: Batch, _epoch: float) -> Losses:
        """The input has contacts where generation gives them, and zeros where it gives zeros."""
        contacts_given = self._config.behaviour.contacts_to_global_motion == "decoded"
        with full_precision(batch["valid"]):
            rotations = layer_rotations(batch, "semantic")
            lower = part_of(motion_vectors(rotations, batch), self._config.parts["lower"])
            seen = global_input(lower, contacts_given)
        output = self.network(seen)
        with full_precision(batch["valid"]):
            return self._losses(output.float(), rotations, batch["translation"], batch["contacts"].float())

    def _losses(self, output: Tensor, rotations: Tensor, translation: Tensor, contacts: Tensor) -> Losses:
        weights = self._weights
        found, wanted = root_velocity(output), to_velocity(translation, FPS)
        path = to_translation(found, translation[:, 0], FPS)
        # velocities lead to this path, which rounding keeps from being `translation` itself
        wanted_path = to_translation(wanted, translation[:, 0], FPS)
        derivatives = weights.root_derivatives
        pose = self._body.points(rotation_matrices(rotations))
        feet = self._body.joints(rotation_matrices(rotations))[..., _FEET, :]
        return {
            "contact": weights.contact * F.mse_loss(output[..., -4:], contacts),
            "velocity": weights.velocity * F.l1_loss(found[..., [0, 2]], wanted[..., [0, 2]]),
            **_weighted(movement_losses("velocity", found, wanted), derivatives, derivatives),
            "path": weights.translation * F.l1_loss(path, wanted_path),
            **_weighted(movement_losses("path", path, wanted_path), derivatives, derivatives),
            **_point_losses(pose + path[:, :, None], pose + wanted_path[:, :, None], weights),
            "foot": weights.foot * standing_feet_loss(feet + path[:, :, None], contacts),
        }


def _joint_weights(part: PartConfig, weights: ReconstructionWeights) -> Tensor:
    """What the rotations of a part's joints [J] weigh, 1 on average."""
    own = torch.tensor([weights.joints.get(name, 1.0) for name in part.joints])
    return own / own.mean()


def _point_losses(points: Tensor, target: Tensor, weights: ReconstructionWeights) -> Losses:
    return {
        "points": weights.points * F.mse_loss(points, target),
        "point_distance": weights.point_distance * (points - target).norm(dim=-1).mean(),
        "points_idle": weights.points_idle * idle_loss(points, target, FPS),
        **_weighted(movement_losses("points", points, target), weights.points_velocity, weights.points_acceleration),
    }


def _weighted(losses: Losses, *weights: float) -> Losses:
    return {name: weight * loss for (name, loss), weight in zip(losses.items(), weights, strict=True)}
