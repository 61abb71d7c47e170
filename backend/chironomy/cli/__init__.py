"""The command `chironomy`."""
