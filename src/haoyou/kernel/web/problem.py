"""Problems on the wire: RFC 9457 documents, one shape for every failure."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from haoyou.kernel.db.engine import is_lost
from haoyou.kernel.errors import AppError, Invalid, Json, MethodNotAllowed, NotFound, Unavailable

MEDIA_TYPE = "application/problem+json"


class FieldProblem(BaseModel):
    field: str
    code: str
    message: str


class Problem(BaseModel):
    """What went wrong, for machines (`code`) and people (`title`); `reference` finds it in the log."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None
    reference: str
    errors: list[FieldProblem] | None = None


def answer(error: AppError, reference: str) -> Response:
    body = error.as_problem() | {"reference": reference}
    retry_after, allow = error.data.get("retry_after_s"), error.data.get("allow")
    headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
    headers |= {"Allow": ", ".join(map(str, allow))} if isinstance(allow, list) else {}
    return Response(json.dumps(body, ensure_ascii=False), error.status, headers, media_type=MEDIA_TYPE)


def documented(errors: Iterable[type[AppError]]) -> dict[int | str, dict[str, Any]]:
    """The `responses` of an operation in OpenAPI, from the errors it declares."""
    by_status: dict[int, list[str]] = {}
    for error in errors:
        codes = by_status.setdefault(error.status, [])
        if error.code not in codes:
            codes.append(error.code)
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": ", ".join(sorted(codes)), "content": {MEDIA_TYPE: {"schema": schema}}}
        for status, codes in sorted(by_status.items())
    }


def invalid_field(field: str, code: str, message: str) -> Invalid:
    return Invalid(errors=[{"field": field, "code": code, "message": message}])


def install(app: FastAPI) -> None:
    def reference_of(request: Request) -> str:
        return request.scope.get("haoyou.request_ref", "")

    async def expected(request: Request, error: Exception) -> Response:
        assert isinstance(error, AppError)
        return answer(error, reference_of(request))

    async def misshapen(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return answer(Invalid(errors=_fields(error.errors())), reference_of(request))

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return answer(_of_framework(error), reference_of(request))

    async def unexpected(request: Request, error: Exception) -> Response:
        return answer(of_unexpected(error), reference_of(request))  # the gateway writes what happened into the log

    app.add_exception_handler(AppError, expected)
    app.add_exception_handler(RequestValidationError, misshapen)
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(Exception, unexpected)


def of_unexpected(error: Exception) -> AppError:
    """A database out of reach is worth another try, which clients make by themselves; anything else is our fault."""
    return Unavailable() if is_lost(error) else AppError()


def _of_framework(error: HTTPException) -> AppError:
    """What the framework itself refuses: a body it cannot read, a method or an address it does not know."""
    match error.status_code:
        case 400 if isinstance(error.__cause__, AppError):  # a body that grew beyond the limit while it was read
            return error.__cause__
        case 400:
            return invalid_field("body", "json_invalid", "is not JSON")
        case 405:
            return MethodNotAllowed(allow=[*(error.headers or {}).get("Allow", "").split(", ")])
        case _:
            return NotFound()


def _fields(errors: Sequence[Any]) -> list[Json]:
    """Where and why, never the value: what was typed may be a password or an ID number."""
    return [
        {"field": ".".join(str(part) for part in error["loc"][1:]) or str(error["loc"][0]), "code": error["type"],
         "message": error["msg"]}
        for error in errors[:20]
    ]  # fmt: skip
