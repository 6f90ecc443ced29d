"""A small archive for tests: posts in the real form, about a town that does not exist."""

import html
from dataclasses import dataclass, field
from pathlib import Path

SITE = "https://news.example.org"


@dataclass(frozen=True, slots=True)
class Story:
    """One post to write.

    Attributes:
        day: As the front matter has it; None leaves the date out.
        source: The `link` of the front matter, or None.
        raw: Body in place of the paragraphs, as HTML.
    """

    title: str
    category: str
    outlet: str
    day: str | None
    paragraphs: tuple[str, ...]
    source: str | None = None
    raw: str | None = None
    image: str = ""
    tags: tuple[str, ...] = field(default=())

    @property
    def path(self) -> str:
        """Where the post lies, relative to the archive."""
        name = "".join("_" if character in '/\\:?*"<>|' else character for character in self.title)
        return f"{self.category}/{self.outlet}/{name}.md"

    def as_post(self) -> str:
        """The text of the post file, in the generator's form."""
        body = self.raw or "\n".join(
            f"<p>　　{html.escape(text, quote=False)}</p>" for text in self.paragraphs
        )
        quote = '"' if "'" in self.title else "'"
        lines = ["", "---", f"title: {quote}{self.title}{quote}", "categories: "]
        lines += [f" - {self.category}", f" - {self.outlet}", " - 要闻"]
        lines += [f"headimg: '{self.image}'", f"author: {self.outlet}", "comments: false"]
        lines += [f"date: {self.day}"] if self.day else []
        lines += [f"link: {self.source}"] if self.source else []
        return "\n".join([*lines, "---", "", f"<div>   \n{body}  \n</div>", " " * 12])


