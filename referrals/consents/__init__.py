"""The signed permissions of clients: forms, elements, what each lets through, how it ends."""
