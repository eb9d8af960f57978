"""The addresses of tokens: parse, one call, answer."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from audit import door

from . import endpoints


@require_safe
def smart_configuration(_request: HttpRequest) -> JsonResponse:
    """Where and how to ask for a token. Anybody may read it, also a page of another site."""
    return JsonResponse(endpoints.discovery(), headers={"Access-Control-Allow-Origin": "*"})


@csrf_exempt  # who asks proves it by a signature; no cookie counts here
@require_POST
def endpoint(request: HttpRequest, name: str) -> HttpResponse:
    """One of ``token``, ``introspect`` and ``revoke``."""
    with door.opened(door="smart", request_id=door.current().request_id):
        # What stands in an address stands in logs on the way: parameters are taken from the body alone.
        form = {} if request.GET else {field: request.POST.getlist(field) for field in request.POST}
        answer = endpoints.ask(name, form)
    headers = {**answer.headers, **endpoints.CACHE}
    headers.setdefault("Content-Type", "application/json")
    return HttpResponse(answer.body, status=answer.status, headers=headers)
