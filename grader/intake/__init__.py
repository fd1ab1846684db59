"""An LMS's download becomes a roster."""
