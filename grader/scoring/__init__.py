"""Outcomes and a rubric make a report."""
