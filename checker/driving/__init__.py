"""A model and real Python code that step together, compared after each step."""
