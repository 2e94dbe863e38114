"""Claims about whole behaviours, decided on the graph that a search leaves."""
