"""The networks of the published checkpoints: built by name, filled under the published tensor names."""
