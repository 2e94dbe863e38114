"""Reports: the same result as text, JSON, JUnit XML and a graph."""
