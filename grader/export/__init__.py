"""Grades in the shape the next system reads: one module a format, reading reports only."""
