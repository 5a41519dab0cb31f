"""What an assistant knows besides its prompt: pages of facts, whose passages are found by a question."""
