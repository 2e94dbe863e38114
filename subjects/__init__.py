"""Subjects: real Python code, ready to be driven by a model of models/."""
