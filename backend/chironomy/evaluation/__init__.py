"""How good a motion is: the figures that papers give, and those that an animator would notice."""
