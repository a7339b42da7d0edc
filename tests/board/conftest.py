collect_ignore = ["image.py", "machine.py", "board.py", "forward.py", "guest"]  # a program of its own
