"""Boilerplate removal: lines about editors, copyright, sharing and subscriptions, and repeated titles.

Only whole short paragraphs are removed, by patterns that match the line completely, and most of them only
near the beginning or the end. Single words never suffice: an article may be about advertisements or
subscriptions.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from corpus.models import BlockKind, Paragraph

MAX_LINE_CHARS: Final = 120
"""A longer paragraph is never boilerplate."""

HEAD_PARAGRAPHS: Final = 4
TAIL_PARAGRAPHS: Final = 12
"""Number of paragraphs that count as the beginning, and as the end."""

_MIN_REPEATED_CHARS: Final = 30


def _either(*lines: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{line})" for line in lines), re.I)


_ANYWHERE: Final = _either(
    r"(?:点击|點擊)?(?:此处|這裡|这里)?(?:查看|阅读|閱讀|展开)?(?:阅读|閱讀|查看|展开)(?:原文|全文)\s*[>》›→]*",
    r"繼續閱讀|继续阅读|在网页中查看|复制代码|複製代碼|扫码分享|回复|分享|分享到.{0,12}|share|pages?: [\d ]+",
    r"\d+\s*(?:likes?|saves?|comments?|views?|shares?|人?打赏)",
    r"给作者打赏.{0,12}|如有兴趣[,，]请复制链接订阅",
    r"您的浏览器不支持.{0,40}|your browser does not support.{0,60}",
    r"(?:via @|.{0,12}[:：]\s*)(?:undefined|null)|download pdfnull",
    r"感谢.{0,12}网友.{1,40}(?:的)?线索投递[！!。]?",
    r"※\s*如以下影片.{0,40}",
    r"【本文结束】.*|.*如需转载请务必注明出处.{0,20}",
    r"正在直播：.*[>》]{2}",
)
_EDGES: Final = _either(
    r"[（(【\[]?\s*(?:(?:本文|文章|本期|值班|执行|责任|責任|特约|助理|新媒体)\s*)?"
    r"(?:编辑|編輯|责编|責編|校对|校對|审核|審核|审校)\s*[：:丨|｜/／]\s*[^。！？；：:]{1,40}",
    r"[（(【\[]?\s*(?:文章|信息|稿件|内容|新闻|本文)?(?:来源|來源)\s*[：:]\s*[^。！？；：:]{1,24}",
)
_TAIL: Final = _either(
    r"[-—–·•.*=~\s【\[（(]*(?:end|the end|完|全文完|本文完|正文完)[-—–·•.*=~\s】\]）)。]*",
    r"[©（(【\[*※\s]*(?:(?:(?:版权|著作权|特别)(?:声明|說明|说明)?[：:]?|(?:声明|說明|说明)[：:]?|[：:])\s*)?"
    r"本文(?:系|由|为|來自|来自|首发|原创|经|转载|版权|分享自)"
    r".{0,60}(?:未经|不得|禁止|转载|注明|侵权|违者|欢迎).{0,60}",
    r"本文分享自微信公众号.{0,60}|本文参与“.{2,20}”，欢迎.{0,40}|如有侵权.{0,60}删除。?",
    r"(?:如需|欢迎|转载本文|商业|非商业|若要)*\s*转载.{0,12}(?:联系|聯繫|注明|獲得|获得|授权).{0,60}|如有需要请联系\s*\S[^\s@]*@\S+",
    r"(?:声明|聲明)[：:].{0,60}(?:违者必究|不构成投资建议|注明出处).{0,30}",
    r"(?:该文|本文|文章|以上内容|以上)(?:观点)?仅?(?:代表|为)作者(?:本人|个人)?.{0,60}",
    r"[（(*]?\s*(?:题图|封面图?|头图|首图)(?:来源于?|来自|源自|取自|由|自)\s*[：:]?.{1,40}"
    r"|[（(*]?(?:文中)?图片(?:素材)?(?:均)?来(?:自|源于|源自)网络.{0,30}",
    r"(?:请|欢迎)?(?:在)?微信(?:中)?搜索(?:关注|公众号|并关注)?\s*[“「【].{1,60}|请微信搜索关注公众号.{1,40}",
    r"(?:请|欢迎)?(?:长按|扫描|扫一扫|识别)(?:以下|下方|上方|图中|下图|左侧|右侧)?.{0,6}二维码.{0,20}"
    r"|扫码(?:关注|下载|加入|进群|报名).{0,20}",
    r"(?:欢迎)?(?:大家)?关注(?:我们的?|我的|本|个人)?(?:微信)?公众号\s*[：:“「【].{1,40}",
    r"[>＞]?\s*下载\s*少数派.{0,40}|海量资讯、精准解读.{0,20}|冒个泡吧[！!]|相关|related|comments",
    r"【?(?:相关(?:阅读|内容|文章|推荐|报道)|相關(?:內容|文章|閱讀)|延伸阅读|延伸閱讀|推荐阅读|推薦閱讀"
    r"|往期(?:回顾|推荐|精彩|壁纸|文章)?|上一篇|下一篇)】?\s*[：:】]?.{0,60}",
    r"[（(](?:央视|新华|人民|中新|澎湃|光明|环球)[^（）()]{0,10}[）)]",
)
_BROKEN_DASH: Final = re.compile(r"(?:https?://[\w.-]{4,30}/\w{2,12}?)?(?<!&)mdash ?;")
_SUMMARY: Final = re.compile(r"摘要\s*[:：]\s*(?=\S)")
_MORE: Final = re.compile(r"\s*点击阅读全文 ?@\S{1,60}$")


def alphanumeric_key(text: str) -> str:
    """Letters and digits in lower case, to compare lines as a reader would."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).lower()))


def remove_boilerplate(paragraphs: Sequence[Paragraph], *, title: str) -> list[Paragraph]:
    """Remove boilerplate lines, a title repeated at the beginning, and repeated paragraphs."""
    kept: list[Paragraph] = []
    seen: set[str] = set()
    name = alphanumeric_key(title)
    at_head = True
    for number, paragraph in enumerate(paragraphs):
        if paragraph.kind is not BlockKind.CODE:
            paragraph = Paragraph(_clean_feed_card(paragraph.text, first=not kept), paragraph.kind)
            text = paragraph.text
            if not any(map(str.isalnum, text)) or _is_boilerplate(text, number, len(paragraphs)):
                continue
            if at_head and name and len(text) <= 2 * len(name) + 20 and alphanumeric_key(text) == name:
                continue
            if text in seen or (kept and kept[-1].text == text):
                continue
            if len(text) >= _MIN_REPEATED_CHARS:
                seen.add(text)
        kept.append(paragraph)
        at_head = at_head and len(kept) < HEAD_PARAGRAPHS
    return kept


def _is_boilerplate(text: str, number: int, count: int) -> bool:
    if len(text) > MAX_LINE_CHARS:
        return False
    if _ANYWHERE.fullmatch(text):
        return True
    at_tail = number >= count - TAIL_PARAGRAPHS
    if (number < HEAD_PARAGRAPHS or at_tail) and _EDGES.fullmatch(text):
        return True
    return at_tail and _TAIL.fullmatch(text) is not None


def _clean_feed_card(text: str, *, first: bool) -> str:
    """Repair artefacts of feeds: the label of a summary, and a dash entity without its ampersand."""
    if "mdash" in text:
        text = _BROKEN_DASH.sub("—", text)
    if first:
        text = _SUMMARY.sub("", text, count=1) if text.startswith("摘要") else text
        text = _MORE.sub("", text) if "点击阅读全文" in text else text
    return text
