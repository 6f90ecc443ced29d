"""What goes on from an answer, over the real application: in reply to it or soon after it."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from tests.bot.conftest import NOW, OpenTalk, open_archive
from tests.botapi.harness import Talk
from tests.botapi.messages import Message
from tests.botapi.server import BotApiServer
from tests.newspaper import Story, write_newspaper

STORIES = (
    Story(
        "英镑对美元创下新低",
        "财经",
        "晚报",
        "2026-09-20 08:00:00",
        (
            "英镑周一对美元大跌，盘中一度跌到1.0349。原因是政府宣布减税，投资者抛售英镑。",
            "欧元当天也走低，对美元报0.96。",
        ),
        "https://paper.example.com/pound",
    ),
    Story(
        "日元为什么大跌？利差扩大是主因",
        "财经",
        "早报",
        "2026-09-18 08:00:00",
        ("日元今年大跌两成，主因是日美利差扩大。日本央行仍然维持低利率。",),
    ),
    Story(
        "东山化肥厂发生火灾",
        "城市",
        "晚报",
        "2026-09-19 08:00:00",
        (
            "东山化肥厂仓库十九日凌晨3点起火。消防队赶到后，大火烧了五个小时才被扑灭。",
            "消防队说，两名工人受伤，已送医院。",
        ),
    ),
    Story(
        "马拉松赛后有人受伤",
        "体育",
        "早报",
        "2026-09-17 08:00:00",
        ("周日的马拉松赛后有人受伤吗？组委会说，三名选手受伤，几点开始比赛还要再商量。",),
    ),
    Story(
        "西港油罐车侧翻",
        "城市",
        "晚报",
        "2026-09-16 08:00:00",
        ("一辆油罐车在西港大道侧翻，道路封闭三小时。交警一名负责人在现场指挥。事故没有造成人员伤亡。",),
    ),
    Story(
        "东山化肥厂火灾调查公布",
        "城市",
        "晚报",
        "2026-09-21 08:00:00",
        ("东山化肥厂发生火灾两天之后，调查组公布结论：火灾由电线短路引起。",),
    ),
)

BRIDGE_STORIES = (
    Story(
        "望江大桥今起封闭",
        "城市",
        "晚报",
        "2026-09-10 08:00:00",
        ("望江大桥伸缩缝断裂，市交通局决定今天6时起封闭大桥。车辆请绕行柳湾隧道。",),
    ),
    Story(
        "望江大桥单向放行",
        "城市",
        "晚报",
        "2026-09-16 08:00:00",
        ("望江大桥由北向南向小客车开放，由南向北仍然封闭。公交恢复情况见下表，为什么绕行请看公告。",),
    ),
    Story(
        "望江大桥双向通行",
        "城市",
        "晚报",
        "2026-09-20 08:00:00",
        ("9月20日上午9时，望江大桥恢复双向通行，一共封了十天。修理花了460万元。",),
    ),
    Story(
        "老剧院恢复演出",
        "文化",
        "早报",
        "2026-09-18 08:00:00",
        ("老剧院修好了，花了80万元，什么时候恢复演出还没有定。演出一停就停了三年。",),
    ),
)

POUND = "英镑为什么大跌"
FIRE = "东山化肥厂仓库火灾"


@pytest_asyncio.fixture
async def talk(open_talk: OpenTalk, tmp_path: Path) -> AsyncIterator[Talk]:
    """A talk over a few stories of the same days."""
    with open_archive(tmp_path, STORIES) as corpus:
        async with open_talk(corpus=corpus) as opened:
            yield opened


@pytest_asyncio.fixture
async def bridge(open_talk: OpenTalk, tmp_path: Path) -> AsyncIterator[Talk]:
    """A talk over several stories of one bridge, and another that shares words with them."""
    with open_archive(tmp_path, (*BRIDGE_STORIES, *STORIES)) as corpus:
        async with open_talk(corpus=corpus) as opened:
            yield opened


def below_leaning(message: Message) -> str:
    """What a message says below the line that tells what its question was read with, which must be there."""
    line, _, rest = message.text.partition("\n")
    assert line.startswith("接着“")
    return rest


def title(message: Message) -> str:
    return message.links[0].text


async def test_another_thing_is_asked_about_without_a_reply(talk: Talk) -> None:
    await talk.say(POUND)
    [answer] = await talk.say("那日元呢")
    assert answer.text.startswith("问：日元为什么大跌\n\n日元为什么大跌？利差扩大是主因")


async def test_what_only_the_article_at_hand_tells_of_another_thing_is_found_there(talk: Talk) -> None:
    await talk.say(POUND)
    [answer] = await talk.say("那欧元呢")
    assert answer.text.startswith("在这篇文章里找到：\n\n英镑对美元创下新低")
    assert any("欧元当天也走低" in words for words in answer.bold)


@pytest.mark.parametrize(
    ("question", "told"), [("有人受伤吗", "两名工人受伤"), ("烧了多久", "五个小时"), ("几点起火", "凌晨3点")]
)
async def test_a_short_question_goes_on_from_the_last_answer(talk: Talk, question: str, told: str) -> None:
    await talk.say(FIRE)
    [answer] = await talk.say(question)
    assert below_leaning(answer).startswith("在这篇文章里找到：\n\n东山化肥厂发生火灾")
    assert any(told in words for words in answer.bold)


@pytest.mark.parametrize("question", ["有人受伤吗", "死了几个人", "伤亡多少人", "有冇人受傷"])
async def test_nobody_is_an_answer_to_how_many(talk: Talk, question: str) -> None:
    await talk.say("西港油罐车侧翻")
    [answer] = await talk.say(question)
    assert below_leaning(answer).startswith("在这篇文章里找到：\n\n西港油罐车侧翻")
    assert answer.bold[1:] == ("事故没有造成人员伤亡。",)


@pytest.mark.parametrize("between", ["详细点", "原文"])
async def test_what_the_article_was_asked_stays_known_while_it_is_read(talk: Talk, between: str) -> None:
    await talk.say(FIRE)
    await talk.say(between)
    [later] = await talk.say("后来呢")
    assert later.text.startswith("更晚的报道：\n\n东山化肥厂火灾调查公布")
    await talk.say(FIRE)
    await talk.say(between)
    [said] = await talk.say("谁说的")
    assert title(said) == "东山化肥厂发生火灾"


async def test_a_date_answers_nothing_where_nothing_is_said_of_what_was_asked(talk: Talk) -> None:
    await talk.say(FIRE)
    [answer] = await talk.say("那什么时候公布结果")
    assert not answer.text.startswith("在这篇文章里找到")


async def test_an_age_is_asked_of_whom_the_answer_names(talk: Talk) -> None:
    await talk.say(FIRE)
    [answer] = await talk.say("多大年纪")
    assert title(answer) == "东山化肥厂发生火灾"


async def test_a_third_question_still_goes_on_from_the_first(talk: Talk) -> None:
    await talk.say(FIRE)
    await talk.say("有人受伤吗")
    [answer] = await talk.say("烧了多久")
    assert any("五个小时" in words for words in answer.bold)
    wide = (await talk.press(answer, "在全部文章里查")).shown
    assert title(wide) == "东山化肥厂发生火灾"


@pytest.mark.parametrize("question", ["那什么时候恢复的", "什么时候恢复", "那封了几天"])
async def test_of_the_question_before_only_its_subject_is_asked_everywhere(
    bridge: Talk, question: str
) -> None:
    await bridge.say("望江大桥为什么封闭")
    [answer] = await bridge.say(question)
    assert title(answer) == "望江大桥双向通行"


async def test_what_may_stand_alone_goes_on_where_the_archive_has_both_together(bridge: Talk) -> None:
    [alone] = await bridge.say("修理花了多少钱")
    assert "460万元" in "".join(alone.bold)
    await bridge.say("老剧院什么时候恢复演出")
    [about] = await bridge.say("花了多少钱修的")
    assert title(about) == "老剧院恢复演出"
    [other] = await bridge.say("英镑跌到多少")
    assert title(other) == "英镑对美元创下新低"


async def test_what_leans_on_an_answer_says_so_and_is_asked_alone_by_one_press(bridge: Talk) -> None:
    await bridge.say("望江大桥双向通行")
    [answer] = await bridge.say("花了多少钱")
    assert answer.text.startswith(
        "接着“望江大桥双向通行”问：花了多少钱\n在这篇文章里找到：\n\n望江大桥双向通行"
    )
    [alone] = (await bridge.press(answer, "单独问“花了多少钱”")).messages
    assert alone.text.startswith("问：花了多少钱")
    assert not any(label.startswith("单独问") for label in alone.labels)
    [own] = await bridge.say("望江大桥封了几天", reply_to=answer)
    assert not own.text.startswith("接着")
    assert not any(label.startswith("单独问") for label in own.labels)


@pytest.mark.parametrize("reply", [True, False], ids=["reply", "next"])
@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("老剧院什么时候恢复演出", "老剧院恢复演出"),
        ("英镑跌到多少", "英镑对美元创下新低"),
        ("望江大桥封了几天", "望江大桥双向通行"),
        ("化肥厂火灾的结论", "东山化肥厂火灾调查公布"),
    ],
)
async def test_a_complete_question_is_its_own_wherever_it_is_typed(
    bridge: Talk, question: str, found: str, reply: bool
) -> None:
    [first] = await bridge.say("望江大桥为什么封闭")
    [answer] = await bridge.say(question, reply_to=first if reply else None)
    assert title(answer) == found
    assert not answer.text.startswith(("接着", "在这篇文章里"))


@pytest.mark.parametrize("asked", ["这是真的吗", "有相关报道吗", "怎么回事", "真的假的"])
async def test_in_a_group_what_is_asked_of_somebodys_message_is_answered_on_that(
    bridge: Talk, telegram: BotApiServer, asked: str
) -> None:
    other = telegram.person("小红")
    group = telegram.group("读报小组", bridge.me, other)
    [_] = await bridge.say("@baotong_bot 英镑跌到多少", chat=group)
    said = other.say(group, "听说望江大桥的伸缩缝断裂了，今天封闭！https://example.com/v/1")
    [answer] = await bridge.say(f"@baotong_bot {asked}", chat=group, reply_to=said)
    assert title(answer) == "望江大桥今起封闭"
    assert answer.text.startswith("接着“")


async def test_more_is_asked_of_the_article_on_somebodys_message(
    bridge: Talk, telegram: BotApiServer
) -> None:
    other = telegram.person("小红")
    group = telegram.group("读报小组", bridge.me, other)
    said = other.say(group, "望江大桥恢复双向通行了")
    [paid] = await bridge.say("@baotong_bot 花了多少钱", chat=group, reply_to=said)
    assert "460万元" in "".join(paid.bold)
    [whole] = await bridge.say("@baotong_bot 展开说说", chat=group, reply_to=said)
    assert whole.text.startswith("望江大桥双向通行")
    [own] = await bridge.say("@baotong_bot 英镑为什么大跌", chat=group, reply_to=said)
    assert title(own) == "英镑对美元创下新低"
    chatter = other.say(group, "火星上有猫在开会")
    [nothing] = await bridge.say("@baotong_bot 花了多少钱", chat=group, reply_to=chatter)
    assert not nothing.bold or nothing.text.startswith(("没有找到", "接着"))
    assert "在这篇文章里找到" not in nothing.text


async def test_in_private_a_reply_to_ones_own_question_goes_on_from_its_answer(bridge: Talk) -> None:
    asked = bridge.me.say(bridge.chat, "望江大桥双向通行")
    await bridge.settle()
    await bridge.say("老剧院什么时候恢复演出")
    [answer] = await bridge.say("花了多少钱", reply_to=asked)
    assert "460万元" in "".join(answer.bold)


async def test_two_topics_of_a_forum_stay_apart(bridge: Talk, telegram: BotApiServer) -> None:
    forum = telegram.forum("读报论坛", bridge.me)
    city, money = forum.topic("城市"), forum.topic("财经")
    await bridge.say("@baotong_bot 望江大桥双向通行", chat=forum, topic=city)
    await bridge.say("@baotong_bot 英镑为什么大跌", chat=forum, topic=money)
    [paid] = await bridge.say("@baotong_bot 花了多少钱", chat=forum, topic=city)
    assert title(paid) == "望江大桥双向通行"
    [whole] = await bridge.say("@baotong_bot 详细点", chat=forum, topic=money)
    assert whole.text.startswith("英镑对美元创下新低")


async def test_the_quoted_line_of_a_list_is_what_a_reply_is_about(bridge: Talk) -> None:
    [latest] = await bridge.say("/latest 5")
    line = latest.text.splitlines()[4]
    assert line.startswith("3. ")
    bridge.chat.new_answers()
    for asked in ("详细点", "展开说说"):
        bridge.me.say(bridge.chat, asked, reply_to=latest, quote=line)
        await bridge.settle()
        [opened] = bridge.chat.new_answers()
        assert opened.text.startswith(latest.links[2].text)


async def test_a_pronoun_is_what_the_answer_before_was_about(bridge: Talk) -> None:
    await bridge.say("老剧院什么时候恢复演出")
    [answer] = await bridge.say("它封闭过吗")
    assert title(answer) == "老剧院恢复演出"
    await bridge.say("望江大桥为什么封闭")
    [elsewhere] = await bridge.say("它什么时候恢复双向通行")
    assert title(elsewhere) == "望江大桥双向通行"


async def test_a_reply_that_nothing_surely_answers_stays_with_what_it_replies_to(bridge: Talk) -> None:
    [first] = await bridge.say("望江大桥为什么封闭")
    [answer] = await bridge.say("要几个司机", reply_to=first)
    assert "大桥" in title(answer)
    [other] = await bridge.say("老剧院演出", reply_to=first)
    assert title(other) == "老剧院恢复演出"


async def test_after_a_question_that_points_at_something_else_with_that_it_is_a_new_one(
    bridge: Talk,
) -> None:
    await bridge.say(POUND)
    [answer] = await bridge.say("那座大桥封了几天")
    assert title(answer) == "望江大桥双向通行"


async def test_an_article_that_a_link_opened_is_gone_on_from(bridge: Talk) -> None:
    corpus = bridge.application.bot_data.corpus
    opened = next(text.article for text in corpus.export() if text.article.title == "望江大桥双向通行")
    await bridge.say(f"/start a_{opened.id}")
    [paid] = await bridge.say("花了多少钱")
    assert below_leaning(paid).startswith("在这篇文章里找到：\n\n望江大桥双向通行")
    await bridge.say(f"/start a_{opened.id}")
    [speaker] = await bridge.say("谁说的")
    assert speaker.text.startswith("这一段没有写明是谁说的：\n\n望江大桥双向通行")
    await bridge.say(f"/start a_{opened.id}")
    [later] = await bridge.say("后来呢")
    assert later.text.startswith("没有找到更晚的报道，这篇文章里说：\n\n望江大桥双向通行")


async def test_after_some_minutes_a_short_question_stands_alone(open_talk: OpenTalk, tmp_path: Path) -> None:
    clock = [NOW]

    def now() -> datetime:
        return clock[0]

    with open_archive(tmp_path, STORIES) as corpus:
        async with open_talk(corpus=corpus, now=now) as talk:
            await talk.say(FIRE)
            clock[0] = NOW + timedelta(minutes=11)
            [answer] = await talk.say("有人受伤吗")
    assert "在这篇文章里找到" not in answer.text


async def test_a_question_that_names_something_is_a_new_one(talk: Talk) -> None:
    await talk.say(FIRE)
    [answer] = await talk.say("马拉松")
    assert title(answer) == "马拉松赛后有人受伤"


async def test_the_whole_article_is_opened_for_whoever_wants_details(talk: Talk) -> None:
    await talk.say(POUND)
    [page] = await talk.say("详细点")
    assert page.text.startswith("英镑对美元创下新低")
    assert "欧元当天也走低" in page.text
    assert "相关文章" in page.labels


async def test_the_source_is_given_as_a_link_or_told_to_be_missing(talk: Talk) -> None:
    [first] = await talk.say(POUND)
    [source] = await talk.say("原文", reply_to=first)
    assert source.links[-1].url == "https://paper.example.com/pound"
    [again] = await talk.say("那日元呢", reply_to=first)
    [missing] = await talk.say("给个链接", reply_to=again)
    assert "没有原文地址" in missing.text
    assert list(missing.labels) == ["读全文"]


async def test_what_happened_later_is_looked_for_in_later_articles(talk: Talk) -> None:
    [first] = await talk.say(FIRE)
    assert title(first) == "东山化肥厂发生火灾"
    [later] = await talk.say("后来呢")
    assert later.text.startswith("更晚的报道：\n\n东山化肥厂火灾调查公布")
    [pound] = await talk.say(POUND)
    [none] = await talk.say("后来呢", reply_to=pound)
    assert none.text.startswith("没有找到更晚的报道，这篇文章里说：\n\n英镑对美元创下新低")


async def test_thanks_in_reply_are_small_talk_and_how_to_in_reply_is_a_question(talk: Talk) -> None:
    [first] = await talk.say(POUND)
    [thanks] = await talk.say("谢谢", reply_to=first)
    assert thanks.text.startswith("不客气")
    [answer] = await talk.say("怎么用", reply_to=first)
    assert "我是报童" not in answer.text


async def test_being_sure_of_common_words_elsewhere_is_worth_nothing(talk: Talk) -> None:
    [first] = await talk.say(POUND)
    [answer] = await talk.say("有人受伤吗", reply_to=first)
    assert below_leaning(answer).startswith("这篇文章里最相关的一段：\n\n英镑对美元创下新低")


async def test_the_name_of_the_bot_is_no_word_of_a_private_question(talk: Talk) -> None:
    [named] = await talk.say(f"@baotong_bot {POUND}")
    assert title(named) == "英镑对美元创下新低"
    asked = talk.application.bot_data.state.connection().execute("SELECT question FROM asked").fetchall()
    assert asked == [(POUND,)]


async def test_more_in_a_group_goes_on_from_the_answer_to_the_same_person(
    talk: Talk, telegram: BotApiServer
) -> None:
    other = telegram.person("小红")
    group = telegram.group("读报小组", talk.me, other)
    [mine] = await talk.say("@baotong_bot 大跌", chat=group)
    await talk.say("@baotong_bot 化肥厂", chat=group, by=other)
    [more] = await talk.say("@baotong_bot 还有吗", chat=group)
    assert {title(mine), title(more)} == {"英镑对美元创下新低", "日元为什么大跌？利差扩大是主因"}
    [end] = await talk.say("@baotong_bot 还有吗", chat=group)
    assert title(end) not in {title(mine), title(more)} if end.links else "没有更多" in end.text


@pytest.mark.parametrize("more", ["还有吗", "更多", "下一页", "next"])
async def test_more_goes_on_without_a_reply_and_back_again(talk: Talk, more: str) -> None:
    [first] = await talk.say("大跌")
    [rest] = await talk.say(more)  # beside the best hit only those that come near it are shown at first
    assert {link.text for link in first.links}.isdisjoint(link.text for link in rest.links)
    [end] = await talk.say(more)
    assert end.text.startswith("后面没有更多结果了")
    [back] = await talk.say("上一页")
    assert title(back) == title(first)


async def test_more_of_a_list_of_the_newest_goes_on_with_the_list(talk: Talk) -> None:
    await talk.say(POUND)
    [latest] = await talk.say("/latest 2")
    [more] = await talk.say("还有吗")
    assert more.text.startswith("最新文章\n\n3. ")
    assert {link.text for link in latest.links}.isdisjoint(link.text for link in more.links)
    [back] = await talk.say("上一页")
    assert back.text.startswith("最新文章\n\n1. ")
    await talk.say("/latest 财经")
    [end] = await talk.say("更多")
    assert end.text.startswith("后面没有更多结果了")
    [answer] = await talk.say("英镑跌到多少")
    assert title(answer) == "英镑对美元创下新低"


async def test_a_number_opens_what_stands_under_it(talk: Talk) -> None:
    [answer] = await talk.say("大跌")
    titles = [link.text for link in answer.links]
    [second] = await talk.say("2")
    assert second.text.startswith(titles[1])
    [first] = await talk.say("第一条")
    assert first.text.startswith(titles[0])
    for number in ("9", "第九条"):
        [nothing] = await talk.say(number)
        assert nothing.text.startswith("刚才的结果里没有第9条")


async def test_a_number_opens_what_stands_under_it_in_a_list_of_the_newest(talk: Talk) -> None:
    [latest] = await talk.say("/latest 3")
    [opened] = await talk.say("第3篇")
    assert opened.text.startswith(latest.links[2].text)
    [again] = await talk.say("2", reply_to=latest)
    assert again.text.startswith(latest.links[1].text)
    [first] = await talk.say("1")
    assert first.text.startswith(latest.links[0].text)
    [whole] = await talk.say("详细点")
    assert title(whole) == title(first)
    assert "‹ 返回结果" not in whole.labels
    [details] = await talk.say("火灾由什么引起")
    assert title(details) == title(first) == "东山化肥厂火灾调查公布"
    [more] = await talk.say("还有吗", reply_to=first)
    assert more.text.startswith("最新文章\n\n4. ")


@pytest.mark.parametrize("narrowed", ["那2026年呢", "那财经呢"])
async def test_a_number_opens_what_stands_under_it_in_a_list_made_of_a_list(
    talk: Talk, narrowed: str
) -> None:
    await talk.say("/latest 3")
    [answer] = await talk.say(narrowed)
    titles = [link.text for link in answer.links]
    [second] = await talk.say("2")
    assert second.text.startswith(titles[1])
    [more] = await talk.say("还有吗", reply_to=answer)
    assert set(titles).isdisjoint(link.text for link in more.links)


async def test_the_newest_are_paged_as_they_were_asked_for(talk: Talk) -> None:
    [first] = await talk.say("/latest 2")
    await talk.say("还有吗")
    [third] = await talk.say("还有吗")
    assert third.text.startswith("最新文章\n\n5. ")
    [second] = await talk.say("上一页")
    assert second.text.startswith("最新文章\n\n3. ")
    assert len(second.links) == 2
    [again] = await talk.say("上一页")
    assert [link.text for link in again.links] == [link.text for link in first.links]


async def test_a_number_opens_what_stood_under_it_whatever_came_since(
    open_talk: OpenTalk, tmp_path: Path
) -> None:
    new = Story("欧元大跌", "财经", "晚报", "2026-09-22 08:00:00", ("欧元周二大跌，大跌两成。",))
    with open_archive(tmp_path, STORIES) as corpus:
        async with open_talk(corpus=corpus) as talk:
            [answer] = await talk.say("大跌")
            [latest] = await talk.say("/latest 3")
            write_newspaper(tmp_path / "archive", (*STORIES, new))
            corpus.update(workers=0)
            [third] = await talk.say("3")
            assert third.text.startswith(latest.links[2].text)
            for place, number in enumerate(("第一条", "第二条")):
                [opened] = await talk.say(number, reply_to=answer)
                assert opened.text.startswith(answer.links[place].text)


async def test_a_number_after_a_button_has_opened_one_of_a_list_is_of_that_list(talk: Talk) -> None:
    [latest] = await talk.say("/latest 3")
    titles = [link.text for link in latest.links]
    await talk.press(latest, "3")
    [second] = await talk.say("2")
    assert second.text.startswith(titles[1])


async def test_a_number_opens_what_stands_under_it_where_nothing_answers(bridge: Talk) -> None:
    [nothing] = await bridge.say("化肥厂什么时候搬迁到马拉松")
    assert nothing.text.startswith("没有找到")
    nearest = [link.text for link in nothing.links]
    [shown] = await bridge.say("还有吗")
    assert len(shown.links) > len(nearest)
    [last] = await bridge.say(str(len(shown.links)))
    assert last.text.startswith(shown.links[-1].text)
    [first] = await bridge.say("1", reply_to=nothing)
    assert first.text.startswith(nearest[0])


async def test_in_a_group_no_number_opens_what_nobody_saw(talk: Talk, telegram: BotApiServer) -> None:
    group = telegram.group("读报小组", talk.me)
    [shown] = await talk.say("@baotong_bot 大跌", chat=group)
    [none] = await talk.say("2", chat=group, reply_to=shown)
    assert none.text.startswith("刚才的结果里没有第2条")
    [opened] = await talk.say("1", chat=group, reply_to=shown)
    assert opened.text.startswith(title(shown))
    [more] = await talk.say("还有吗", chat=group, reply_to=shown)
    [second] = await talk.say("2", chat=group, reply_to=more)
    assert second.text.startswith(title(more))


async def test_a_number_on_the_page_before_is_not_opened_from_this_one(talk: Talk) -> None:
    [first] = await talk.say("/latest 2")
    await talk.say("还有吗")
    [none] = await talk.say("1")
    assert none.text.startswith("刚才的结果里没有第1条")
    [opened] = await talk.say("1", reply_to=first)
    assert opened.text.startswith(first.links[0].text)


async def test_an_article_that_has_gone_since_is_said_to_have_gone(
    open_talk: OpenTalk, tmp_path: Path
) -> None:
    with open_archive(tmp_path, STORIES) as corpus:
        async with open_talk(corpus=corpus) as talk:
            await talk.say("/latest 3")
            (tmp_path / "archive" / STORIES[5].path).unlink()
            corpus.update(workers=0)
            [gone] = await talk.say("1")
            assert gone.text == "这篇文章已经不在了。"
            [second] = await talk.say("2")
            assert second.text.startswith(STORIES[0].title)


async def test_pages_turned_by_buttons_and_by_words_fit_together(talk: Talk) -> None:
    [first] = await talk.say("/latest 2")
    second = (await talk.press(first, "下一页")).shown
    [opened] = await talk.say("4")
    assert opened.text.startswith(second.links[1].text)
    [third] = await talk.say("还有吗")
    assert third.text.startswith("最新文章\n\n5. ")


async def test_more_of_nothing_asks_which_answer_is_meant(talk: Talk, telegram: BotApiServer) -> None:
    group = telegram.group("读报小组", talk.me)
    [said] = await talk.say("@baotong_bot 还有吗", chat=group)
    assert said.text.startswith("请回复我的一条回答")
    [said] = await talk.say("还有吗")
    assert said.text.startswith("请回复我的一条回答")


async def test_after_nothing_was_found_a_short_question_is_answered_with_nothing_sure(talk: Talk) -> None:
    [nothing] = await talk.say("火星基地停电")
    assert nothing.text.startswith("没有找到")
    [answer] = await talk.say("有人受伤吗")
    assert answer.text.startswith("没有找到")
    assert "火星" not in answer.text
