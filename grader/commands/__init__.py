"""The commands: one function each, whose docstring and options are its help."""
