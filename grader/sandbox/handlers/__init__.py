"""Handlers as students write them, right and wrong. Deployed as files, never imported."""
