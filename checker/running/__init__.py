"""A model's handlers as running programs: a process a node, TCP between them."""
