"""What an app is told in its own output, once: a call of its has another effect than in a process of its own."""
import sys


def once(generation, name, text):
    """Writes the sentence for the first call of that name in the generation."""
    if name not in generation.warned:
        generation.warned.add(name)
        print(f"snakehost: {text}", file=sys.stderr)
