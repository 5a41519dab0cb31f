"""Speed and memory, measured from outside: `python -m bench --help`. What a row means stands in README.md."""
