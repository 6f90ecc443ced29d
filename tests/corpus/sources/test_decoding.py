import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.sources.decoding import decode_feed

TEXT = "<rss><channel><title>城南菜市场夜市开张，首日客流过万人次</title></channel></rss>"
TRADITIONAL = "<rss><title>城南市場夜市開張，第一天來了上萬人，大家都說好</title></rss>"


def declared(name: str, text: str = TEXT) -> str:
    return f'<?xml version="1.0" encoding="{name}"?>{text}'


@pytest.mark.parametrize(
    ("raw", "header"),
    [
        pytest.param(TEXT.encode(), "", id="UTF-8, nothing said"),
        pytest.param(b"\xef\xbb\xbf" + TEXT.encode(), "text/xml", id="UTF-8 with a mark"),
        pytest.param(TEXT.encode("utf-16"), "", id="UTF-16 with a mark"),
        pytest.param(TEXT.encode("utf-16-le"), "", id="UTF-16 without a mark"),
        pytest.param(TEXT.encode("gbk"), "text/xml; charset=GBK", id="GBK in the header"),
        pytest.param(declared("gb2312").encode("gbk"), "", id="GBK, declared as gb2312"),
        pytest.param(TEXT.encode("gbk"), "text/xml", id="GBK, nothing said"),
        pytest.param(declared("utf-8").encode("gbk"), "", id="GBK, declared as UTF-8"),
        pytest.param(declared("gb2312").encode(), "", id="UTF-8, declared as gb2312"),
        pytest.param(
            TEXT.encode(), "text/xml; charset=ISO-8859-1", id="UTF-8, a server's default in the header"
        ),
        pytest.param(
            declared("gbk").encode("gbk"), "text/xml; charset=iso-8859-1", id="GBK, a default in the header"
        ),
        pytest.param(declared("no-such").encode("gb18030"), "", id="an unknown encoding declared"),
    ],
)
def test_chinese_is_decoded_whatever_is_said_about_it(raw: bytes, header: str) -> None:
    assert decode_feed(raw, header).endswith(TEXT)


@pytest.mark.parametrize(
    ("raw", "header"),
    [
        pytest.param(declared("big5", TRADITIONAL).encode("big5"), "", id="Big5 declared"),
        pytest.param(TRADITIONAL.encode("big5"), "application/xml; charset=big5", id="Big5 in the header"),
    ],
)
def test_traditional_chinese_is_decoded(raw: bytes, header: str) -> None:
    assert decode_feed(raw, header).endswith(TRADITIONAL)


def test_western_and_cyrillic_encodings_are_decoded() -> None:
    assert "Größe" in decode_feed(declared("iso-8859-1", "<rss>Größe</rss>").encode("latin-1"))
    assert "Größe" in decode_feed("<rss>Größe</rss>".encode("latin-1"))
    assert "“Größe”" in decode_feed(declared("iso-8859-1", "<rss>“Größe”</rss>").encode("cp1252"))
    assert "Погода" in decode_feed(declared("windows-1251", "<rss>Погода</rss>").encode("cp1251"))


def test_a_few_damaged_bytes_do_not_make_the_rest_unreadable() -> None:
    raw = TEXT.encode() * 20
    assert "夜市" in decode_feed(raw[:300] + b"\xff" + raw[300:])


def test_characters_that_xml_refuses_are_removed() -> None:
    assert decode_feed(b"<rss>a\x08b\x1bc\r\nd</rss>") == "<rss>abc\nd</rss>"


@given(st.binary(max_size=300), st.text(max_size=30))
def test_any_bytes_give_a_text(raw: bytes, header: str) -> None:
    assert isinstance(decode_feed(raw, header), str)
