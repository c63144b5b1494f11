"""Errors as RFC 9457 problem details (`application/problem+json`)."""

import math
from http import HTTPStatus
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.defaults import page_not_found
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from realtime.refusals import Refused

# How the protocol's codes (docs/realtime.md) are said in HTTP.
STATUS = {"not_found": 404, "conflict": 409, "too_large": 413, "rate_limited": 429, "unavailable": 503}


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn DRF's and Django's refusals into `{type, title, status, detail, errors?}`.

    Returns None for anything unexpected: that is a 500 and goes the ordinary way.
    """
    if isinstance(error, Refused):
        return _refused(error)
    if isinstance(error, ObjectDoesNotExist):
        error = Http404()
    if isinstance(error, ValidationError):
        error = exceptions.ValidationError(getattr(error, "message_dict", None) or error.messages)
    response = exception_handler(error, context)
    if response is None:
        return None
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(response.status_code).phrase,
        "status": response.status_code,
    }
    if isinstance(error, exceptions.ValidationError):
        problem["detail"] = "Some fields are not valid."
        problem["errors"] = response.data
    elif isinstance(error, (Http404, PermissionDenied)):
        problem["detail"] = "There is nothing here that you may use."
    else:
        problem["detail"] = str(getattr(error, "detail", ""))
    response.data = problem
    response.content_type = "application/problem+json"
    return response


def _refused(refused: Refused) -> Response:
    status = STATUS.get(refused.code, 400)
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": refused.code,
        "detail": str(refused.detail),
    }
    if refused.field:
        problem["errors"] = {refused.field: [str(refused.detail)]}
    headers = {} if refused.retry_after is None else {"Retry-After": str(math.ceil(refused.retry_after))}
    return Response(problem, status=status, headers=headers, content_type="application/problem+json")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: a problem for programs, the page with a way on for people."""
    if not request.path.startswith("/api/"):
        return page_not_found(request, exception)
    problem = {
        "type": "about:blank",
        "title": HTTPStatus.NOT_FOUND.phrase,
        "status": 404,
        "detail": "There is nothing here that you may use.",
    }
    return JsonResponse(problem, status=404, content_type="application/problem+json")
