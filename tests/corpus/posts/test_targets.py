import pytest

from corpus.posts.addresses import MAX_URL_CHARS
from corpus.posts.targets import MAX_ALT_CHARS, image_of, link_target


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
        ("/a", None),
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
        ({"src": "pictures/a.jpg"}, None),
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
