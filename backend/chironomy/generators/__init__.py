"""Generators: speech in, take out. `rhythm` needs no weights."""
