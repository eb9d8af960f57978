"""Where a witness that nobody can reach fetches our newest checkpoint, and brings its cosignature (docs/audit.md).

Neither says anything of an event: a size, hashes, signatures. Both are shut while no witness is named.
"""

import re

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from audit import witnesses, witnessing
from audit.models import AuditCheckpoint
from audit.standalone.judging import LARGEST
from audit.standalone.notes import BadNote

SIZE = re.compile("0|[1-9][0-9]{0,17}")
TEXT = "text/plain; charset=utf-8"


@require_GET
def checkpoint(request: HttpRequest) -> HttpResponse:
    """Our newest checkpoint, and the proof that it grew out of that of ``old`` events, as C2SP tlog-witness has it."""
    old = request.GET.get("old", "0")
    newest = AuditCheckpoint.objects.order_by("size").last()
    if not witnesses.rules().witnesses or newest is None:
        raise Http404
    if not SIZE.fullmatch(old):
        return HttpResponse("old must be a number of events, such as 0.\n", TEXT, 400)
    try:
        return HttpResponse(witnessing.request(newest, int(old)), TEXT)
    except witnessing.Ahead as ahead:
        return HttpResponse(f"You have seen more of this log than there is. {ahead}\n", TEXT, 409)


@csrf_exempt  # no cookie counts here: a signature does
@require_POST
def cosignature(request: HttpRequest) -> HttpResponse:
    """Take a witness's cosignature: the whole note, with its line in it."""
    if not witnesses.rules().witnesses:
        raise Http404
    body = request.read(LARGEST + 1)
    if len(body) > LARGEST:
        return HttpResponse("A note is shorter.\n", TEXT, 413)
    try:
        taken = witnessing.take(body.decode("utf-8"))
    except (BadNote, UnicodeDecodeError):
        return HttpResponse("This is not a cosigned checkpoint of this log.\n", TEXT, 422)
    if not taken:
        return HttpResponse("This witness is not in the policy of this log.\n", TEXT, 403)
    return HttpResponse("Thank you.\n", TEXT)
