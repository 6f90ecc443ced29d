"""The bytes of a post → text: UTF-8, or an old encoding, told by how usual its characters are."""

import re
from typing import Final

from corpus.errors import PostError

_USUAL: Final = frozenset(
    # The most frequent characters of Chinese prose in both scripts, and of Japanese; marks of both.
    "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天"
    "而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些"
    "與這來個國說們為時會過對後麼沒於還發當無開見經頭動兩長樣現將裡學點問題電話進業員務產關門間東車書報"
    "新市月日今昨晚第号號报道记者記部门生产工作全区區第一名处處路水电前后通政府公司美金融市场場高低"
    "。，、：；？！“”‘’「」『』《》（）—…"
    "のはをにたがとしてでないるもすれかさこあらりくっまよだ"
)
_USUAL_LATIN: Final = frozenset("’‘“”–—…•·©®°£€éèêëáàâäãåíìîïóòôöõúùûüñçßæøœÉÈÁÀÖÄÜÑÇ\xa0½¼×")
_MIN_USUAL: Final = 0.3
"""Share of usual characters beyond ASCII; prose has half and more, another encoding's bytes hardly any."""
_MIN_USUAL_LATIN: Final = 0.9
_MAX_LATIN_BEYOND: Final = 0.2
"""Letters with accents and curly quotes are few among plain letters."""

_ASIAN: Final = (
    ("gb18030", "GB18030"),
    ("big5hkscs", "Big5"),
    ("euc_jp", "EUC-JP"),
    ("shift_jis", "Shift_JIS"),
)
_KANA: Final = re.compile("[ぁ-ゖァ-ヺ]")


def decode(path: str, raw: bytes) -> tuple[str, str | None]:
    r"""Decode a file. Returns its text, with lines ending in `\n`, and what was wrong with it.

    Accepted: UTF-8, UTF-16 with a byte order mark; GB18030, Big5, EUC-JP, Shift_JIS and Windows-1252 if the
    result consists of usual characters; and UTF-8 with a few damaged bytes, which become U+FFFD.

    Raises:
        PostError: The file is binary, or its encoding cannot be determined.
    """
    warning = None
    try:
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        if b"\0" in raw:
            raise PostError(path, "binary, not text") from error
        text, warning = _decode_old(raw)
        if not text:
            raise PostError(path, "not UTF-8, and no other encoding gives usual text") from error
    if "\0" in text:
        raise PostError(path, "binary, not text")
    text = text.replace("\r\n", "\n")
    return (text if "\n" in text else text.replace("\r", "\n")), warning


def _decode_old(raw: bytes) -> tuple[str, str | None]:
    """Decode what is not UTF-8. Simplified GB18030 is told apart surely and needs no remark."""
    simplified = _simplified(raw)
    usual, text, name = max(
        ((_usual_share(text), text, name) for codec, name in _ASIAN if (text := _decoded(raw, codec))),
        default=(0.0, "", ""),
        key=lambda candidate: candidate[0],
    )
    if (
        simplified
        and (usual <= _usual_share(simplified) or usual < _MIN_USUAL)
        and not _is_japanese(simplified)
    ):
        return simplified, None
    if usual >= _MIN_USUAL:
        if name == "GB18030" and _is_japanese(text) and (japanese := _decoded(raw, "euc_jp")):
            text, name = japanese, "EUC-JP"
        return text, f"read as {name}, not UTF-8"
    damaged = _decode_damaged(raw)
    latin = _decode_latin(raw)
    if latin and not any(character > "\x7f" and character != "\ufffd" for character in damaged):
        return latin, "read as Windows-1252, not UTF-8"
    return damaged, "some bytes are not UTF-8"


def _decoded(raw: bytes, codec: str) -> str:
    try:
        return raw.decode(codec)
    except UnicodeDecodeError:
        return ""


def _beyond_ascii(text: str) -> list[str]:
    return [character for character in text if character > "\x7f"]


def _usual_share(text: str) -> float:
    beyond = _beyond_ascii(text)
    return sum(character in _USUAL for character in beyond) / max(1, len(beyond))


def _simplified(raw: bytes) -> str:
    """Decode GB18030; empty if the result holds characters beyond GB2312, which noise does."""
    text = _decoded(raw, "gb18030")
    beyond = _beyond_ascii(text)
    usual = len("".join(beyond).encode("gb2312", "ignore").decode("gb2312"))
    return text if text and usual >= 0.9 * len(beyond) else ""


def _is_japanese(text: str) -> bool:
    """Whether kana are many: EUC-JP has them at the places where GB2312 has them."""
    return 5 * len(_KANA.findall(text)) > len(_beyond_ascii(text))


def _decode_latin(raw: bytes) -> str:
    """Decode Windows-1252; empty if the result is not Latin prose."""
    text = _decoded(raw, "cp1252")
    beyond = _beyond_ascii(text)
    usual = sum(character in _USUAL_LATIN for character in beyond)
    is_prose = len(beyond) <= _MAX_LATIN_BEYOND * len(text) and usual >= _MIN_USUAL_LATIN * len(beyond)
    return text if is_prose else ""


def _decode_damaged(raw: bytes) -> str:
    text = raw.decode("utf-8", "replace")
    return text if text.count("\ufffd") <= max(2, len(text) // 200) else ""
