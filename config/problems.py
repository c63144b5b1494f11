"""Errors as RFC 9457 problem details (`application/problem+json`)."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn DRF's and Django's refusals into `{type, title, status, detail, errors?}`.

    Returns None for anything unexpected: that is a 500 and goes the ordinary way.
    """
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
