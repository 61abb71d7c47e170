"""What the networks hear and read: speech content, phones, words and sentences, one value per frame or window."""
