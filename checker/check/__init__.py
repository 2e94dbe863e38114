"""From a model to a report."""
