"""Requests over HTTP: read, met by faults, answered."""

import asyncio
import contextlib
import json
import time
from typing import TYPE_CHECKING, Any

from tornado.iostream import StreamClosedError
from tornado.web import RequestHandler

from tests.botapi.errors import ApiError
from tests.botapi.faults import Fault
from tests.botapi.formatting import Json
from tests.botapi.journal import Call
from tests.botapi.parameters import Parameters

if TYPE_CHECKING:
    from tests.botapi.server import BotApiServer

_GATEWAY_PAGE = (
    "<html>\r\n<head><title>{status}</title></head>\r\n<body>\r\n<center><h1>{status}</h1></center>\r\n"
    "<hr><center>nginx/1.18.0</center>\r\n</body>\r\n</html>\r\n"
)


class NotFound(RequestHandler):
    def prepare(self) -> None:
        self.set_status(404)
        self.finish({"ok": False, "error_code": 404, "description": "Not Found"})


class ApiHandler(RequestHandler):
    """One request to the API."""

    def initialize(self, server: "BotApiServer") -> None:
        self.server = server
        self.work: asyncio.Task[None] | None = None

    async def get(self, token: str, method: str) -> None:
        await self.post(token, method)

    async def post(self, token: str, method: str) -> None:
        self.work = asyncio.ensure_future(self.serve(token, method))
        with contextlib.suppress(asyncio.CancelledError, StreamClosedError):
            await self.work

    def on_connection_close(self) -> None:
        if self.work:
            self.work.cancel()

    async def serve(self, token: str, method: str) -> None:
        if token != self.server.token:
            self.answer(ApiError(401, "Unauthorized").as_json(), 401)
            return
        try:
            parameters = self.parameters()
        except ValueError as error:
            self.answer(ApiError(400, f"Bad Request: {error}").as_json(), 400)
            return
        fault = self.server.faults.strike(method)
        call = Call(method, parameters.values, fault=fault.name if fault else None)
        self.server.journal.calls.append(call)
        if fault is None:
            await self.obey(call, parameters)
        else:
            await self.fail(fault, call, parameters)
        call.finished = time.time()

    async def obey(self, call: Call, parameters: Parameters) -> None:
        try:
            self.answer(await self.server.act(call, parameters), 200)
        except ApiError as error:
            self.answer(error.as_json(), error.code)

    async def fail(self, fault: Fault, call: Call, parameters: Parameters) -> None:
        """Let a fault strike."""
        body: Json = {}
        if fault.acts:
            try:
                body = await self.server.act(call, parameters)
            except ApiError as error:
                body = error.as_json()
        call.status = call.status or fault.status
        match fault.name:
            case "cut before acting" | "cut after acting":
                self.cut()
            case "truncated":
                self.truncate(body)
            case "hang":
                await self.server.hang()
            case "garbage":
                self.finish("\x00\x01 this is no JSON {")
            case "slow":
                await asyncio.sleep(fault.seconds)
                self.answer(body, int(body.get("error_code", 200)))
            case _ if fault.description:
                self.refuse(fault)
            case _:
                self.set_status(fault.status)
                self.set_header("Content-Type", "text/html")
                self.finish(_GATEWAY_PAGE.format(status=fault.status))

    def refuse(self, fault: Fault) -> None:
        parameters = {"retry_after": fault.retry_after} if fault.retry_after else {}
        self.answer(ApiError(fault.status, fault.description, **parameters).as_json(), fault.status)

    def answer(self, body: Json, status: int) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        retry_after = body.get("parameters", {}).get("retry_after")
        if retry_after:
            self.set_header("Retry-After", str(retry_after))
        self.finish(json.dumps(body, ensure_ascii=False))

    def cut(self) -> None:
        self.detach().close()

    def truncate(self, body: Json) -> None:
        whole = json.dumps(body).encode()
        stream = self.detach()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(whole)}\r\n\r\n"
        writing = stream.write(head.encode() + whole[: len(whole) // 2])
        writing.add_done_callback(lambda _: stream.close())

    def parameters(self) -> Parameters:
        """Fields of query, form or JSON body, and files."""
        values: dict[str, Any] = {
            name: parts[-1].decode()
            for arguments in (self.request.query_arguments, self.request.body_arguments)
            for name, parts in arguments.items()
        }
        if self.request.headers.get("Content-Type", "").startswith("application/json"):
            body = json.loads(self.request.body or b"{}")
            if not isinstance(body, dict):
                raise ValueError("JSON object expected")
            values |= body
        files = {name: (parts[0].filename, parts[0].body) for name, parts in self.request.files.items()}
        return Parameters(values, files)

    def log_exception(self, *arguments: Any) -> None:
        """A bug of the server itself must fail the test."""
        self.server.journal.add_lint("traceback", repr(arguments[1]), "the test server itself")
        super().log_exception(*arguments)
