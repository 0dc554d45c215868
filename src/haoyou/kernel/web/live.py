"""GET /api/live: hints to a browser as server-sent events."""

from typing import Annotated

from fastapi import Header, Response
from fastapi.responses import StreamingResponse

from haoyou.kernel.web.operation import Caller, Router
from haoyou.kernel.web.policy import SIGNED_IN, Data

router = Router("kernel", prefix="/api")

_EVENTS = {200: {"content": {"text/event-stream": {}}, "description": "`changed` with keys, or `reset`"}}


@router.get("/live", permission=SIGNED_IN, data=Data.OWN, response_class=Response, responses=_EVENTS)
async def live(ctx: Caller, last_event_id: Annotated[str | None, Header(max_length=60)] = None) -> Response:
    stream = ctx.house.hub.stream(ctx.principal.id, last_event_id, session_id=ctx.principal.session_id)
    return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
