import pytest

from corpus.models import BlockKind, Paragraph
from corpus.posts.boilerplate import LINES, Line, remove_boilerplate

PROSE = tuple(f"正文第{number}段，说的是江城的河堤。" for number in "一二三四五六七八九十")


def kept(*lines: str, title: str = "河堤加固") -> list[str]:
    return [
        paragraph.text for paragraph in remove_boilerplate([Paragraph(line) for line in lines], title=title)
    ]


@pytest.mark.parametrize(
    "line",
    [
        *(
            "责任编辑：王某",
            "编辑：麦某某",
            "责编丨曹某东",
            "（编辑 / 某某）",
            "校对：某三 & 某四",
            "来源：江城在线",
        ),
        *("· END·", "- END -", "【完】", "全文完。", "（央视新闻）", "（新华社）"),
        *(
            "本文来自江城网，未经授权不得转载.",
            "本文系江城网独家稿件，未经授权，不得转载。",
            "© 本文系江城网作者原创，未经许可，不得转载使用。",
        ),
        *(
            "本文由 @某某 原创发布于江城网，未经许可，禁止转载。",
            "本文原创发布于江城网。未经许可，禁止转载。",
        ),
        *(
            "本文分享自微信公众号 - 江城（jiangcheng）。",
            "如有侵权，请联系 a@example.org 删除。",
            "如需转载请联系sns@example.org",
        ),
        *(
            "转载本文请联系原作者获取授权，同时请注明本文来自某某博客。",
            "声明：本栏目所有内容，均由编辑部原创整理，违者必究。",
        ),
        *(
            "该文观点仅代表作者本人，本平台仅提供信息存储空间服务。",
            "题图来自 Unsplash，基于 CC0 协议",
            "文中图片来自网络",
        ),
        *(
            "微信搜索“江城书评”（jcsp）：重申文化想象。",
            "长按以下二维码",
            "扫描下方图片二维码即可参与",
            "扫码关注我们",
        ),
        *(
            "欢迎关注个人公众号：【江城小记】",
            "海量资讯、精准解读，尽在江城APP",
            "【相關內容】 江城花火再開",
            "往期回顾：",
            "上一篇：甲",
        ),
    ],
)
def test_junk_goes_from_the_end_and_only_from_there(line: str) -> None:
    assert kept(*PROSE, line) == list(PROSE)
    assert line in kept(*PROSE[:5], line, *PROSE, *PROSE[5:], *(f"又{text}" for text in PROSE))


@pytest.mark.parametrize("line", ["责任编辑：王某", "来源：江城在线", "编辑：麦某某"])
def test_credits_go_from_the_beginning_too(line: str) -> None:
    assert kept(line, *PROSE, *(f"又{text}" for text in PROSE)) == [*PROSE, *(f"又{text}" for text in PROSE)]


@pytest.mark.parametrize(
    "line",
    [
        *(
            "阅读原文",
            "点击此处查看原文>>>",
            "繼續閱讀",
            "复制代码",
            "扫码分享",
            "感谢江城网友 某某、某人 的线索投递！",
        ),
        *(
            "【本文结束】如需转载请务必注明出处：江城网",
            "※ 如以下影片嵌人失效，請按此直接觀看原影片",
            "正在直播： 大会开幕 >>>",
        ),
        *(
            "0 likes",
            "12 saves",
            "via @undefined",
            "分享理由: undefined",
            "您的浏览器不支持 video 标签",
            "Pages: 1 2 3",
        ),
        *("· · ·", "————", "……", "◆"),
    ],
)
def test_what_is_no_text_anywhere_goes_everywhere(line: str) -> None:
    prose = [*PROSE, *(f"又{text}" for text in PROSE)]
    assert kept(*prose[:10], line, *prose[10:]) == prose


@pytest.mark.parametrize(
    "line",
    [
        "扫码点单在江城的早餐店里越来越多见。",
        "弹窗广告的关闭按钮藏得很深，市民投诉不断。",
        "该公众号随后删除了这篇文章。",
        "编辑：他是怎么看待这件事的？",
        "本文来自一次长谈。谈话的人后来都老了。",
        "据新华社报道，河堤加固工程完工。",
        "来源：这批货物的来源至今不明。",
        "责任编辑室昨天迁入新址。",
        "未经许可，任何人不得进入施工区。",
        "扫码、登记、测温，市民已经习惯。",
        "下载量超过一百万次。",
        "订阅数增长了三成。",
        "END 公司宣布破产。",
        "转载量最高的一条评论只有四个字。",
        "关注公众号的人多了，读文章的人少了。",
    ],
)
def test_prose_with_the_same_words_stays(line: str) -> None:
    assert kept(line, *PROSE, line[:-1] + "呢。") == [line, *PROSE, line[:-1] + "呢。"]


