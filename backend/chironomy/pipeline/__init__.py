"""The whole way from a recording to files, and nothing else: the steps live in the packages it calls."""
