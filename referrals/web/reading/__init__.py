"""What is sealed as FHIR, made readable: a resource in, labels and words out. For pages, prints and plain text alike.

Nothing here knows a request or a database. Narratives (``text.div``) are never shown: their authors' HTML may load
pictures from anywhere, and says nothing that the elements do not say.
"""

from .kinds import sheet_of
from .plain import as_text
from .sheets import Line, Result, Sheet

__all__ = ["Line", "Result", "Sheet", "as_text", "sheet_of"]
