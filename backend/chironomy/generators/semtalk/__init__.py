"""The generator `semtalk`: base motion, semantic motion and psi from networks, whatever the length."""
