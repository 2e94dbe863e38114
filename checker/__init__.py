"""How elcheck works: a room for each step from a model to a report (ARCHITECTURE.md)."""