STORIES = (
    Story(
        "临江大桥十月一日零时通车",
        "城市",
        "临江晚报",
        "2026-09-20 08:00:00",
        (
            "临江市交通局昨天宣布，历时四年的临江大桥建设全部完工。",
            "大桥全长2860米，双向六车道，设计时速80公里。",
            "临江大桥将于2026年10月1日零时正式通车。通车首月，七座以下小客车免收通行费。",
            "交通局局长方知远说，大桥通车后，东西两岸的车程将由四十分钟缩短到六分钟。",
        ),
        source="https://paper.example.com/2026/bridge?id=1&page=2",
        image="https://img.example.com/bridge.jpg",
    ),
    Story(
        "地铁三号线首批列车抵达车辆段",
        "城市",
        "临江晚报",
        "2026-09-18 09:30:00",
        (
            "地铁三号线首批两列列车昨天深夜抵达柳林车辆段。",
            "列车为六节编组，最多可载客1460人，车身为湖蓝色。",
            "三号线计划明年六月开通，全线设站二十二座。",
        ),
    ),
    Story(
        "地铁票价听证会下周举行",
        "城市",
        "江岸新闻",
        "2026-09-15 10:00:00",
        (
            "地铁票价调整听证会将于9月22日在市民中心举行，二十五名代表参加。",
            "方案之一是起步价由两元调整为三元，方案之二是按里程分段计价。",
        ),
    ),
    Story(
        "地铁一号线今起延长夜间运营",
        "城市",
        "江岸新闻",
        "2026-08-30 07:00:00",
        (
            "即日起，地铁一号线每周五、周六末班车推迟到凌晨一点。",
            "夜间列车间隔为十五分钟，换乘大厅照常开放。",
        ),
    ),
    Story(
        "地铁工地发现宋代古井",
        "文化",
        "临江晚报",
        "2026-07-11 12:00:00",
        (
            "地铁四号线钟楼站工地昨天挖出一口宋代古井，井壁保存完好。",
            "考古队从井底清理出青瓷碗三只、铜钱四十余枚。",
            "施工单位已为古井让出二十米，站台位置相应东移。",
        ),
    ),
    Story(
        "地铁站里开起流动图书馆",
        "文化",
        "江岸新闻",
        "2026-06-02 12:00:00",
        (
            "临江地铁在八座车站设立流动图书馆，乘客凭车票借书，还书不限车站。",
            "首批图书一万二千册，其中少儿读物占三分之一。",
        ),
    ),
    Story(
        "地铁广告收入去年增长一成",
        "财经",
        "江岸新闻",
        "2026-03-09 12:00:00",
        (
            "临江地铁集团年报显示，去年广告收入3.2亿元，比上年增长一成。",
            "集团负债率降至百分之五十四，为五年来最低。",
        ),
    ),
    Story(
        "地铁志愿者招募三百人",
        "城市",
        "临江晚报",
        "2026-02-14 12:00:00",
        (
            "春运期间，地铁招募三百名志愿者，协助引导换乘和搬运行李。",
            "报名者须年满十八岁，每周服务不少于四小时。",
        ),
    ),
    Story(
        "本地新茶开采 均价与去年持平",
        "财经",
        "临江晚报",
        "2026-03-28 06:00:00",
        (
            "雾岭茶区昨天开采头茬新茶，比去年早四天。",
            "茶农协会会长梁素心介绍，头茬茶收购均价每斤三百二十元，与去年持平。",
        ),
    ),
    Story(
        "足球：临江队加时赛淘汰卫冕冠军",
        "体育",
        "江岸新闻",
        "2026-09-21 23:00:00",
        (
            "杯赛四分之一决赛，临江队主场三比二战胜卫冕冠军北岭队，晋级四强。",
            "第一百一十八分钟，替补上场的何一鸣头球攻入制胜一球。",
        ),
    ),
    Story(
        "C++ 与 <模板> 的“那些事” & 更多",
        "科技",
        "码农周刊",
        "2026-05-05 12:00:00",
        (
            "写 std::vector<int> 的时候，尖括号 < 和 > 都要成对出现；a && b 也不例外。",
            "编译器 <cc1plus> 报错时，先看 </第一行> 再说。",
        ),
    ),
    Story(
        "圖書館週日延長開放兩小時",
        "文化",
        "临江晚报",
        "2026-04-18 12:00:00",
        (
            "臨江市圖書館宣布，自本週起週日開放時間延長兩小時，閉館時間改為晚上九點。",
            "館長說，延長開放是讀者投票的結果。",
        ),
    ),
    Story(
        "River ferry adds evening service",
        "城市",
        "Linjiang Daily",
        "2026-05-20 12:00:00",
        (
            "The river ferry will run until 11 p.m. from Monday, the operator said.",
            "A single ticket costs two yuan; children under six travel free.",
        ),
    ),
    Story(
        "旧城改造问答",
        "城市",
        "临江晚报",
        None,
        (
            "旧城改造分三期进行，第一期涉及居民一千二百户。",
            "安置房位于南苑新区，步行到地铁站约八分钟。",
        ),
    ),
    Story(
        "河湖志：一条江的四季",
        "文化",
        "江岸新闻",
        "2026-01-01 12:00:00",
        tuple(
            f"第{number}章。{season}，江面{state}。老船工说，{number}十年前的{season}也是这样，只是渡口更热闹，"
            "两岸的灯火一直亮到半夜，卖馄饨的小船挨着大船，喊声顺着水走出很远。"
            for number, (season, state) in enumerate(
                [
                    ("立春", "还结着薄冰"),
                    ("惊蛰", "涨了半尺"),
                    ("谷雨", "浮着柳絮"),
                    ("小满", "泛着青色"),
                    ("夏至", "宽得看不清对岸"),
                    ("大暑", "热气蒸腾"),
                    ("白露", "起了雾"),
                    ("寒露", "水落石出"),
                    ("立冬", "安静下来"),
                    ("大寒", "封了冻"),
                ],
                start=1,
            )
        )
        * 3,
    ),
)


def write_newspaper(folder: Path, stories: tuple[Story, ...] = STORIES) -> Path:
    """Write the posts into a folder, which is made, and return it."""
    for story in stories:
        path = folder / story.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(story.as_post(), encoding="utf-8")
    return folder
