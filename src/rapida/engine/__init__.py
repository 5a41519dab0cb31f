"""One call's shell: it has the sound and the time, and performs what the core orders."""
