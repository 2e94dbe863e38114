"""What a state space is made of, and what would make it smaller or larger."""
