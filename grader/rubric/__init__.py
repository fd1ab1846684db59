"""The rubric as types, and its rules."""
