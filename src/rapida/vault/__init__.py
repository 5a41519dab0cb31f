"""Secrets: sealed credentials, hashed passwords, and tokens."""
