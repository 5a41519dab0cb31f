"""Other frameworks under the same load; each file runs in `.tools/peers` and imports nothing of ours."""
