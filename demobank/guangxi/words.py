"""Who the bank's customers deal with, what they live on, and what the entries on their statements are called."""

from random import Random

from demobank.guangxi.places import PREFECTURES
from demobank.names import company_name, staff_name

# How entries look to the customer: number, word in the code, category and channel of the feed, text on the statement.
KINDS = (
    (1, "carried", "other", "batch", "承前余额"),
    (2, "first_deposit", "cash", "counter", "开户存款"),
    (3, "salary", "salary", "batch", "工资"),
    (4, "pension", "pension", "batch", "养老金"),
    (5, "bonus", "salary", "batch", "年终奖"),
    (6, "takings", "transfer", "batch", "扫码收款结算"),
    (7, "receipt", "transfer", "web", "货款"),
    (8, "payment", "transfer", "web", "支付货款"),
    (9, "wages", "salary", "web", "代发工资"),
    (10, "tax", "other", "batch", "缴税"),
    (11, "account_fee", "fee", "batch", "账户管理费"),
    (12, "purchase", "card", "merchant", "消费"),
    (13, "online_purchase", "card", "mobile", "网上支付"),
    (14, "transfer_out", "transfer", "mobile", "转账"),
    (15, "withdrawal", "cash", "machine", "取现"),
    (16, "utilities", "household", "batch", "水电燃气"),
    (17, "premium", "insurance", "batch", "保费"),
    (18, "rent", "household", "batch", "房租"),
    (19, "family", "transfer", "mobile", "家用"),
    (20, "cash_in", "cash", "counter", "现金存入"),
    (21, "from_other_bank", "transfer", "mobile", "转账"),
    (22, "securities", "transfer", "batch", "证券转银行"),
    (23, "dividend", "transfer", "batch", "分红款"),
    (24, "house_sale", "transfer", "batch", "房屋出售款"),
    (25, "demolition", "transfer", "batch", "拆迁补偿"),
    (26, "claim", "insurance", "batch", "保险赔付"),
    (27, "leave", "transfer", "mobile", "转出"),
    (28, "interest", "interest", "batch", "结息"),
    (29, "term_in", "transfer", "mobile", "转存定期"),
    (30, "term_out", "transfer", "batch", "定期到期"),
    (31, "term_interest", "interest", "batch", "定期利息"),
    (32, "wealth_in", "transfer", "mobile", "购买理财"),
    (33, "wealth_out", "transfer", "batch", "到期理财回款"),
    (34, "wealth_income", "interest", "batch", "理财收益"),
    (35, "loan_out", "loan", "batch", "贷款发放"),
    (36, "loan_spent", "transfer", "counter", "受托支付"),
    (37, "instalment", "loan", "batch", "贷款还款"),
    (38, "loan_principal", "loan", "batch", "归还本金"),
    (39, "loan_interest", "interest", "batch", "归还利息"),
    (40, "card_purchase", "card", "merchant", "信用卡消费"),
    (41, "card_repaid", "card", "batch", "信用卡还款"),
    (42, "paid_off", "loan", "counter", "提前还款"),
)  # fmt: skip
KIND = {word: number for number, word, *_ in KINDS}

# What makes a customer worth a talk: money that came in and is large. Deposits and wealth products run out into it.
INFLOW_KINDS = tuple(
    KIND[word]
    for word in (
        "bonus", "from_other_bank", "securities", "dividend", "house_sale", "demolition", "claim", "term_out",
        "wealth_out",
    )
)  # fmt: skip

OCCUPATIONS = {
    "worker": (
        "教师", "医护人员", "公务员", "企业职员", "工程技术人员", "司机", "销售人员", "建筑工人",
        "餐饮服务人员", "会计",
    ),
    "pensioner": ("退休人员",),
    "merchant": ("个体工商户", "餐饮店主", "批发商", "网店店主", "种植户", "养殖户", "运输户"),
}  # fmt: skip

# Numbers of parties: 0 nobody, SELF the owner's account at another bank, OTHER the owner of the entry's other account.
SELF, OTHER = -1, -2
EMPLOYERS_FROM, EMPLOYERS_PER_PREFECTURE = 1_000, 60
MERCHANTS_FROM, MERCHANTS = 2_000, 400
PEOPLE_FROM, PEOPLE = 3_000, 3_000
FIRMS_FROM, FIRMS = 7_000, 2_000
OFFICES = {
    1: "社会保险事业管理中心",
    2: "公用事业缴费中心",
    3: "国家金库",
    4: "不动产交易资金监管户",
    5: "征地拆迁补偿专户",
    6: "证券资金第三方存管",
    7: "保险公司",
    8: "电商平台",
    9: "股东分红专户",
    10: "房东",
}
SHOPS = (
    "超市",
    "粉店",
    "加油站",
    "药店",
    "服装店",
    "水果店",
    "茶饮店",
    "五金店",
    "农资店",
    "手机店",
    "烘焙坊",
    "文具店",
)
SHOP_NAMES = (
    "邕江",
    "绿城",
    "桂香",
    "漓水",
    "红豆",
    "木棉",
    "壮乡",
    "荔园",
    "金桂",
    "左江",
    "右江",
    "北部湾",
    "三月三",
    "青秀山",
)


def list_parties(seed: int) -> list[tuple[int, str]]:
    """Everybody an entry may name, by number."""
    random = Random(f"demo:{seed}:parties")  # noqa: S311 - invented names must come out the same again
    named = list(OFFICES.items())
    for prefecture, (place, _) in enumerate(PREFECTURES):
        first = EMPLOYERS_FROM + prefecture * EMPLOYERS_PER_PREFECTURE
        named += [(first + n, company_name(random, place)) for n in range(EMPLOYERS_PER_PREFECTURE)]
    for n in range(MERCHANTS):
        named.append((MERCHANTS_FROM + n, f"{random.choice(SHOP_NAMES)}{random.choice(SHOPS)}{n % 30 + 1}店"))
    named += [(PEOPLE_FROM + n, staff_name(random)) for n in range(PEOPLE)]
    named += [(FIRMS_FROM + n, company_name(random, random.choice(PREFECTURES)[0])) for n in range(FIRMS)]
    return named
