"""How the logs of real systems tell of the models' steps: an observer for each system."""
