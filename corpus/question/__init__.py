"""What was typed → `Query`: filters, terms with weights, what is asked for."""
