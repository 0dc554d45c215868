"""Where the demonstration bank stands: prefectures of Guangxi as branches, districts and streets as outlets."""

from dataclasses import dataclass

from demobank.feed import Row

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
CUSTOMERS_PER_OUTLET = 100
OUTLETS_PER_BRANCH = 4
BRANCHES_MIN = 2


@dataclass(frozen=True, slots=True)
class Outlet:
    institution_id: str
    branch_id: str
    place: str  # its prefecture, in Chinese


@dataclass(frozen=True, slots=True)
class Map:
    rows: list[Row]
    branch_ids: list[str]
    outlets: list[Outlet]


def draw_map(customers: int) -> Map:
    """A head office, branches and outlets for a bank of that many customers."""
    outlet_count = max(BRANCHES_MIN * 2, customers // CUSTOMERS_PER_OUTLET)
    branch_count = min(len(PREFECTURES), max(BRANCHES_MIN, outlet_count // OUTLETS_PER_BRANCH))
    rows: list[Row] = [(HEAD_ID, "总行", "Head office", "head", "")]
    outlets: list[Outlet] = []
    for number, (zh, en) in enumerate(PREFECTURES[:branch_count]):
        branch_id = f"B{number + 1:02d}"
        rows.append((branch_id, f"{zh}分行", f"{en} Branch", "branch", HEAD_ID))
        share = outlet_count // branch_count + (number < outlet_count % branch_count)
        for turn in range(share):
            outlet = Outlet(f"{branch_id}{turn + 1:02d}", branch_id, zh)
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
