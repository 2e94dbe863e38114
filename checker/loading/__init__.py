"""From a name on the command line to a model: the file, its docstring, its parameters."""
