"""The filter language: a text becomes conditions, conditions become an Arrow expression and what is left of them."""