def test_a_title_repeated_at_the_head_goes() -> None:
    assert kept("河堤加固", *PROSE, "河堤加固") == [*PROSE, "河堤加固"]
    assert kept("原创", "【河堤】加固！", "正文。") == ["原创", "正文。"]


def test_a_text_that_is_only_the_title_is_none() -> None:
    assert kept("河堤加固") == []


def test_a_long_paragraph_comes_once() -> None:
    long = "这一段超过三十个字，在摘要里已经出现过一次，正文里又出现一次，读者只想读一遍。"
    assert kept(long, *PROSE, long) == [long, *PROSE]
    assert kept("谢谢。", "谢谢。", "不客气。", "谢谢。") == ["谢谢。", "不客气。", "谢谢。"]


def test_code_is_never_junk() -> None:
    code = [
        Paragraph("复制代码", BlockKind.CODE),
        Paragraph("===", BlockKind.CODE),
        Paragraph("===", BlockKind.CODE),
    ]
    assert remove_boilerplate(code, title="") == code


def test_the_card_before_a_text_is_mended() -> None:
    assert kept(
        "摘要: 周日，河堤https://t.co/aB3dE6gHijmdash; 江城台 加固 … 点击阅读全文 @www.example.org"
    ) == ["周日，河堤— 江城台 加固 …"]
    assert kept("甲mdash ;乙", "摘要写得好。") == ["甲—乙", "摘要写得好。"]


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_the_lines_of_an_entry_go_and_prose_that_begins_alike_stays(line: Line) -> None:
    assert line.goes
    assert line.stays
    beside = [other.goes[0] for other in LINES if other.name == line.beside]
    for text in line.goes:
        assert kept(*PROSE, text, *beside) == list(PROSE), text
    for text in line.stays:
        assert kept("昨夜大桥封闭，全市绕行。", text) == ["昨夜大桥封闭，全市绕行。", text]


@pytest.mark.parametrize(
    "line",
    [
        *(
            "相关报道称，三人在事故中受伤",
            "相关内容已提交法院。",
            "相关推荐人选名单将于周五公布。",
            "下一篇报道揭开了污染的真相。",
        ),
        *("推荐阅读的书单由馆员选出。", "上一篇论文因数据造假被撤回。", "往期壁纸设计师如今开了自己的公司。"),
        *(
            "扫描二维码付款时，要看清收款人。",
            "扫描下方二维码即可领取红包，不少老人信以为真。",
            "扫码加入群聊的人都被骗了",
        ),
        *(
            "扫码关注就送鸡蛋，超市门口排起长队。",
            "识别二维码的准确率达到九成九。",
            "扫码下载后，手机自动发出短信。",
        ),
        *(
            "转载这段视频的账号已被封停。",
            "转载请求遭到拒绝，作者决定起诉。",
            "本文系根据录音整理，当事人欢迎核对。",
        ),
        *(
            "封面图由AI生成，引来读者批评。",
            "题图来自他的旅行，那年他二十岁。",
            "图片来自网络的说法遭到否认。",
        ),
        *("文章代表作者的一贯立场，评委说。", "以上代表作者三十年的研究。", "声明说，公司不承担责任。"),
        *(
            "微信搜索功能将于下月升级。",
            "微信搜索“挂号”的次数翻了一倍。",
            "分享到朋友圈的照片暴露了他的位置。",
        ),
        *(
            "举报电话公布后一天接到九十个来电。",
            "如有侵权，最高判赔五百万元。",
            "阅读全文需要付费，读者不满。",
        ),
        *(
            "The end of the bridge is near.",
            "Read more books, the mayor said.",
            "Comments were closed after the vote.",
        ),
    ],
)
def test_a_short_article_keeps_every_sentence(line: str) -> None:
    assert kept("昨夜大桥封闭，全市绕行。", line, title="大桥") == ["昨夜大桥封闭，全市绕行。", line]
