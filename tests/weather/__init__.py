"""AWS's weather, in front of the sandbox: what a right solution has to be graded in."""
