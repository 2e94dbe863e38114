"""The tests of elcheck."""
