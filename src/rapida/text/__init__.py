"""Text as it is spoken: sentences, notations, and what nobody should hear."""
