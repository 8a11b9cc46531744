"""Champion and challenger: which model is served, why, where it came from, and the way back."""
