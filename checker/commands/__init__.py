"""What elcheck can be told to do."""
