"""Reading what people wrote: text, YAML with lines, and problems with file and line."""
