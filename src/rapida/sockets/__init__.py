"""Media sockets: how a stream is upgraded, read, written and closed. No call is known here."""
