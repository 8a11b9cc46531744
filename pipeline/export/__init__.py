"""A trained model as a folder that scores raw rows with NumPy and onnxruntime alone."""
