"""Images, clips and sound: decoded once into a stream."""
