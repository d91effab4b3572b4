"""What goes wrong, as JSON with a `detail` that a person understands; one log line for each."""

from __future__ import annotations

import asyncio

import structlog
from aiohttp import ClientConnectionError, web
from aiohttp.typedefs import Handler

from bridge.errors import KafkaUnavailable, WebhookError
from gateway import metrics

log = structlog.get_logger(__name__)

RETRY_AFTER_S = 5  # edna comes again after 4 s, amojo not at all (edna.md §6, amojo.md §6.3)


@web.middleware
async def answers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn errors into answers. Whatever is in a body, it is never an error of the server."""
    metrics.IN_FLIGHT.inc()
    try:
        return await handler(request)
    except WebhookError as error:
        return refused(request, error.status, str(error))
    except KafkaUnavailable as error:
        return refused(
            request,
            503,
            f"not stored: {error}",
            headers={"Retry-After": str(RETRY_AFTER_S)},
        )
    except web.HTTPException as error:
        if error.status < 400:
            raise
        allowed = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        return refused(request, error.status, error.reason, headers=allowed)
    except TimeoutError:
        return refused(request, 408, "the body did not come in time")
    except (web.RequestPayloadError, ClientConnectionError, ConnectionError):
        return refused(request, 400, "the body stopped half way")
    except asyncio.CancelledError:
        raise
    except Exception:
        log.exception("gateway.failed", route=_route(request))
        return refused(request, 500, "a fault of the gateway: see its log")
    finally:
        metrics.IN_FLIGHT.dec()


def refused(request: web.Request, status: int, detail: str, headers: dict[str, str] | None = None) -> web.Response:
    """A refusal: counted, said in the log without anything personal, answered."""
    metrics.REJECTED.labels(str(status)).inc()
    log.warning("webhook.refused", route=_route(request), method=request.method, status=status, why=detail)
    answer = web.json_response({"detail": detail}, status=status, headers=headers)
    if status in (408, 413):
        answer.force_close()  # what is left of the body is not read
    return answer


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "none"
