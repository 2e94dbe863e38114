"""Breadth-first search over packed codes, and the judge that it asks about states and steps."""
