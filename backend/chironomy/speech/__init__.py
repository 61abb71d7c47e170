"""Sound and text in; words, phones and rhythm with their times out."""
