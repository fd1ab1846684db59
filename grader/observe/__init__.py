"""What is there, and what it does: one account in, one :class:`~grader.observation.Observation` out."""

from grader.observe.account import observe

__all__ = ["observe"]
