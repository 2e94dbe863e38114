"""Liveness: from what is claimed of endless behaviours to those that break the claim."""
