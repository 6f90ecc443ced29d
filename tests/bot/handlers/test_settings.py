"""/settings: what is chosen by buttons holds, and in groups only admins choose."""

import sqlite3
from typing import NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.handlers import settings_panel
from bot.handlers.settings_panel import Panel, Setting, SettingItem
from bot.messages import callback_data, markup
from bot.messages.callback_data import decode, encode
from bot.storage import chats
from bot.storage.chats import AnswerLength, Askers, ChatPreferences, Preview, QuietHours, Script
from bot.wording.i18n import Language, translator
from corpus.models import Category
from tests.assertions import assert_all
from tests.botapi.faults import refusal
from tests.botapi.harness import Talk
from tests.botapi.messages import Message
from tests.botapi.play import Chat, Person
from tests.botapi.server import BotApiServer
from tests.profiles import examples


def preferences(talk: Talk, chat_id: int) -> ChatPreferences:
    return chats.load(talk.application.bot_data.state.connection(), chat_id)


async def choose(talk: Talk, message: Message, *labels: str, by: Person | None = None) -> Message:
    for label in labels:
        message = (await talk.press(message, label, by=by)).shown
    return message


async def test_everything_can_be_chosen_in_private(talk: Talk) -> None:
    [menu] = await talk.say("/settings")
    assert "谁可以提问" not in menu  # nobody else is there
    for labels in (
        ("回答长短", "长"),
        ("网页预览", "小图"),
        ("默认分类", "文化"),
        ("静音时段", "22:00–08:00"),
        ("时区", "纽约"),
    ):
        menu = await choose(talk, menu, *labels)
    assert preferences(talk, talk.me.id) == ChatPreferences(
        length=AnswerLength.LONG,
        preview=Preview.SMALL,
        category="文化",
        quiet=QuietHours(22, 8),
        zone="America/New_York",
    )
    assert "默认分类：文化" in menu
    assert "静音时段：22:00–08:00" in menu
    assert "时区：纽约" in menu


async def test_the_present_choice_is_marked_and_can_be_taken_back(talk: Talk) -> None:
    [menu] = await talk.say("/settings")
    menu = await choose(talk, menu, "静音时段", "22:00–08:00")
    choices = await choose(talk, menu, "静音时段")
    assert [label for label in choices.labels if label.startswith("✓")] == ["✓ 22:00–08:00"]
    menu = await choose(talk, choices, "不静音")
    assert preferences(talk, talk.me.id) == ChatPreferences()


async def test_the_language_changes_at_once_with_the_menu_of_commands(
    talk: Talk, telegram: BotApiServer
) -> None:
    [menu] = await talk.say("/settings")
    menu = await choose(talk, menu, "语言", "English")
    assert menu.text.startswith("Settings\nLanguage: English")
    assert telegram.commands(talk.chat, talk.me)["settings"].startswith("Language")
    menu = await choose(talk, menu, "Language", "繁體中文")
    assert "文章字形：原文" in menu
    menu = await choose(talk, menu, "文章字形", "轉換成繁體")
    assert preferences(talk, talk.me.id).script is Script.CONVERTED
    [answer] = await talk.say("临江大桥什么时候通车")
    assert "臨江大橋" in answer


async def test_a_choice_is_confirmed_with_a_toast(talk: Talk) -> None:
    [menu] = await talk.say("/settings")
    choices = await choose(talk, menu, "回答长短")
    pressed = await talk.press(choices, "短")
    assert pressed.answer is not None
    assert pressed.answer.text == "已保存"


