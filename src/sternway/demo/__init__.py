"""What does a newcomer see in one minute? An emulated clip on a simulated walker, a broker and the live page."""
