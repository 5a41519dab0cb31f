"""What a running server leaves to be seen: log lines, metrics, and one replayable journal per call."""
