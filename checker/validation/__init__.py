"""Logs of real systems: reading them, and whether what they say is a behaviour of a model."""
