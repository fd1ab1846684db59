"""The commands: one function each, whose docstring and options are its help.

The program imports all of these modules, for ``--help`` too; what a command needs beyond its options it
imports when it runs.
"""
