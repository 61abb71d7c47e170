"""How good a trained model is, on recordings of its corpus that it never saw: every figure beside what it should be."""
