"""The desk: students hand in at a web page and see their grade; a batch of one at a time."""