class TestGroups:
    async def test_an_admin_decides_who_may_ask(self, talk: Talk, owner: Person, group: Chat) -> None:
        [menu] = await talk.say("/settings@baotong_bot", by=owner, chat=group)
        await choose(talk, menu, "谁可以提问", "只有管理员", by=owner)
        assert preferences(talk, group.id).askers is Askers.ADMINS

    async def test_others_neither_see_nor_change_settings(
        self, talk: Talk, owner: Person, group: Chat
    ) -> None:
        [refusal] = await talk.say("/settings@baotong_bot", chat=group)
        assert refusal.text == "只有管理员可以更改设置。"
        assert refusal.buttons == ()
        [menu] = await talk.say("/settings@baotong_bot", by=owner, chat=group)
        pressed = await talk.press(menu, "语言")
        assert (pressed.messages, pressed.edits) == ((), ())
        assert pressed.answer is not None
        assert pressed.answer.text == "只有管理员可以更改设置。"
        await talk.forge(menu, encode(Setting(SettingItem.ASKERS, "admins")))
        assert preferences(talk, group.id) == ChatPreferences()

    async def test_an_anonymous_admin_writes_as_the_group_and_presses_as_a_person(
        self, talk: Talk, telegram: BotApiServer, group: Chat
    ) -> None:
        hidden = telegram.person("隐身")
        hidden.promote(group, anonymous=True)
        [menu] = await talk.say("/settings@baotong_bot", by=hidden, chat=group)
        assert menu.text.startswith("本群设置")
        await choose(talk, menu, "回答长短", "短", by=hidden)
        assert preferences(talk, group.id).length is AnswerLength.SHORT

    async def test_whoever_is_admin_no_more_cannot_use_the_old_buttons(
        self, talk: Talk, telegram: BotApiServer, group: Chat
    ) -> None:
        deputy = telegram.person("副手")
        deputy.promote(group)
        [menu] = await talk.say("/settings@baotong_bot", by=deputy, chat=group)
        deputy.demote(group)
        pressed = await talk.press(menu, "语言", by=deputy)
        assert pressed.edits == ()

    async def test_without_an_answer_about_rights_nothing_is_changed(
        self, talk: Talk, telegram: BotApiServer, owner: Person, group: Chat
    ) -> None:
        [menu] = await talk.say("/settings@baotong_bot", by=owner, chat=group)
        hidden = refusal(400, "Bad Request: CHAT_ADMIN_REQUIRED")
        telegram.faults.plan(hidden, "getChatMember")
        telegram.faults.plan(hidden, "getChatAdministrators")
        pressed = await talk.press(menu, "语言", by=owner)
        assert pressed.edits == ()

    async def test_where_members_are_hidden_the_list_of_admins_decides(
        self, talk: Talk, telegram: BotApiServer, owner: Person, group: Chat
    ) -> None:
        hidden = refusal(400, "Bad Request: CHAT_ADMIN_REQUIRED")
        telegram.faults.plan(hidden, "getChatMember", times=2)
        [menu] = await talk.say("/settings@baotong_bot", by=owner, chat=group)
        assert menu.text.startswith("本群设置")
        [refused] = await talk.say("/settings@baotong_bot", chat=group)
        assert refused.buttons == ()

    async def test_an_upgraded_group_keeps_its_settings(
        self, talk: Talk, telegram: BotApiServer, owner: Person
    ) -> None:
        group = telegram.group("小群", owner, talk.me, basic=True)
        [menu] = await talk.say("/settings@baotong_bot", by=owner, chat=group)
        await choose(talk, menu, "回答长短", "短", by=owner)
        new = group.upgrade(by=owner)
        await talk.settle()
        assert preferences(talk, new).length is AnswerLength.SHORT

    async def test_in_a_forum_the_settings_open_in_the_topic_that_asked(
        self, talk: Talk, telegram: BotApiServer, owner: Person
    ) -> None:
        forum = telegram.forum("论坛", owner)
        topic = forum.topic("闲聊", by=owner)
        await talk.settle()
        [menu] = await talk.say("/settings@baotong_bot", by=owner, chat=forum, topic=topic)
        assert menu.topic == topic.id


async def test_when_the_database_cannot_be_written_the_reader_is_told(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(**_: object) -> NoReturn:
        raise sqlite3.OperationalError("database is locked")

    [menu] = await talk.say("/settings")
    choices = await choose(talk, menu, "回答长短")
    monkeypatch.setattr(talk.application.bot_data.state, "transaction", locked)
    pressed = await talk.press(choices, "短")
    assert pressed.answer is not None
    assert pressed.answer.text == "没有保存成功，请稍后再试。"


@pytest.mark.parametrize(
    "data",
    [
        Setting(SettingItem.ZONE, "99"),
        Setting(SettingItem.ZONE, "-1"),
        Setting(SettingItem.QUIET, "25-99"),
        Setting(SettingItem.LANGUAGE, "xx"),
        Setting(SettingItem.LENGTH, "epic"),
        Setting(SettingItem.CATEGORY, "zzzzzz"),
        Setting(SettingItem.ASKERS, "admins"),  # not in a private chat
        Setting(SettingItem.SCRIPT, "converted"),  # only for zh-Hant
        Setting(SettingItem.MENU, "x"),
    ],
    ids=str,
)
async def test_a_forged_choice_changes_nothing(talk: Talk, data: Setting) -> None:
    [menu] = await talk.say("/settings")
    pressed = await talk.forge(menu, encode(data))
    assert pressed.edits == ()
    assert preferences(talk, talk.me.id) == ChatPreferences()


PANELS = st.builds(
    Panel,
    t=st.sampled_from(Language).map(translator),
    preferences=st.builds(
        ChatPreferences,
        language=st.none() | st.sampled_from(Language).map(str),
        length=st.sampled_from(AnswerLength),
        askers=st.sampled_from(Askers),
        preview=st.sampled_from(Preview),
        category=st.none() | st.text(max_size=80),
        quiet=st.none() | st.builds(QuietHours, st.integers(0, 23), st.integers(0, 23)),
        zone=st.none() | st.sampled_from([*settings_panel.ZONES, "Antarctica/Troll"]),
        script=st.sampled_from(Script),
    ),
    group=st.booleans(),
    default_zone=st.sampled_from(["Asia/Shanghai", "Pacific/Auckland"]),
    categories=st.lists(
        st.text(min_size=1, max_size=90).map(lambda name: Category("abc123", (name,), 1)), max_size=40
    ).map(tuple),
    clock=st.just(lambda zone: "13:05"),
)


@settings(max_examples=examples(50), deadline=None)
@given(PANELS)
def test_whatever_is_set_is_shown_within_telegrams_limits(panel: Panel) -> None:
    shown = [settings_panel.menu(panel), *(settings_panel.item_choices(panel, item) for item in panel.items)]
    for reply in shown:
        assert markup.fits(reply.html)
        assert reply.keyboard is not None
        buttons = [button for row in reply.keyboard.inline_keyboard for button in row]
        assert len(buttons) <= 100
        assert_all(buttons, lambda button: button.text.strip())
        assert_all(buttons, lambda button: decode(button.callback_data) is not None)


def test_buttons_of_all_kinds_have_letters_of_their_own() -> None:
    assert len(set(callback_data._letters.values())) == len(callback_data._letters)
