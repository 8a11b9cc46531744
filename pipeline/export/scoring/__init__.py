"""What an exported bundle scores with: NumPy, onnxruntime, and nothing of Convoy."""
