"""Files, read and written. Each is written beside its place first and then renamed, so none is ever half there."""
