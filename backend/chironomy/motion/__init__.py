"""Skeleton, rotations and kinematics: pure functions on numpy arrays, vectorised over frames and joints."""
