"""What answers, places and connects calls: the rules between the carrier's wire and the rows of the store."""
