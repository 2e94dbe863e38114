"""Smaller spaces that mean the same: which states stand for which others, and the proof that they may."""
