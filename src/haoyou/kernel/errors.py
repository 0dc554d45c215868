"""Expected failures, said the same way everywhere: a stable code for machines, data for the screen (RFC 9457).

A room subclasses the kind that fits beside the rule that raises it. The sentence a person reads lives in the
locales of the web app; `title` here is the English fallback.
"""

from collections.abc import Mapping
from typing import ClassVar, TypeAlias

Json: TypeAlias = str | int | float | bool | list["Json"] | dict[str, "Json"] | None

_known: dict[str, type["AppError"]] = {}


class AppError(Exception):
    """An expected failure. `code` is stable for ever; `data` is what the screen needs to help."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "error"
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, detail: str | None = None, **data: Json) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.data: dict[str, Json] = data

    def __init_subclass__(cls) -> None:
        _known[cls.code] = cls

    def as_problem(self) -> dict[str, Json]:
        """The members of the problem document; the edge adds `reference`."""
        problem: dict[str, Json] = {
            "type": f"urn:haoyou:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
        }
        return problem | ({"detail": self.detail} if self.detail else {}) | self.data


def from_problem(problem: Mapping[str, Json]) -> AppError:
    """The error a problem document describes, with its own type, so that a caller across a wire can catch it."""
    own = {"type", "title", "status", "code", "detail", "reference"}
    kind = _known.get(str(problem["code"]), AppError)
    detail = problem.get("detail")
    data = {key: value for key, value in problem.items() if key not in own}
    return kind(detail if isinstance(detail, str) else None, **data)


class Invalid(AppError):
    """The request has the wrong shape; `errors` names each field and what to do."""

    status = 422
    code = "invalid"
    title = "Some fields need correction"


class Unauthenticated(AppError):
    status = 401
    code = "unauthenticated"
    title = "Please sign in"


class Forbidden(AppError):
    status = 403
    code = "forbidden"
    title = "You do not have the right to do this"


class NotFound(AppError):
    """Absent, or not yours: the two look the same on purpose."""

    status = 404
    code = "not_found"
    title = "Not found"


class MethodNotAllowed(AppError):
    """`allow`: the methods this address knows."""

    status = 405
    code = "method_not_allowed"
    title = "This address does not know that method"


class Conflict(AppError):
    status = 409
    code = "conflict"
    title = "The state has changed"


class PreconditionFailed(AppError):
    status = 412
    code = "precondition_failed"
    title = "Somebody saved a newer version"


class PreconditionRequired(AppError):
    status = 428
    code = "precondition_required"
    title = "Say which version you are changing (If-Match)"


class TooLarge(AppError):
    status = 413
    code = "too_large"
    title = "The request is too large"


class UnsupportedMedia(AppError):
    status = 415
    code = "unsupported_media_type"
    title = "Send JSON"


class RateLimited(AppError):
    status = 429
    code = "rate_limited"
    title = "Too many requests, please wait"


class Unavailable(AppError):
    status = 503
    code = "unavailable"
    title = "Not available at the moment, please try again"


class KeyMissing(AppError):
    status = 400
    code = "idempotency.key_missing"
    title = "Send an Idempotency-Key"


class KeyInFlight(Conflict):
    code = "idempotency.in_flight"
    title = "The same request is still being worked on"


class KeyReused(AppError):
    status = 422
    code = "idempotency.other_body"
    title = "This Idempotency-Key was used for another request"
