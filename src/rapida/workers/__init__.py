"""Worker processes, for native code that must not live in the server's process."""
