"""Believable Chinese names from a seeded generator; they belong to nobody.

Surnames are weighted roughly as in Guangxi, where 黄, 韦 and 覃 are far more common than in the rest of China.
"""

from random import Random

SURNAMES = {
    "黄": 90, "李": 70, "陈": 62, "韦": 58, "梁": 50, "覃": 38, "陆": 34, "刘": 32, "王": 30, "莫": 26, "农": 24,
    "蒙": 20, "唐": 20, "周": 20, "杨": 20, "张": 20, "蒋": 18, "廖": 18, "林": 18, "吴": 18, "何": 16, "罗": 16,
    "谭": 14, "卢": 14, "苏": 12, "曾": 12, "邓": 12, "潘": 12, "甘": 10, "凌": 8, "蓝": 8, "石": 8, "宁": 8,
    "庞": 8, "岑": 6, "零": 3, "闭": 3, "欧阳": 3,
}  # fmt: skip
MALE = "伟强军杰勇涛明超斌辉鹏宁健峰磊波宏建国志文海龙俊宇浩然天子轩博东华荣贵福生春林森"
FEMALE = "芳娜敏静丽艳娟霞秀英玲燕梅兰桂萍红莉琳雪慧婷颖佳欣怡雨春月凤小晓彩美云"
TWO_CHARACTER_SHARE = 0.82

_SURNAME_LIST = list(SURNAMES)
_WEIGHTS = list(SURNAMES.values())
SURNAMES_AS_OFTEN = [surname for surname, weight in SURNAMES.items() for _ in range(weight)]

COMPANY_WORDS = (
    "恒",
    "盛",
    "达",
    "瑞",
    "丰",
    "通",
    "邕",
    "桂",
    "汇",
    "信",
    "宏",
    "泰",
    "鑫",
    "源",
    "联",
    "合",
    "新",
    "华",
)
COMPANY_TRADES = (
    "商贸",
    "建材",
    "农业科技",
    "食品",
    "物流",
    "机电设备",
    "糖业",
    "木业",
    "医药",
    "水产",
    "建筑工程",
    "餐饮管理",
)
COMPANY_FORMS = ("有限公司", "有限责任公司", "股份有限公司")


def person_name(random: Random, sex: str) -> str:
    """A surname and one or two characters usual for the sex (`m` or `f`)."""
    characters = MALE if sex == "m" else FEMALE
    count = 2 if random.random() < TWO_CHARACTER_SHARE else 1
    surname = random.choices(_SURNAME_LIST, _WEIGHTS)[0]
    return surname + "".join(random.sample(characters, count))


def staff_name(random: Random) -> str:
    return person_name(random, random.choice("mf"))


def company_name(random: Random, place: str) -> str:
    """A company of a place, such as 南宁邕恒商贸有限公司."""
    words = "".join(random.sample(COMPANY_WORDS, 2))
    return f"{place}{words}{random.choice(COMPANY_TRADES)}{random.choices(COMPANY_FORMS, (8, 2, 1))[0]}"
