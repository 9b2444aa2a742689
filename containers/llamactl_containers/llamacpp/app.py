"""The routes: TGI's, SageMaker's and OpenAI's, all over the one engine."""

from collections.abc import Mapping
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from llamactl_containers.llamacpp.door import Door
from llamactl_containers.llamacpp.engine import Engine
from llamactl_containers.llamacpp.fields import Fields
from llamactl_containers.llamacpp.http import AnswerRoute, Stream, check_key
from llamactl_containers.llamacpp.openai_answers import complete, complete_stream
from llamactl_containers.llamacpp.openai_request import OpenAIRequest, read_chat, read_completion
from llamactl_containers.llamacpp.refusal import Refused
from llamactl_containers.llamacpp.tally import Tally
from llamactl_containers.llamacpp.tgi_answers import generate, generate_stream, tokens_of
from llamactl_containers.llamacpp.tgi_request import MAX_STOP_SEQUENCES, read_generate

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def build_app(engine: Engine) -> Starlette:
    """Put the routes before an engine."""
    service = Service(engine)
    answers = [
        ("/", service.compatible),
        ("/generate", service.generate),
        ("/generate_stream", service.generate_stream),
        ("/tokenize", service.tokenize),
        ("/invocations", service.invocations),
        ("/v1/chat/completions", service.chat),
        ("/v1/completions", service.completion),
    ]
    settings = engine.settings
    routes = [
        Route(
            path,
            AnswerRoute(
                answerer,
                engine.metrics,
                max_body_bytes=settings.max_body_bytes,
                api_key=settings.api_key,
            ),
            methods=["POST"],
        )
        for path, answerer in answers
    ]
    routes += [
        Route("/", service.info),
        Route("/info", service.info),
        Route("/health", service.health),
        Route("/ping", service.health),
        Route("/metrics", service.metrics),
        Route("/v1/models", service.models),
        Route("/v1/models/{model_id:path}", service.model),
    ]
    handlers: Any = {HTTPException: _no_route, Refused: _refused, Exception: _broken}
    door = Middleware(Door, host=settings.host)
    return Starlette(routes=routes, middleware=[door], exception_handlers=handlers)


class Service:
    """What each route does."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._settings = engine.settings

    async def generate(self, values: Mapping[str, Any], tally: Tally) -> Any:
        """TGI's `/generate`."""
        context_tokens = self._settings.context_tokens
        request = read_generate(values, streamed=False, context_tokens=context_tokens)
        return await generate(self._engine, request, tally)

    async def generate_stream(self, values: Mapping[str, Any], tally: Tally) -> Stream:
        """TGI's `/generate_stream`."""
        context_tokens = self._settings.context_tokens
        request = read_generate(values, streamed=True, context_tokens=context_tokens)
        return Stream(generate_stream(self._engine, request, tally))

    async def compatible(self, values: Mapping[str, Any], tally: Tally) -> Any:
        """TGI's `/`: a stream where asked for, else a list; the text has the prompt in front."""
        streamed = Fields(values).flag("stream")
        request = read_generate(
            values,
            streamed=streamed,
            context_tokens=self._settings.context_tokens,
            full_text=True,
        )
        if streamed:
            return Stream(generate_stream(self._engine, request, tally))
        return [await generate(self._engine, request, tally)]

    async def invocations(self, values: Mapping[str, Any], tally: Tally) -> Any:
        """SageMaker's route: a generate, chat or completion body, told apart by its shape."""
        if "inputs" in values:
            return await self.compatible(values, tally)
        if "messages" in values:
            return await self.chat(values, tally)
        if "prompt" in values:
            return await self.completion(values, tally)
        raise Refused("validation", "the body must have `inputs`, `messages` or `prompt`")

    async def chat(self, values: Mapping[str, Any], tally: Tally) -> Any:
        """OpenAI's `/v1/chat/completions`."""
        return await self._openai(read_chat(values, self._settings), tally)

    async def completion(self, values: Mapping[str, Any], tally: Tally) -> Any:
        """OpenAI's `/v1/completions`."""
        return await self._openai(read_completion(values, self._settings), tally)

    async def tokenize(self, values: Mapping[str, Any], _tally: Tally) -> list[dict[str, Any]]:
        """TGI's `/tokenize`: ids, texts, and where each stands in the input, in bytes."""
        text = Fields(values).text("inputs")
        if not text:
            raise Refused("validation", "`inputs` cannot be empty")
        return tokens_of(text.encode(), await self._engine.pieces(text))

    async def info(self, _request: Request) -> Response:
        """TGI's `/info`."""
        settings = self._settings
        body = {
            "model_id": settings.model_id,
            "model_sha": None,
            "model_pipeline_tag": "text-generation",
            "max_concurrent_requests": settings.max_concurrent_requests,
            "max_best_of": 1,
            "max_stop_sequences": MAX_STOP_SEQUENCES,
            "max_input_tokens": settings.context_tokens - 1,
            "max_total_tokens": settings.context_tokens,
            "validation_workers": 1,
            "max_client_batch_size": 1,
            "router": "llamactl-llamacpp",
            "version": version("llamactl"),
            "sha": None,
            "docker_label": None,
        }
        return JSONResponse(body)

    async def health(self, _request: Request) -> Response:
        """Say that the model is loaded: this route does not exist before."""
        return Response(status_code=200)

    async def metrics(self, _request: Request) -> Response:
        """Give the numbers for Prometheus."""
        return Response(self._engine.metrics.text(), headers={"content-type": METRICS_TYPE})

    async def models(self, request: Request) -> Response:
        """OpenAI's list of models: the one that is served."""
        check_key(request, self._settings.api_key)
        return JSONResponse({"object": "list", "data": [self._card()]})

    async def model(self, request: Request) -> Response:
        """OpenAI's description of one model."""
        check_key(request, self._settings.api_key)
        model_id = request.path_params["model_id"]
        if model_id != self._settings.model_id:
            message = f"The model '{model_id}' does not exist"
            raise Refused("model_not_found", message, param="model")
        return JSONResponse(self._card())

    async def _openai(self, request: OpenAIRequest, tally: Tally) -> Any:
        if request.streamed:
            return Stream(complete_stream(self._engine, request, tally))
        return await complete(self._engine, request, tally)

    def _card(self) -> dict[str, Any]:
        model_id = self._settings.model_id
        return {"id": model_id, "object": "model", "created": 0, "owned_by": "llamactl"}


async def _no_route(request: Request, error: HTTPException) -> Response:
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return _shaped(request, Refused("method_not_allowed", f"{request.method} is not allowed"))
    return _shaped(request, Refused("not_found", f"no route {request.url.path}"))


async def _refused(request: Request, refusal: Refused) -> Response:
    return _shaped(request, refusal)


async def _broken(request: Request, _error: Exception) -> Response:
    # Starlette raises it again behind this: the traceback is in the log.
    return _shaped(request, Refused("internal", "an error in the server: its log has the details"))


def _shaped(request: Request, refusal: Refused) -> Response:
    status, body = refusal.shaped(request.url.path)
    return JSONResponse(body, status)
