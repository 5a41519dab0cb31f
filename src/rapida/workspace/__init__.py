"""What people set up: accounts, assistants and credentials, checked before they are saved."""
