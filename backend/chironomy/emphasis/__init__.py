"""psi, sliders and curves; mixing of the two layers of a take."""
