"""What differs from state to state, as data files with the source of every value; ``packs`` reads them."""
