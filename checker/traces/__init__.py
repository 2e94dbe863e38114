"""A path of the search as something to read: plain states, messages, words, causes."""
