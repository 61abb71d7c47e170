"""The corpus that ships no data: gestures of real actors, put together to the rhythm and meaning of speech."""
