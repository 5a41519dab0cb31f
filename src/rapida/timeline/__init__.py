"""One call on one time axis, drawn from its journal: who spoke when, what was heard, and what mattered."""
