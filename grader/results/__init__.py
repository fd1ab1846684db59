"""The results folder: read, written whole, locked."""
