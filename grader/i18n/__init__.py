"""The languages that the grader speaks, and sentences as templates with values."""
