"""The leak matrix: every role tries every part through every door, and what comes back is held to a page of rules.

``matrix`` reads the rules (tests/leaks/matrix.toml), ``worlds`` makes what they speak of through the same acts as
everybody, ``doors`` tries, ``run`` compares.
"""
