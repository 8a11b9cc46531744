"""Public data sets: what they are, where they come from, and the settings that make a project of them."""
