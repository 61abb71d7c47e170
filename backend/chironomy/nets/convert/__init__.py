"""Published checkpoints, which users bring themselves, into a model's folder."""
