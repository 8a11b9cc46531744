"""The only home of Lightning: module, data module, trainer, resume."""
