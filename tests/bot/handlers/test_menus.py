"""The menu button: the search page where there is one, else the commands."""

import pytest
from telegram import MenuButtonCommands, MenuButtonWebApp, WebAppInfo

from bot.service.application import post_init
from tests.bot.conftest import OpenTalk
from tests.botapi import faults
from tests.botapi.server import BotApiServer

PAGE = {"type": "web_app", "text": "网页版", "web_app": {"url": "https://read.example.org/news/"}}


def button(telegram: BotApiServer) -> object:
    return telegram.world.menu_buttons.get(0)


async def test_it_opens_the_search_page_and_is_set_once(open_talk: OpenTalk, telegram: BotApiServer) -> None:
    async with open_talk(public_url="https://read.example.org/news") as talk:
        await post_init(talk.application)
        assert button(telegram) == PAGE
        await post_init(talk.application)
    assert len(telegram.journal.called("setChatMenuButton")) == 1


async def test_an_address_without_a_path_is_set_once_too(open_talk: OpenTalk, telegram: BotApiServer) -> None:
    async with open_talk(public_url="https://read.example.org") as talk:
        await post_init(talk.application)
        await post_init(talk.application)
    assert len(telegram.journal.called("setChatMenuButton")) == 1


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"public_url": "http://read.example.org"},
        {"public_url": "https://read.example.org", "allowed_ids": "7"},
    ],
    ids=["unset", "http", "private"],
)
async def test_it_lists_the_commands_again_where_there_is_no_page(
    open_talk: OpenTalk, telegram: BotApiServer, settings: dict[str, str]
) -> None:
    async with open_talk(**settings) as talk:
        await post_init(talk.application)
        assert not telegram.journal.called("setChatMenuButton")
    async with open_talk(public_url="https://read.example.org/news") as talk:
        await post_init(talk.application)
        assert button(telegram) == PAGE
    async with open_talk(**settings) as talk:
        await post_init(talk.application)
        assert button(telegram) == MenuButtonCommands().to_dict()


async def test_a_button_that_somebody_else_set_stays(open_talk: OpenTalk, telegram: BotApiServer) -> None:
    async with open_talk() as talk:
        shop = MenuButtonWebApp("商店", WebAppInfo("https://shop.example.org/"))
        await talk.application.bot.set_chat_menu_button(menu_button=shop)
        await post_init(talk.application)
        assert button(telegram) == shop.to_dict()


async def test_a_refusal_is_logged_and_nothing_else(
    open_talk: OpenTalk, telegram: BotApiServer, caplog: pytest.LogCaptureFixture
) -> None:
    telegram.expect_refusals()
    telegram.faults.plan(faults.refusal(400, "Bad Request: BUTTON_URL_INVALID"), "setChatMenuButton")
    async with open_talk(public_url="https://read.example.org") as talk:
        await post_init(talk.application)
        assert "the menu button could not be set" in caplog.text
        [answer] = await talk.say("临江大桥什么时候通车")
    assert "2026年10月1日" in answer.text
