import pytest

from corpus.sources.addresses import (
    AddressError,
    clean_link,
    feed_address,
    public_address,
    redacted,
    without_host,
)


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "gopher://a.test/",
        "/rss",
        "https://",
        "http://a b.test/",
        "javascript:alert(1)",
        "",
    ],
)
def test_other_addresses_than_those_of_the_web_are_refused(address: str) -> None:
    with pytest.raises(AddressError):
        feed_address(address)


def test_feed_addresses_are_kept_in_one_form() -> None:
    assert feed_address("feed://news.test/rss") == "http://news.test/rss"
    assert feed_address("feed:https://news.test/rss") == "https://news.test/rss"
    assert feed_address("https://新闻.test") == "https://xn--efvy88h.test/"
    assert feed_address("http://[::1]:1200/rss") == "http://[::1]:1200/rss"


def test_logs_show_no_secret_of_an_address() -> None:
    shown = redacted("https://user:pass@news.test/rss?token=abc&x")
    assert "pass" not in shown
    assert "abc" not in shown


def test_posts_name_the_feed_without_its_secrets() -> None:
    assert public_address("https://u:p@news.test/rss?api_key=1&lang=zh") == "https://news.test/rss?lang=zh"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://n.test/s?mid=1&chksm=a&scene=0#rd", "https://n.test/s?mid=1&chksm=b&scene=3#rd"),
        ("https://n.test/p?utm_source=rss&utm_medium=feed", "https://n.test/p"),
    ],
)
def test_links_that_differ_in_their_tracking_are_one(one: str, other: str) -> None:
    assert clean_link(one) == clean_link(other)


def test_an_entry_is_known_after_its_site_moved() -> None:
    assert without_host("http://www.old.test/2026/11/bridge") == without_host(
        "https://new.test/2026/11/bridge/"
    )
    assert without_host("https://a.test/1") != without_host("https://b.test/1")
    assert without_host("https://a.test/") != without_host("https://b.test/")
