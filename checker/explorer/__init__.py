"""``elcheck explore``: a page on this machine to walk the states of a model by hand."""
