"""Health and metrics over real sockets, answered by a process of their own."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import httpx
import pytest

from bot.metrics import Metrics
from bot.process import health as health_module
from bot.process.health import Health
from corpus.models import Confidence
from tests.botapi.harness import free_port

HOST = "127.0.0.1"
Problems = Callable[[], Mapping[str, str]]


@asynccontextmanager
async def opened(
    problems: Problems = dict, metrics: Metrics | None = None
) -> AsyncIterator[tuple[Health, httpx.AsyncClient]]:
    port = free_port()
    health = Health(problems, metrics or Metrics(), host=HOST, port=port)
    health.start()
    try:
        async with httpx.AsyncClient(base_url=f"http://{HOST}:{port}", trust_env=False) as client:
            yield health, client
    finally:
        await health.stop()


async def test_alive_is_alive_whatever_the_problems_and_ready_names_them() -> None:
    problems: dict[str, str] = {}
    async with opened(lambda: problems) as (_, client):
        assert (await client.get("/healthz")).text == "ok\n"
        assert (await client.get("/readyz")).json() == {"ready": True, "problems": {}}
        problems["poll"] = "Telegram has not answered"
        assert (await client.get("/healthz")).status_code == 200
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json() == {"ready": False, "problems": problems}


async def test_a_check_that_fails_is_itself_a_reason() -> None:
    def fail() -> Mapping[str, str]:
        raise RuntimeError("broken")

    metrics = Metrics()
    metrics.watch("queue_depth", "Waiting.", lambda: 1 // 0)
    async with opened(fail, metrics) as (_, client):
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert "RuntimeError" in answer.json()["problems"]["check"]
        assert (await client.get("/metrics")).status_code == 503


async def test_metrics_count_questions_and_read_what_is_watched() -> None:
    metrics = Metrics()
    metrics.observe_answer(Confidence.NONE, 0.02, "group")
    metrics.observe_update("message", "answered", 0.3)
    metrics.watch("queue_depth", "Waiting.", lambda: 5)
    async with opened(metrics=metrics) as (_, client):
        text = (await client.get("/metrics")).text
    assert 'baotong_questions_total{confidence="none",via="group"} 1.0' in text
    assert 'baotong_questions_total{confidence="answer",via="private"} 0.0' in text
    assert "baotong_queue_depth 5.0" in text
    assert "process_resident_memory_bytes" in text
    assert 'baotong_answer_seconds_bucket{le="0.025"} 1.0' in text


async def test_other_paths_methods_and_junk_get_short_answers() -> None:
    async with opened() as (_, client):
        assert (await client.get("/")).status_code == 404
        assert (await client.post("/healthz")).status_code == 405
        assert (await client.head("/healthz")).content == b""
        assert (await client.get("/readyz?x=1")).status_code == 200
        port = client.base_url.port
        for junk in (b"\x16\x03\x01\r\n\r\n", b"GET /healthz\r\n\r\n"):
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(junk)
            assert b"400" in await reader.readline()
            writer.close()
        # Whoever connects and says nothing keeps nobody waiting.
        silent = [await asyncio.open_connection(HOST, port) for _ in range(20)]
        assert (await client.get("/healthz")).status_code == 200
        for _, writer in silent:
            writer.close()


async def test_many_ask_at_once() -> None:
    async with opened() as (_, client):
        answers = await asyncio.gather(*(client.get("/readyz") for _ in range(30)))
    assert {answer.status_code for answer in answers} == {200}


async def test_a_process_that_ended_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_module, "RESTART_SECONDS", 0.0)
    async with opened() as (health, client):
        assert (await client.get("/healthz")).status_code == 200
        assert health._guard is not None
        os.kill(health._guard.pid, signal.SIGKILL)
        await asyncio.to_thread(health._guard.wait)
        health.beat()
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).status_code == 200


async def test_a_process_that_stands_still_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_module, "RESTART_SECONDS", 0.0)
    async with opened() as (health, client):
        assert (await client.get("/healthz")).status_code == 200
        stopped = health._guard
        assert stopped is not None
        os.kill(stopped.pid, signal.SIGSTOP)
        while health._guard is stopped:
            health.beat()
            await asyncio.sleep(0.01)
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).status_code == 200


async def test_a_process_that_reads_its_heartbeats_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_module, "RESTART_SECONDS", 0.0)
    async with opened() as (health, client):
        guard = health._guard
        for _ in range(3 * health_module.MAX_UNREAD_BEATS):
            health.beat()
            while health._unread_beats:  # noqa: ASYNC110 — looks from outside
                await asyncio.sleep(0.01)
        assert health._guard is guard
        assert (await client.get("/healthz")).status_code == 200


async def test_a_guard_killed_in_the_middle_of_an_answer_leaves_nothing_to_its_successor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health_module, "RESTART_SECONDS", 0.0)
    metrics = Metrics()
    long = b"x" * 3_000_000
    monkeypatch.setattr(metrics, "text", lambda: long)
    async with opened(metrics=metrics) as (health, client):
        assert health._guard is not None
        os.kill(health._guard.pid, signal.SIGSTOP)
        asked = [asyncio.create_task(client.get("/metrics")) for _ in range(3)]
        await asyncio.sleep(0.1)
        os.kill(health._guard.pid, signal.SIGCONT)
        await asyncio.sleep(0.02)
        os.kill(health._guard.pid, signal.SIGKILL)
        await asyncio.gather(*asked, return_exceptions=True)
        await asyncio.to_thread(health._guard.wait)
        health.beat()
        assert (await client.get("/readyz")).json() == {"ready": True, "problems": {}}
        assert (await client.get("/metrics")).content == long


async def test_a_taken_port_is_an_error_at_start() -> None:
    async with opened() as (_, client):
        port = client.base_url.port
        assert port is not None
        other = Health(dict, Metrics(), host=HOST, port=port)
        with pytest.raises(OSError, match="in use"):
            other.start()
        await other.stop()
