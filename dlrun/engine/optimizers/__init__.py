"""The kinds of group `optimizer`, a file each; the defaults are Keras's, because the books are Keras."""
