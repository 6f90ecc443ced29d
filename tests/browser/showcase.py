"""The archive of the browser's tests: the sample, and posts with everything that a post can have."""

import shutil
from pathlib import Path

from corpus import sample_folder

PICTURE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="640" height="360">'
    b'<rect width="640" height="360" fill="#7a9"/></svg>'
)

WHOLE = "江城地铁四号线开工"
ENGLISH = "Harbour bridge reopens to traffic"
EMPTY = "只有标题的一篇"
LONG_WORDS = "一条没有空格的长地址"

_PARAGRAPHS = "\n\n".join(
    f"第{number}标段的施工单位介绍，这一段长{number}公里，设车站{number + 2}座，工期{number + 20}个月。"
    f"沿线居民可以通过热线反映噪声问题，第{number}标段每晚十点以后停止夯土作业。"
    for number in range(1, 9)
)

POSTS = {
    "metro.md": f"""---
title: {WHOLE}
date: 2026-11-23 09:00:00
author: 江城日报
categories: [新闻, 地铁]
headimg: https://pictures.example.org/head.jpg
link: https://news.example.org/metro
---

江城地铁**四号线**今天[开工](https://news.example.org/4)，全长 42.5 公里，设站 30 座，预计 2031 年通车。

## 线路

一期工程从*东站*到`K12+300`，造价约 3×10<sup>9</sup> 元，比原计划少 ~~一成~~ 两成。

![盾构机在始发井旁](https://pictures.example.org/machine.jpg)

1. 东站至望江桥
2. 望江桥至大学城
   - 设换乘站两座
   - 设停车场一处

### 各段长度

| 标段 | 长度（公里） | 车站 |
| --- | --- | --- |
| 第一标段 | 12.3 | 9 |
| 第二标段 | 18.6 | 13 |

> 四号线建成以后，从东站到大学城只要三十五分钟。

## 施工安排

{_PARAGRAPHS}

### 噪声

夜间施工须经区建设局批准，结果张贴在工地门口。

```
工期 = 开工 + 60 个月
```
""",
    "bridge-en.md": f"""---
title: {ENGLISH}
date: 2026-11-20
author: Harbour Post
categories: [World]
---

The harbour bridge reopened on Friday after eleven weeks of repairs. Lorries above twenty tonnes may cross at
night only, the city's engineer said.
""",
    "empty.md": f"---\ntitle: {EMPTY}\ndate: 2026-11-19\n---\n",
    "long.md": f"""---
title: {LONG_WORDS}
date: 2026-11-18
---

地址是 https://example.org/{"abcdefghij" * 30} ，请勿外传。
""",
}


def write_showcase(folder: Path) -> Path:
    """Write the archive, and return its folder."""
    shutil.copytree(sample_folder(), folder)
    for name, text in POSTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder
