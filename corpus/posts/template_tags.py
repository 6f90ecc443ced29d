"""Tags of Hexo, Jekyll and Hugo in a body → the text that they stand for.

    {% label primary@三人轻伤 %}            三人轻伤
    {{< figure src="a.jpg" caption="桥" >}}  桥, as a caption
    {% comment %}…{% endcomment %}, {# … #}  nothing: the site hides it
    {{ site.baseurl }}                       nothing; {{ page.title }} the title; {{ "文" | f }} its text

What readers see stays: arguments that are text. Classes, colours, addresses and names of files go. Code keeps
its tags, and so do variables that belong to no site generator.
"""

import html
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from corpus.posts.code_regions import rewrite_outside_code
from corpus.text.characters import HAN_CHARACTER, words

_HEXO: Final = r"\{%-?\s*(?P<tag>[A-Za-z_][\w-]{0,40}(?![\w-]))(?P<args>(?:[^%{]|%(?!\})|\{(?!%)){0,1000})%\}"
_HUGO: Final = (
    r"\{\{(?P<left>[<%])-?\s*(?P<short>/?\s?[A-Za-z_][\w./-]{0,60}(?![\w./-]))"
    r"(?P<values>(?:[^<>%{}]|%(?!\})|>(?!\})){0,1000})[>%]\}\}"
)
_TOKEN: Final = re.compile(
    r"\{%-?\s*(?P<hidden>comment)\b[^%{}]{0,200}%\}|\{\{[<%]\s*(?P<hugo_hidden>comment)\s*[>%]\}\}"
    r"|\{%-?\s*(?P<raw>raw)\s*-?%\}"
    r"|\{\#(?:[^#{]|\#(?!\})|\{(?!\#)){0,2000}\#\}"
    r"|\{\{-?\s*/\*(?:[^*{]|\*(?!/)|\{(?!\{)){0,2000}\*/\s*-?\}\}"
    r"|\{\{(?P<shown>[<%])/\*(?P<literal>[^*{}]{0,300})\*/[>%]\}\}"
    rf"|{_HEXO}|{_HUGO}"
    r"|\{\{-?(?P<variable>[^{}<%]{1,300})\}\}"
    r"|[ \t]\{\#[\w-]{1,80}\}(?=[ \t]*$)",
    re.M,
)
_HIDDEN_END: Final = re.compile(r"\{%-?\s*endcomment\s*-?%\}|\{\{[<%]\s*/\s*comment\s*[>%]\}\}")
_RAW_END: Final = re.compile(r"\{%-?\s*endraw\s*-?%\}")
_CODE_BLOCK: Final = re.compile(
    r"\{%-?\s*(?P<name>highlight|codeblock|code)\b[^%{}]{0,300}%\}|\{\{[<%]\s*(?P<hugo>highlight)\b[^{}]{0,300}\}\}"
)
_CODE_END: Final = re.compile(
    r"\{%-?\s*end(?:highlight|codeblock|code)\s*-?%\}|\{\{[<%]\s*/\s*highlight\s*[>%]\}\}"
)

_CODE_TAGS: Final = words("highlight endhighlight codeblock endcodeblock code endcode")
"""Left for the Markdown reader, which makes fences of them."""

_SILENT: Final = words(
    "if elsif elseif else unless case when for while break continue cycle tablerow assign capture"
    " increment decrement set block extends import macro from call filter cache liquid layout render"
    " section paginate seo feed post_url post_path asset_path asset_img img gist youtube vimeo"
    " bilibili iframe codepen jsfiddle include_code include_relative include_cached include pdf raw"
    " more toc tabs pullquote ref relref instagram tweet twitter figure image video audio music"
    " aplayer meting dplayer player math mermaid katex inlineimg inlineimage ghcard site sites gallery"
    " swiper icon emoji anchor bookmark param"
)
"""Tags whose arguments are no text, except those that say what a picture shows."""

_TEXT_TAGS: Final = words(
    "label span u emp del kbd wavy psw mark bb s sup sub p text hl highlight_text badge button btn"
    " note folding fold tip details detail spoiler hidetoggle hideblock hideinline tab timeline"
    " timenode checkbox radio blockquote quote noteblock collapse admonition callout box notel notice"
    " alert hint expand tag bubble ruby"
)
"""Tags whose arguments are text, also where they are not Chinese."""

_CLASSES: Final = words(
    "default primary success info warning warn danger error secondary light dark no-icon simple"
    " modern flat disabled red orange yellow green cyan blue purple pink gray grey black white gold"
    " navy teal center left right block large larger small mini big open close closed checked plus"
    " minus times outline solid circle square tip note important caution question example abstract bug"
    " quote faq h1 h2 h3 h4 h5 h6 true false icon fast link p logo ul ol round"
)
_CAPTION_KEYS: Final = ("caption", "figcaption")
_TEXT_KEYS: Final = (
    "title",
    "summary",
    "header",
    "subtitle",
    "text",
    "label",
    "content",
    "name",
    "alt",
    "desc",
    "description",
)
_PICTURES: Final = frozenset({"figure", "image", "img", "include", "include_cached", "video", "gallery"})
_ATTRIBUTE: Final = re.compile(
    r"([A-Za-z_][\w-]{0,40})\s*(?:=|:(?!:))\s*(?:\"([^\"]{0,600})\"|'([^']{0,600})'|([^\s,\"'%]{1,300}))"
)
_ARGUMENT: Final = re.compile(r"\"([^\"]{0,600})\"|'([^']{0,600})'|“([^”]{0,600})”|([^\s\"'“]{1,600}|[\"'“])")
_FILE_SUFFIXES: Final = (
    *(".md", ".html", ".htm", ".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".mp3", ".mp4", ".pdf"),
)
_ADDRESS_STARTS: Final = ("http:", "https:", "mailto:", ".", "/", "#")
_COLOUR_OR_SIZE: Final = re.compile(
    r"#?[0-9a-fA-F]{3,8}|\d{1,4}(?:px|em|rem|%)?|fa[srb]?(?: fa-[\w-]{1,40})?|fa-\S*|var\(\S*\)|rgba?\(.*\)"
)
_SEPARATOR: Final = re.compile(r"::|@|,(?=\s|[^\x00-\x7f])|(?<=[A-Za-z'\"]),|,(?=[\w#'\"])")
_READABLE: Final = re.compile(HAN_CHARACTER)
_LITERAL: Final = re.compile(r"\s*(?:\"([^\"]{0,300})\"|'([^']{0,300})')\s*(?:\||-?$)")
_SITE_VARIABLE: Final = re.compile(
    r"\s*(?:(?:site|page|post|config|theme|include|layout|paginator|jekyll|forloop|content|partial"
    r"|block|this)\b[.\[( |]?"
    r"|(?:url_for|asset_path|relref|ref|i18n|__)\s*[(\"]|[.$][A-Z]|TOC\s?-?$)"
)
_SHORTCODE_CALL: Final = re.compile(r"\s?[a-z_]\w{0,40}\((?:\w{1,40}=[^()]{1,200})?\)\s?")
"""Zola's shortcodes without a body: `{{ youtube(id="x") }}`."""

_TITLE_VARIABLE: Final = re.compile(r"\s*(?:page\.title|post\.title|\.Title|title)\s*(?:\||-?$)")


def without_tags(body: str, *, title: str) -> str:
    """Replace the template tags of a body, HTML or Markdown, outside code.

    >>> without_tags("按{% kbd Ctrl %}，见{{ site.baseurl }}/a。", title="")
    '按Ctrl，见/a。'
    """
    if "{%" not in body and "{{" not in body and "{#" not in body:
        return body
    is_html = body.lstrip().startswith("<")
    replace = partial(_without_tags, title=title, is_html=is_html)
    return "".join(
        piece if is_code else rewrite_outside_code(piece, replace) for piece, is_code in _code_blocks(body)
    )


def _code_blocks(body: str) -> Iterator[tuple[str, bool]]:
    """Pieces of a body, and whether they are code between tags such as `{% codeblock %}`."""
    start = 0
    while match := _CODE_BLOCK.search(body, start):
        end = _CODE_END.search(body, match.end())
        if end is None:
            break
        yield body[start : match.start()], False
        yield body[match.start() : end.end()], True
        start = end.end()
    yield body[start:], False


def _without_tags(text: str, *, title: str, is_html: bool) -> str:
    parts: list[str] = []
    start = 0
    last_hidden, last_raw = (
        max((end.start() for end in ends.finditer(text)), default=-1) for ends in (_HIDDEN_END, _RAW_END)
    )
    while match := _TOKEN.search(text, start):
        parts.append(text[start : match.start()])
        start = match.end()
        if match["hidden"] or match["hugo_hidden"]:
            if start <= last_hidden and (end := _HIDDEN_END.search(text, start)):
                start = end.end()
        elif match["raw"]:
            if start <= last_raw and (end := _RAW_END.search(text, start)):
                parts.append(text[start : end.start()])
                start = end.end()
        else:
            parts.append(_shown(match, text, title=title, is_html=is_html))
    return "".join((*parts, text[start:]))


def _shown(match: re.Match[str], text: str, *, title: str, is_html: bool) -> str:
    """What readers see of a tag."""
    if match["literal"] is not None:
        return html.escape(f"{{{{{match['shown']}{match['literal']}>}}}}", quote=False)
    if match["variable"] is not None:
        return _variable(match, title)
    if match["tag"]:
        name, arguments = match["tag"].lower(), match["args"].rstrip("-")
    elif match["short"]:
        name, arguments = match["short"].lower(), match["values"].rstrip("-/ \t\n")
    else:
        return ""
    if name in _CODE_TAGS:
        return match[0]
    caption, said = _caption(name, arguments), ""
    if not caption:
        said = _words(name, arguments)
    if is_html:
        caption, said = html.escape(caption, quote=False), html.escape(said, quote=False)
    if not (caption or said):
        return ""
    if caption:
        return f"\n\n<figcaption>{caption}</figcaption>\n\n"
    if not _is_alone(match, text):
        return said
    return f"<p>{said}</p>" if is_html else f"\n\n{said}\n\n"


def _is_alone(match: re.Match[str], text: str) -> bool:
    """Whether a tag is all there is on its lines."""
    before = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
    end = text.find("\n", match.end())
    return not before.strip() and not text[match.end() : end if end >= 0 else len(text)].strip()


def _variable(match: re.Match[str], title: str) -> str:
    expression = match["variable"]
    if literal := _LITERAL.match(expression):
        return literal[1] or literal[2] or ""
    if _SHORTCODE_CALL.fullmatch(expression):
        return ""
    if _TITLE_VARIABLE.match(expression):
        return html.escape(title, quote=False) if "." in expression else match[0]
    return "" if _SITE_VARIABLE.match(expression) else match[0]


def _attributes(arguments: str) -> dict[str, str]:
    return {
        match[1].lower(): match[2] or match[3] or match[4] or "" for match in _ATTRIBUTE.finditer(arguments)
    }


def _caption(name: str, arguments: str) -> str:
    """The caption of a picture; its title in place of one."""
    values = _attributes(arguments)
    keys = (*_CAPTION_KEYS, "title") if name in _PICTURES else _CAPTION_KEYS
    text = next((values[key] for key in keys if values.get(key)), "")
    return text if text and not _is_address(text) else ""


def _words(name: str, arguments: str) -> str:
    if name.startswith(("end", "/")):
        return ""
    if name in ("post_link", "asset_link"):
        return _link_text(arguments)
    values = _attributes(arguments)
    if named := [values[key] for key in _TEXT_KEYS if values.get(key)]:
        texts = [text for text in named if _READABLE.search(text) or name in _TEXT_TAGS]
        return " ".join(text for text in texts if not _is_address(text))
    if name in _SILENT:
        return ""
    if name == "link" and "," not in arguments and len(arguments.split()) == 1:
        return ""  # Jekyll's: the path of a file
    if name in ("button", "btn") and (parts := arguments.split(","))[1:]:
        return parts[1].strip()  # address, text, icon
    pieces = list(_pieces(_ATTRIBUTE.sub(" ", arguments)))
    if name in _TEXT_TAGS or name == "link":
        return " ".join(pieces)
    return " ".join(word for piece in pieces for word in piece.split() if _READABLE.search(word))


def _link_text(arguments: str) -> str:
    """The text of a link to a post: what follows its name; the name itself where it is in Chinese."""
    name, *said = _arguments(arguments) or [""]
    if said and said[-1].lower() in ("true", "false"):
        said.pop()
    return " ".join(said) or (name if _READABLE.search(name) else "")


def _arguments(arguments: str) -> Sequence[str]:
    return ["".join(filter(None, match.groups())) for match in _ARGUMENT.finditer(arguments)]


def _pieces(arguments: str) -> Iterator[str]:
    """The arguments that are text: no classes, colours, sizes and addresses.

    They are separated by commas, by `@` or `::` behind a class, or by blanks.
    """
    for part in _SEPARATOR.split(arguments):
        said = list(_arguments(part))
        while said and _is_setting(said[0]):
            said.pop(0)
        while said and _is_setting(said[-1]):
            said.pop()
        if said:
            yield " ".join(said)


def _is_address(word: str) -> bool:
    """Whether a word is an address or the name of a file."""
    if any(map(str.isspace, word)):
        return False
    return word.startswith(_ADDRESS_STARTS) or word.lower().endswith(_FILE_SUFFIXES) or word.count("/") > 1


def _is_setting(word: str) -> bool:
    return bool(
        all(part in _CLASSES for part in word.lower().split())
        or _is_address(word)
        or _COLOUR_OR_SIZE.fullmatch(word)
        or not word.strip(",")
    )
