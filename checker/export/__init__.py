"""What other tools read: a counterexample, the report or the state graph, a module for each format."""
