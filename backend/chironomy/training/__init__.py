"""Training: corpora, stages, losses, the loop and its checkpoints. Loads torch, but not before it is needed."""
