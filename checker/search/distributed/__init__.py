"""Breadth-first search by several workers, each of which owns a part of the states."""
