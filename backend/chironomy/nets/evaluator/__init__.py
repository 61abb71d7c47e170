"""The network in whose features FGD is measured."""
