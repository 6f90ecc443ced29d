import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.posts.addresses import MAX_URL_CHARS
from corpus.posts.targets import MAX_ALT_CHARS, absolute, complete_target, image_of, link_target


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ("https://example.org/a?b=1#c", "https://example.org/a?b=1#c"),
        (" https://example.org/桥 ", "https://example.org/%E6%A1%A5"),
        ("//example.org/a", "https://example.org/a"),
        ("HTTP://Example.org/A", "http://example.org/A"),
        ("mailto:a.b@example.org?subject=x", "mailto:a.b@example.org"),
        ("MAILTO:a@example.org", "mailto:a@example.org"),
        ("mailto:", None),
        ("mailto:a@b@example.org", None),
        ("javascript:alert(1)", None),
        (" java\nscript:alert(1)", None),
        ("data:text/html,x", None),
        ("https://user@example.org/", None),
        ("https://example.org/" + "a" * MAX_URL_CHARS, None),
        ("/a", "/a"),
        ("a.html?c=1#d", "a.html?c=1#d"),
        ("@/a.md", None),
        ("{{ site.baseurl }}/a", None),
        ("#b", None),
        ("", None),
    ],
)
def test_only_addresses_that_readers_can_follow_are_kept(written: str, target: str | None) -> None:
    assert link_target(written) == target


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ({"src": "https://example.org/a.jpg", "alt": " 桥\n面 "}, ("https://example.org/a.jpg", "桥面")),
        ({"src": "https://example.org/a.jpg"}, ("https://example.org/a.jpg", "")),
        ({"src": "/grey.gif", "data-src": "//example.org/a.jpg"}, ("https://example.org/a.jpg", "")),
        (
            {"src": "https://example.org/grey.gif", "data-original": "https://example.org/a.jpg"},
            ("https://example.org/a.jpg", ""),
        ),
        ({"src": "https://proxy.example.org/?https://example.org/a.jpg"}, ("https://example.org/a.jpg", "")),
        ({"src": "https://example.org/a.jpg", "width": "100%"}, ("https://example.org/a.jpg", "")),
        ({"src": "https://example.org/a.gif", "width": "1", "height": "1"}, None),
        ({"src": "https://example.org/a.gif", "height": "0px"}, None),
        ({"src": "https://example.org/img/qrcode.png"}, None),
        ({"src": "data:image/png;base64,AAAA"}, None),
        ({"src": "pictures/a.jpg"}, ("pictures/a.jpg", "")),
        ({"src": "/img/qrcode.png"}, None),
        ({"src": "mailto:a@example.org"}, None),
        ({"alt": "桥"}, None),
    ],
)
def test_a_picture_is_kept_if_it_shows_something(
    attributes: dict[str, str], found: tuple[str, str] | None
) -> None:
    assert image_of(attributes) == found


def test_a_long_description_is_cut_off() -> None:
    found = image_of({"src": "https://example.org/a.jpg", "alt": "桥" * 1_000})
    assert found is not None
    assert found[1] == "桥" * MAX_ALT_CHARS


@pytest.mark.parametrize(
    ("target", "base", "address"),
    [
        ("../b/", "https://n.test/2026/a/", "https://n.test/2026/b/"),
        ("../b/", "https://n.test/2026/a.html", "https://n.test/b/"),
        ("?p=7", "https://n.test/a", "https://n.test/a?p=7"),
        ("图 一.png", "https://n.test/a/", "https://n.test/a/%E5%9B%BE%20%E4%B8%80.png"),
        ("https://m.test/x", None, "https://m.test/x"),
        ("mailto:a@n.test", "https://n.test/", "mailto:a@n.test"),
        ("b", None, None),
        ("b.md", "https://n.test/a/", None),
        ("b.md#c", "https://git.test/docs/a.md", "https://git.test/docs/b.md#c"),
    ],
)
def test_relative_addresses_are_completed_with_that_of_the_article(
    target: str, base: str | None, address: str | None
) -> None:
    assert complete_target(target, base) == address


@given(st.text(max_size=60), st.sampled_from(["https://n.test/a/", "https://n.test/x.md", None]))
def test_completed_addresses_are_harmless(written: str, base: str | None) -> None:
    target = link_target(written)
    address = None if target is None else complete_target(target, base)
    assert address is None or address.startswith(("http://", "https://", "mailto:"))


def test_links_become_absolute_and_stay_harmless() -> None:
    assert absolute("../x", "https://n.test/a/b") == "https://n.test/x"
    assert absolute("//cdn.test/y", "https://n.test/") == "https://cdn.test/y"
    assert absolute("https://n.test/{{x}}", "") == "https://n.test/%7B%7Bx%7D%7D"
    assert absolute("java\nscript:alert(1)", "https://n.test/") is None
