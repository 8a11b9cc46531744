"""What a person asks of a project at nine in the morning: what runs, how it went, what is wrong now."""
