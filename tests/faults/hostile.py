"""An archive whose authors mean harm, or had bad tools."""

import os
from pathlib import Path

LONG_LINK = "https://example.org/" + "a" * 3_000
STORY = "熊猫馆今天上午九时向公众开放，首批游客三百人。"


def post(body: str, *front: str) -> str:
    """A post of one paragraph with these lines of front matter."""
    return "\n".join(["---", *front, "---", f"<p>{body}</p>", ""])


def bomb() -> str:
    """A billion nodes in eight lines: each names the one before nine times."""
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]"]
    for number in range(8):
        name, before = chr(98 + number), chr(97 + number)
        lines.append(f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]")
    return post("石榴园的消息。", *lines, "title: 炸弹")


POSTS: dict[str, str] = {
    "markup.md": post(
        "尖括号 &lt;b&gt;不是粗体&lt;/b&gt; 与 &amp;amp; 都照原样。河蚌研究所发布了第七号公报。",
        """title: '<b>粗体 & "引号" </a><!-- 标题'""",
        "author: '<i>作者 & 合伙人'",
        "categories: ['<u>栏目 & 其他']",
        "date: 2026-09-01 08:00:00",
        """link: https://paper.example.com/?a=1&b="2\"""",
    ),
    "emoji.md": post(
        "前面😀😀有表情。👩‍👩‍👧‍👦一家人在𠮷野家吃饭𠮷𠮷。e\u0301 是组合字符，🇨🇳 是旗。紫藤花开在第九街。",
        "title: 表情😀与生僻字𠮷的文章",
        "date: 2026-09-02",
    ),
    "ampersands.md": post("琥珀公司的报告。" + "&amp;" * 10_000, "title: 一万个和号", "date: 2026-09-03"),
    "quotes.md": post("珊瑚岛的消息。" + "“&lt;&gt;&amp;”" * 2_000, "title: 长引号", "date: 2026-09-03"),
    "javascript.md": post("蓝鲸号返航。", "title: 脚本链接", "link: 'javascript:alert(1)'"),
    "spaces.md": post("白鹭号返航。", "title: 带空格的链接", "link: 'https://exa mple.org/a b'"),
    "nohost.md": post("黑鹳号返航。", "title: 没有主机的链接", "link: 'https:///path'"),
    "longlink.md": post("灰雁号返航。", "title: 很长的链接", f"link: '{LONG_LINK}'"),
    "script.md": post(
        "翡翠湖开放。<script>alert('偷')</script><img src=x onerror=alert(1) onclick='steal()'>"
        "<a href='javascript:void(0)'>点我</a><iframe src='https://evil.example.org'>框</iframe>",
        "title: 脚本",
    ),
    "bidi.md": post("玛瑙\u202e山\x07的\x1b[31m消息\x00。", "title: '方向\u202e控制\u2066字符'"),
    "bomb.md": bomb(),
    "object.md": post("木棉树的消息。", "title: !!python/object/apply:os.system ['touch pwned']"),
    "duplicate.md": post("重复的键，金丝雀。", "title: 甲", "title: 乙"),
    "unclosed.md": "---\ntitle: 没有结尾\ndate: 2026-09-06\n<p>没有结束标记，画眉鸟。</p>\n",
    "nulls.md": post(
        "空值，翠鸟。", "title: null", "author: [1, {a: b}]", "date: [2]", "categories: {x: [y]}"
    ),
    "list.md": post("列表，鸬鹚。", "- a", "- b"),
    "deep.md": post("<div>" * 100_000 + "珍珠港湾" + "</div>" * 100_000, "title: 很深"),
    "future.md": post("未来的信鸽。", "title: 来自未来", "date: 2999-01-01"),
    "epoch.md": post("过去的信鸽。", "title: 来自过去", "date: 1970-01-01"),
    "same1.md": post(STORY * 3, "title: 同一条新闻", "date: 2026-09-08"),
    "same2.md": post(STORY * 3, "title: 同一条新闻", "date: 2026-09-08"),
    "sametitle.md": post("天文台下周停电检修，观测暂停两天。", "title: 同一条新闻", "date: 2026-09-09"),
    "empty.md": "---\ntitle: 只有标题的水獭\ndate: 2026-09-09\n---\n\n",
    "good.md": post("灯塔修缮工程今天竣工。", "title: 一切正常", "date: 2026-09-10 08:00:00"),
}


def write_hostile(folder: Path) -> Path:
    """Write the archive, with files that are no posts at all among them."""
    folder.mkdir(parents=True)
    for name, text in POSTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "giant.md").write_bytes(b"---\ntitle: x\n---\n" + b"<p>x</p>" * 1_000_000)
    (folder / "gbk.md").write_bytes(post("国标编码的鸵鸟。", "title: 国标码").encode("gbk"))
    (folder / "utf16.md").write_bytes(post("宽编码的企鹅。", "title: 宽字符").encode("utf-16"))
    (folder / "zip.md").write_bytes(b"PK\x03\x04" + os.urandom(5_000))
    (folder / "folder.md").mkdir()
    os.mkfifo(folder / "pipe.md")
    secret = folder.parent / "secret.md"
    secret.write_text(post("外面的机密文件。", "title: 机密"), encoding="utf-8")
    (folder / "outside.md").symlink_to(secret)
    (folder / "passwd.md").symlink_to("/etc/passwd")
    (folder / "loop").symlink_to(folder)
    return folder
