"""Grades deployed Lambda and SQS labs."""

__version__ = "0.2.0"
