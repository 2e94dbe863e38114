"""Published problems of shared state, written as Specs."""
