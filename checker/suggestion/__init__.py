"""Properties worth having: what holds of all states that a model comes to, and what its mutants break."""
