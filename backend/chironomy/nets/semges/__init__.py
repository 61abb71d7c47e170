"""SemGes: two VQ-VAEs, a cross-modal transformer with two passes, its losses, and long speech in windows."""
