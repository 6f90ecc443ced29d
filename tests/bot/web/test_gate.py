"""How often one address may ask, whose word about addresses is believed, what is counted."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from bot.metrics import Metrics
from bot.web import limits
from bot.web.limits import AddressLimits
from bot.web.options import SiteOptions
from tests.bot.web.sites import served

VISITOR, OTHER = {"X-Forwarded-For": "203.0.113.7"}, {"X-Forwarded-For": "203.0.113.8"}


@pytest.fixture(autouse=True)
def a_small_allowance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BURST", 6.0)
    monkeypatch.setattr(limits, "PER_SECOND", 0.001)


async def test_who_asks_too_often_waits_and_nobody_else_does(tmp_path: Path) -> None:
    metrics = Metrics()
    async with served(tmp_path, metrics=metrics) as (client, _):
        statuses = [(await client.get("/latest", headers=VISITOR)).status_code for _ in range(8)]
        refused = await client.get("/latest", headers=VISITOR)
        other = await client.get("/latest", headers=OTHER)
    assert statuses == [200] * 6 + [429] * 2
    assert int(refused.headers["Retry-After"]) > 0
    assert "请求太多" in refused.text
    assert other.status_code == 200
    assert b'baotong_web_requests_total{kind="latest",status="429"} 3.0' in metrics.text()


async def test_a_search_costs_more_than_a_page(tmp_path: Path) -> None:
    async with served(tmp_path) as (client, _):
        first = await client.get("/search?q=大桥", headers=VISITOR)
        second = await client.get("/search?q=茶", headers=VISITOR)
        page = await client.get("/latest", headers=VISITOR)
    assert [first.status_code, second.status_code, page.status_code] == [200, 429, 200]


async def test_only_a_trusted_proxy_names_addresses(tmp_path: Path) -> None:
    options = SiteOptions(proxies=(ip_network("198.51.100.0/24"),))
    async with served(tmp_path, options=options) as (client, _):
        statuses = [
            (await client.get("/latest", headers={"X-Forwarded-For": f"203.0.113.{number}"})).status_code
            for number in range(8)
        ]
    assert statuses.count(429) == 2


async def test_addresses_that_a_visitor_adds_are_not_believed(tmp_path: Path) -> None:
    async with served(tmp_path) as (client, _):
        statuses = [
            (
                await client.get("/latest", headers={"X-Forwarded-For": f"10.0.0.{number}, 203.0.113.7"})
            ).status_code
            for number in range(8)
        ]
    assert statuses.count(429) == 2


def test_what_was_spent_comes_back_and_old_addresses_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PER_SECOND", 1.0)
    monkeypatch.setattr(limits, "MAX_ADDRESSES", 100)
    now = [0.0]
    allowed = AddressLimits(lambda: now[0])
    assert [allowed.seconds_to_wait("a", 5) for _ in range(2)] == [0.0, 4.0]
    now[0] = 4.0
    assert allowed.seconds_to_wait("a", 5) == 0.0
    for number in range(1_000):
        allowed.seconds_to_wait(f"2001:db8:{number:x}::1", 1)
    assert len(allowed._buckets) == 100


def test_all_addresses_of_one_network_share_an_allowance() -> None:
    allowed = AddressLimits(lambda: 0.0)
    waits = [allowed.seconds_to_wait(f"2001:db8::{number:x}", 1) for number in range(8)]
    assert [wait > 0 for wait in waits] == [False] * 6 + [True] * 2
