"""Posts that are heavy to read, each of another kind, as somebody would write them who means harm."""

from collections.abc import Iterator
from itertools import cycle, islice

FRONT = "---\ntitle: {title}\n---\n"


def heavy_posts(size: int) -> Iterator[str]:
    """Posts of about `size` characters without end, the kinds in turn, each time a little shorter."""
    for length in cycle(range(size, size // 2, -max(1, size // 40))):
        yield from (
            FRONT.format(title="列表") + "x\n\n" + "- " * 11 + " " * length + "x",
            FRONT.format(title="引用") + "x\n\n" + "> " * (length // 2) + "x",
            FRONT.format(title="短行") + "a\n" * (length // 2),
            FRONT.format(title="脚注") + "[^1]: x\n" * (length // 8),
            FRONT.format(title="表格") + "|a" * (length // 4) + "\n" + "|-" * (length // 4) + "\n",
            FRONT.format(title="链接") + "[" + "](" * 166 + ")\n---\n" + "\n" * length,
            FRONT.format(title="很深") + "<div>" * (length // 11) + "底" + "</div>" * (length // 11),
            FRONT.format(title="未完") + "<b>" * (length // 3),
            FRONT.format(title="尖括号") + "<" * length,
            FRONT.format(title="实体") + "<p>" + "&a" * (length // 2),
            FRONT.format(title="属性") + "<p " + "".join(f"a{n}=1 " for n in range(length // 8)) + ">字</p>",
            "-" * length + "\nx\n",
            "+" * length + "\nx\n",
            FRONT.format(title="星号") + "*a_" * (length // 3),
            FRONT.format(title="反引号") + "".join("`" * (n % 97 + 1) + "a" for n in range(length // 50)),
        )


def write_heavy(count: int, size: int) -> list[str]:
    """So many of them."""
    return list(islice(heavy_posts(size), count))
