"""The generator `semges`: upper body and hands from speech and words, over the rhythm generator's stand."""
