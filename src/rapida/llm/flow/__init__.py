"""Flows: a dialogue as states and questions, in YAML, behind the face of a language model."""
