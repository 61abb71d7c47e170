"""Synthesisers read lines of text, and tell exactly when each word and phone sounds."""
