"""Two bots with one token, two bots over one folder, and what a supervisor sees of it."""

import asyncio

import httpx
import pytest

from tests.botapi import BotApiServer
from tests.botapi.fixtures import StartBot
from tests.botapi.harness import free_port
from tests.faults.conftest import Crowd, wait_for, webhook_settings

pytestmark = pytest.mark.fault(15)


@pytest.mark.slow
async def test_a_conflict_is_told_health_is_red_and_the_other_takes_over_when_free(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    port = free_port()
    first = await baotong(METRICS_PORT=port)
    await wait_for(port, None, within=5)
    second = await baotong()  # a folder of its own, the same token
    first.errors_expected = second.errors_expected = True
    telegram.expect_refusals()
    await wait_for(port, "conflict", within=10)
    assert "another instance polls with the same BOT_TOKEN" in first.log + second.log
    await second.stop()
    crowd = Crowd(telegram, 1)
    crowd.ask(0)
    await crowd.answered(within=5)
    await wait_for(port, None, within=25)


async def test_a_second_bot_over_the_same_folder_is_refused(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    first = await baotong()
    second = await baotong(wait=0, DATA_DIR=first.data_dir)
    assert await second.wait(20) == 1
    assert f"another baotong runs over DATA_DIR {first.data_dir} (process {first.pid})" in second.log
    await first.kill()
    third = await baotong(DATA_DIR=first.data_dir)
    assert third.running


@pytest.mark.slow
async def test_a_webhook_left_by_an_earlier_mode_is_removed(
    telegram: BotApiServer, baotong: StartBot
) -> None:
    bot = await baotong(**webhook_settings(telegram))
    await bot.stop()
    del bot.environment["WEBHOOK_URL"]
    await bot.start()
    crowd = Crowd(telegram, 1)
    crowd.ask(0)
    await crowd.answered(within=5)
    assert telegram.updates.webhook is None


@pytest.mark.fault(11)
@pytest.mark.slow
async def test_health_and_metrics_of_a_running_bot(telegram: BotApiServer, baotong: StartBot) -> None:
    port = free_port()
    await baotong(METRICS_PORT=port)
    crowd = Crowd(telegram, 2)
    crowd.ask(0)
    crowd.ask(1, "火星上有多少只猫会写诗")
    await crowd.answered(within=5)
    await wait_for(port, None, within=5)
    async with httpx.AsyncClient(trust_env=False, base_url=f"http://127.0.0.1:{port}") as client:
        assert (await client.get("/healthz")).text == "ok\n"
        text = (await client.get("/metrics")).text
        async with telegram.outage():
            await asyncio.sleep(0.2)
            assert (await client.get("/healthz")).status_code == 200
    assert 'baotong_questions_total{confidence="answer",via="private"} 1.0' in text
    assert 'baotong_updates_total{kind="message",outcome="answered"} 2.0' in text
    assert "baotong_articles 15.0" in text
    assert "baotong_queue_depth 0.0" in text
    assert telegram.token not in text
    assert telegram.token.partition(":")[2] not in text
