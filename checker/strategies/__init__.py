"""Other ways to search than breadth first and once."""
