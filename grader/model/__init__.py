"""What the stages hand on to one another: ways to an account, observations, outcomes, reports."""
