"""Traces that people write: reading them, finding the steps that they mean, saying which are not allowed."""
