"""How a client signs a consent: on our screen, on their own phone, on paper; and what waits to be signed."""
