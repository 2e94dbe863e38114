"""Models as machines and strategies of Hypothesis."""
