"""Where the demonstration bank stands: prefectures of Guangxi as branches, districts and streets as outlets."""

import csv
import os
from dataclasses import dataclass
from pathlib import Path

# Prefecture in Chinese and English, in the order in which a growing bank opens branches.
PREFECTURES = (
    ("南宁", "Nanning"),
    ("柳州", "Liuzhou"),
    ("桂林", "Guilin"),
    ("玉林", "Yulin"),
    ("百色", "Baise"),
    ("北海", "Beihai"),
    ("钦州", "Qinzhou"),
    ("贵港", "Guigang"),
    ("河池", "Hechi"),
    ("梧州", "Wuzhou"),
    ("来宾", "Laibin"),
    ("崇左", "Chongzuo"),
    ("贺州", "Hezhou"),
    ("防城港", "Fangchenggang"),
)
NANNING_DISTRICTS = (
    ("青秀", "Qingxiu"),
    ("兴宁", "Xingning"),
    ("江南", "Jiangnan"),
    ("西乡塘", "Xixiangtang"),
    ("良庆", "Liangqing"),
    ("邕宁", "Yongning"),
    ("武鸣", "Wuming"),
    ("横州", "Hengzhou"),
    ("宾阳", "Binyang"),
    ("上林", "Shanglin"),
    ("马山", "Mashan"),
    ("隆安", "Long'an"),
)
STREETS = (
    ("人民路", "Renmin Road"),
    ("解放路", "Jiefang Road"),
    ("中山路", "Zhongshan Road"),
    ("民族路", "Minzu Road"),
    ("朝阳路", "Chaoyang Road"),
    ("新华路", "Xinhua Road"),
    ("建设路", "Jianshe Road"),
    ("友谊路", "Youyi Road"),
    ("江滨路", "Jiangbin Road"),
    ("文化路", "Wenhua Road"),
    ("东风路", "Dongfeng Road"),
    ("金湖路", "Jinhu Road"),
)
HEAD_ID = "B00"
OUTLETS_PER_BRANCH = 4
BRANCHES_MIN = 2
GUANGXI = "45"
STREETS_FILE = Path("china_admin") / "streets.csv"


@dataclass(frozen=True, slots=True)
class Outlet:
    institution_id: str
    place: str  # its prefecture, in Chinese
    prefecture: int  # its place in PREFECTURES


@dataclass(frozen=True, slots=True)
class Map:
    rows: list[tuple[str, str, str, str, str]]
    branch_ids: list[str]
    outlets: list[Outlet]


def draw_map(outlet_count: int) -> Map:
    """A head office, branches and so many outlets."""
    branch_count = min(len(PREFECTURES), max(BRANCHES_MIN, outlet_count // OUTLETS_PER_BRANCH))
    rows = [(HEAD_ID, "总行", "Head office", "head", "")]
    outlets: list[Outlet] = []
    for number, (zh, en) in enumerate(PREFECTURES[:branch_count]):
        branch_id = f"B{number + 1:02d}"
        rows.append((branch_id, f"{zh}分行", f"{en} Branch", "branch", HEAD_ID))
        share = outlet_count // branch_count + (number < outlet_count % branch_count)
        for turn in range(share):
            outlet = Outlet(f"{branch_id}{turn + 1:02d}", zh, number)
            name_zh, name_en = _outlet_name(number, turn)
            rows.append((outlet.institution_id, f"{name_zh}支行", f"{name_en} Outlet", "outlet", branch_id))
            outlets.append(outlet)
    return Map(rows=rows, branch_ids=[f"B{n + 1:02d}" for n in range(branch_count)], outlets=outlets)


def _outlet_name(prefecture: int, turn: int) -> tuple[str, str]:
    """Nanning's outlets carry its districts, the others their prefecture and a street; then numbers follow."""
    zh, en = PREFECTURES[prefecture]
    names = NANNING_DISTRICTS if prefecture == 0 else tuple((zh + a, f"{en} {b}") for a, b in STREETS)
    name_zh, name_en = names[turn % len(names)]
    again = turn // len(names)
    return (f"{name_zh}第{again + 1}", f"{name_en} No. {again + 1}") if again else (name_zh, name_en)


def list_towns() -> list[tuple[int, int, str]]:
    """Prefecture, number and name of the towns that addresses lie in: the real ones where the divisions of China are
    at hand (HAOYOU_REAL_DATA), else an invented district of each prefecture."""
    real = os.environ.get("HAOYOU_REAL_DATA")
    if real and (Path(real) / STREETS_FILE).exists():
        return _number(_read_towns(Path(real) / STREETS_FILE))
    districts = [zh for zh, _ in NANNING_DISTRICTS]
    invented = [(0, f"南宁市{zh}区") for zh in districts]
    invented += [(n, f"{zh}市{side}城区") for n, (zh, _) in enumerate(PREFECTURES) if n for side in "东西南北"]
    return _number(invented)


def _read_towns(path: Path) -> list[tuple[int, str]]:
    cities = _names(path.with_name("cities.csv"))
    areas = _names(path.with_name("areas.csv"))
    by_city = {f"{zh}市": number for number, (zh, _) in enumerate(PREFECTURES)}
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["provinceCode"] == GUANGXI]
    return [
        (by_city[city], f"{city}{areas[row['areaCode']]}{row['name']}")
        for row in rows
        if (city := cities[row["cityCode"]]) in by_city
    ]


def _names(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file)}


def _number(towns: list[tuple[int, str]]) -> list[tuple[int, int, str]]:
    seen: dict[int, int] = {}
    numbered: list[tuple[int, int, str]] = []
    for prefecture, name in towns:
        numbered.append((prefecture, seen.get(prefecture, 0), name))
        seen[prefecture] = seen.get(prefecture, 0) + 1
    return numbered
