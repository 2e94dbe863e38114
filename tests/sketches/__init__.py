"""Sketches of unlike algorithms, written before the spec language was fixed, to see whether it carries them.

ARCHITECTURE.md says what they taught. The zoo in models/ grows from them.
"""
