"""Phones and prominence become the face: ARKit blend shapes, jaw and eyes."""
