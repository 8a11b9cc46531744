"""The published systems, each a ready set of params with its claim, its protocol and its doubts."""
