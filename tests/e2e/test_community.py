"""What the bot does for groups, guests and regulars, with `baotong run` as a process of its own."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.botapi.fixtures import StartBot
from tests.botapi.messages import Message
from tests.botapi.play import Chat, Person
from tests.botapi.server import BotApiServer
from tests.newspaper import Story, write_newspaper

Tell = Callable[..., None]

BRIDGE = "临江大桥什么时候通车"
BRIDGE_ANSWER = "临江大桥将于2026年10月1日零时正式通车。"
NEWS = Story(
    "地铁五号线今天动工",
    "城市",
    "临江晚报",
    "2026-09-22 09:00:00",
    ("地铁五号线今天上午在青禾路动工，工期四年，设站十八座。",),
)


async def _turn(person: Person, chat: Chat, message: Message, label: str) -> Message:
    """Press a button that changes its message."""
    press = person.press(message, label)
    changed = await chat.next_edit()
    await press.answer()
    return changed


async def test_guests_regulars_groups_and_operators_are_served_side_by_side(
    telegram: BotApiServer, baotong: StartBot, tell: Tell
) -> None:
    telegram.configure(reads_all=True, inline_feedback=True)
    operator = telegram.person("运营者")
    guest, reader, abroad, taiwan = (
        telegram.person("小红"),
        telegram.person("小明"),
        telegram.person("Ann", language="en"),
        telegram.person("阿德", language="zh-hant"),
    )
    admin, member = telegram.person("群主"), telegram.person("群友")
    group = telegram.group("读报群", admin, member)
    await baotong(ADMIN_IDS=operator.id)

    await asyncio.gather(
        _cite_inline(telegram, guest),
        _search_shared(telegram, reader, guest),
        _speak_languages(telegram, abroad, taiwan),
        _set_up_the_group(telegram, group, admin, member),
        _look_at_trends(telegram, operator),
    )
    chats = [telegram.private(person) for person in (guest, reader, abroad, taiwan, operator)]
    tell(*chats, group)


async def _cite_inline(telegram: BotApiServer, guest: Person) -> None:
    chat = telegram.private(guest, started=True)
    query = guest.inline("临江大桥")
    answer = await query.answer()
    first = answer.results[0]
    assert first.title == "临江大桥十月一日零时通车"
    assert "临江晚报" in first.description
    assert first.thumbnail == "https://img.example.com/bridge.jpg"
    assert answer.personal
    guest.choose(chat, query, first)
    inserted = await chat.next_answer()
    assert inserted.links[0].text == first.title

    newest = await guest.inline("").answer()
    assert newest.results[0].title == "足球：临江队加时赛淘汰卫冕冠军"
    nothing = await guest.inline("火星上有多少猫").answer()
    assert (nothing.results, bool(nothing.button)) == ((), True)
    assert nothing.start_parameter is not None
    guest.start(chat, nothing.start_parameter)
    assert (await chat.next_answer()).text


async def _search_shared(telegram: BotApiServer, reader: Person, friend: Person) -> None:
    chat, other = telegram.private(reader), telegram.private(friend, started=True)
    reader.say(chat, "地铁票价听证会 地铁三号线 分类:城市")
    found = await chat.next_answer()
    assert "城市" in found.text
    press = reader.press(found, "有用")
    assert (await press.answer()).text
    press = reader.press(found, "分享")
    shared = await chat.next_answer()
    await press.answer()
    friend.follow(other, next(link.url for link in shared.links if "start=s_" in link.url))
    await telegram.until(lambda: any("地铁" in message.text for message in other.answers))
    for forged in ("a_00000000000", "s_nosuchon", "x" * 64):
        friend.follow(other, f"https://t.me/baotong_bot?start={forged}")
    await telegram.until(lambda: len(other.answers) >= 4)


async def _speak_languages(telegram: BotApiServer, abroad: Person, taiwan: Person) -> None:
    english, traditional = telegram.private(abroad), telegram.private(taiwan)
    abroad.say(english, "/help")
    assert "/latest" in (await english.next_answer()).text
    assert not any("订阅" in message.text for message in english.answers)
    taiwan.say(traditional, "/help")
    assert "訂閱" in (await traditional.next_answer()).text
    taiwan.say(traditional, "圖書館幾點關門")
    assert "圖書館週日延長開放兩小時" in (await traditional.next_answer()).text


async def _set_up_the_group(telegram: BotApiServer, group: Chat, admin: Person, member: Person) -> None:
    member.say(group, "/settings@baotong_bot")
    refusal = await group.next_answer()
    assert not refusal.buttons

    admin.promote(group, anonymous=True)
    admin.say(group, "/settings@baotong_bot")
    panel = await group.next_answer()
    press = member.press(panel, "语言")
    assert (await press.answer()).text == refusal.text
    languages = await _turn(admin, group, panel, "语言")
    await _turn(admin, group, languages, "English")
    member.say(group, "/help@baotong_bot")
    assert "订阅" not in (await group.next_answer()).text


async def _look_at_trends(telegram: BotApiServer, operator: Person) -> None:
    chat = telegram.private(operator)
    operator.say(chat, "/trend 地铁")
    trend = await chat.next_answer()  # the picture library is slow to load
    assert "地铁" in trend.text
    operator.say(chat, "/stats")
    statistics = await chat.next_answer()
    assert "15" in statistics.text
    stranger = telegram.person()
    other = telegram.private(stranger)
    stranger.say(other, "/stats")
    assert str(stranger.id) in (await other.next_answer()).text


async def test_news_is_pushed_once_to_those_who_want_it(
    telegram: BotApiServer, baotong: StartBot, newspaper_folder: Path, tmp_path: Path, tell: Tell
) -> None:
    archive = shutil.copytree(newspaper_folder, tmp_path / "growing")
    subscriber, blocker, bystander = telegram.person("小明"), telegram.person("小红"), telegram.person("小刚")
    chat, blocked, quiet = (telegram.private(person) for person in (subscriber, blocker, bystander))
    bot = await baotong(archive=archive)
    subscriber.say(chat, "/subscribe 地铁")
    assert "地铁" in await chat.next_answer()
    blocker.say(blocked, "/subscribe 地铁")
    await blocked.next_answer()
    blocker.block(blocked)
    bystander.say(quiet, "/subscribe 火山")
    await quiet.next_answer()
    telegram.expect_refusals()  # of what goes to the one who blocked the bot

    await asyncio.sleep(1.5)  # the watcher needs a moment to see the folder
    write_newspaper(archive, (NEWS,))
    pushed = await chat.next_answer()
    assert "地铁五号线今天动工" in pushed.text
    subscriber.say(chat, "地铁五号线什么时候动工")
    assert "地铁五号线今天动工" in (await chat.next_answer()).text

    await asyncio.sleep(0.3)  # past the moment between Telegram's acceptance and the mark
    await bot.restart(kill=True)
    await asyncio.sleep(2)
    await chat.silence(0.3)
    await quiet.silence(0.1)
    assert len(blocked.answers) == 1
    subscriber.say(chat, "/subscriptions")
    assert "地铁" in await chat.next_answer()
    tell(chat, quiet)


async def test_a_private_archive_answers_only_its_people(telegram: BotApiServer, baotong: StartBot) -> None:
    friend, stranger = telegram.person("小明"), telegram.person("路人")
    hall, street = telegram.private(friend), telegram.private(stranger)
    await baotong(ALLOWED_IDS=friend.id)
    friend.say(hall, BRIDGE)
    assert BRIDGE_ANSWER in (await hall.next_answer()).bold
    for _ in range(3):
        stranger.say(street, BRIDGE)
    refusal = await street.next_answer()
    assert BRIDGE_ANSWER not in refusal.text
    await street.silence(0.4)
    nothing = await stranger.inline("临江大桥").answer()
    assert nothing.results == ()
