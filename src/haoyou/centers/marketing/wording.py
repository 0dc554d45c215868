"""What staff read of a rule: names, scripts, why today, and the figures behind it, each as the rule's table says.

A change of words is a new version of the rule, so that old cards keep theirs. Texts stand here until there is a
products room.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from haoyou.centers.customers.contract import ContactOutcome
from haoyou.centers.marketing.rules import Factors, Facts
from haoyou.kernel.money import Money
from haoyou.kernel.names import Name


@dataclass(frozen=True, slots=True)
class Product:
    code: str
    name: Name


@dataclass(frozen=True, slots=True)
class FigureText:
    """What one figure of a rule means; `over`: money to be divided by the count of that name first."""

    name: str
    kind: Literal["money", "date", "number", "text", "rate"]
    label: Name
    over: str = ""


FOUND_ON = Name("发现日期", "Found on")

FactorCode = Literal["propensity", "tier", "time", "value", "lever"]
Why = Callable[[Money, Facts], Name]


@dataclass(frozen=True, slots=True)
class RuleText:
    """`amount` and `day` label the amount and the day it was raised; the `figures` follow in this order."""

    name: Name
    need: Name
    task_title: Name
    script: Name
    product: Product
    why: Why
    amount: Name
    figures: tuple[FigureText, ...]
    day: Name = FOUND_ON


SYMBOLS = {"CNY": "¥"}
"""Currencies that staff know by a sign; the others are named by their code."""


def money_text(money: Money) -> str:
    return f"{SYMBOLS.get(money.currency, money.currency + ' ')}{money.amount:,f}"


def _why_inflow(value: Money, facts: Facts) -> Name:
    """The ratio is cut after its first decimal, so it never says more than there is."""
    amount = money_text(value)
    total = facts.number("history_sum_minor")
    if total <= 0:
        return Name(f"入账 {amount}", f"{amount} came in")
    tenths = value.minor * facts.number("history_count") * 10 // total
    times = f"{tenths // 10}.{tenths % 10}"
    return Name(
        f"入账 {amount}，约为近半年单笔平均的 {times} 倍",
        f"{amount} came in, about {times} times the average credit of the last half year",
    )


def _why_maturing(value: Money, facts: Facts) -> Name:
    amount, day, left = money_text(value), facts.find("matures_on"), facts.number("days_left")
    return Name(
        f"{amount} 存款 {day} 到期（还有 {left} 天），未约定自动转存",
        f"A deposit of {amount} matures on {day} (in {left} days) and does not renew by itself",
    )


def _why_runoff(value: Money, facts: Facts) -> Name:
    percent = facts.number("recent_average_minor") * 100 // max(1, facts.number("before_average_minor"))
    return Name(
        f"近 30 天日均余额比之前 90 天少 {money_text(value)}，只剩 {percent}%",
        f"The average balance of 30 days is {money_text(value)} below that of the 90 days before: {percent}% of it",
    )


def _why_salary(value: Money, facts: Facts) -> Name:
    days, day = facts.number("days_since"), facts.find("last_on")
    return Name(
        f"代发工资已停 {days} 天（上次 {day}），此前月均 {money_text(value)}",
        f"No salary for {days} days (the last on {day}), before that {money_text(value)} a month",
    )


def _why_idle(value: Money, facts: Facts) -> Name:
    days = facts.number("days_since")
    return Name(
        f"活期余额 {money_text(value)} 已有 {days} 天没有动过",
        f"{money_text(value)} has lain untouched in a demand account for {days} days",
    )


def _why_loan(value: Money, facts: Facts) -> Name:
    paid_off, due_on = facts.find("paid_off_on"), facts.find("due_on")
    if paid_off:
        return Name(
            f"{money_text(value)} 贷款已于 {paid_off} 结清，还款记录良好",
            f"A loan of {money_text(value)} was paid off on {paid_off}, in good order",
        )
    return Name(
        f"{money_text(value)} 贷款 {due_on} 到期，还款记录良好",
        f"A loan of {money_text(value)} ends on {due_on}, repaid in good order",
    )


def _why_growth(value: Money, facts: Facts) -> Name:
    tenths = facts.number("recent_minor") * 10 // max(1, facts.number("before_minor"))
    return Name(
        f"近 90 天入账比之前 90 天多 {money_text(value)}，为之前的 {tenths // 10}.{tenths % 10} 倍",
        f"Credits of 90 days are {money_text(value)} above the 90 days before: {tenths // 10}.{tenths % 10} times them",
    )


_MANNERS_ZH = "您现在方便说两分钟吗？如果不方便，我们另约时间，也可以不再为此打扰您。"
_MANNERS_EN = (
    " Do you have two minutes now? If not, we can find another time, or I will not bother you about this again."
)
_TERM_3M = Product("TERM-3M", Name("三个月定期存款", "Three-month term deposit"))
_TERM_1Y = Product("TERM-1Y", Name("一年期定期存款", "One-year term deposit"))

RULES: dict[tuple[str, int], RuleText] = {
    ("large_inflow", 1): RuleText(
        name=Name("大额资金流入", "Large inflow"),
        need=Name("资金承接", "Keep the money with us"),
        task_title=Name("联系客户：大额资金流入", "Call: large inflow"),
        script=Name(
            "您好，我是您的客户经理。近日您的账户有一笔较大的资金入账，想了解一下您近期的用款安排。"
            "如果这笔资金暂时不用，可以考虑三个月定期存款：本金有保障，到期可以自动转存；"
            "提前支取也可以，只是提前支取的部分按活期计息。您现在方便听我介绍两分钟吗？"
            "如果不方便，我们另约时间，也可以不再为此打扰您。",
            "Good day, I am your relationship manager. A larger amount has recently come into your account, and I"
            " would like to ask how you plan to use it. If you do not need it for now, a three-month term deposit may"
            " suit you: the principal is safe and it can renew by itself; you may withdraw early, but what you withdraw"
            " early earns the demand rate only. Do you have two minutes now? If not, we can find another time, or I"
            " will not bother you about this again.",
        ),
        product=_TERM_3M,
        why=_why_inflow,
        amount=Name("入账金额", "Amount that came in"),
        day=Name("入账日期", "Date"),
        figures=(
            FigureText(
                "history_sum_minor",
                "money",
                Name("近 180 天平均每笔入账", "Average credit of the last 180 days"),
                over="history_count",
            ),
            FigureText("history_count", "number", Name("近 180 天入账笔数", "Credits in the last 180 days")),
            FigureText("balance_before_minor", "money", Name("入账前余额", "Balance before")),
            FigureText("counterparty", "text", Name("对方", "Counterparty")),
        ),
    ),
    ("deposit_maturing", 1): RuleText(
        name=Name("存款即将到期", "Deposit maturing"),
        need=Name("到期承接", "Keep what matures"),
        task_title=Name("联系客户：存款即将到期", "Call: deposit maturing"),
        script=Name(
            "您好，我是您的客户经理。您在我行的一笔存款就要到期了，到期后会转为活期。"
            "想先问问您到期后的安排：如果暂时不用，可以到期当天续存，也可以换一个期限，利率以当天挂牌为准。"
            + _MANNERS_ZH,
            "Good day, I am your relationship manager. One of your deposits with us is about to mature and will"
            " then earn"
            " the demand rate. May I ask what you plan to do with it? If you do not need it for now, it can be"
            " renewed on"
            " that day, for the same term or another, at the rate of the day." + _MANNERS_EN,
        ),
        product=_TERM_1Y,
        why=_why_maturing,
        amount=Name("到期金额", "Amount that matures"),
        figures=(
            FigureText("matures_on", "date", Name("到期日", "Matures on")),
            FigureText("days_left", "number", Name("距到期天数", "Days left")),
            FigureText("rate_ppm", "rate", Name("现行年利率", "Rate a year")),
        ),
    ),
    ("balance_runoff", 1): RuleText(
        name=Name("余额流失", "Balance running off"),
        need=Name("挽留资金", "Win the money back"),
        task_title=Name("联系客户：余额流失", "Call: balance running off"),
        script=Name(
            "您好，我是您的客户经理。最近您在我行的资金用得比较多，想听听是不是我们哪里做得不够好，或者您有新的安排。"
            "如果是为了收益，我可以把我行现在的存款和理财给您对比一下，由您自己选。" + _MANNERS_ZH,
            "Good day, I am your relationship manager. Your balance with us has become much smaller of late, and"
            " I would"
            " like to hear whether we could have served you better, or whether you have other plans. If it is about"
            " returns, I can show you our present deposits and products side by side; the choice is yours."
            + _MANNERS_EN,
        ),
        product=_TERM_3M,
        why=_why_runoff,
        amount=Name("减少的日均余额", "Average balance lost"),
        figures=(
            FigureText("recent_average_minor", "money", Name("近 30 天日均余额", "Average balance, 30 days")),
            FigureText("before_average_minor", "money", Name("之前 90 天日均余额", "Average balance, 90 days before")),
        ),
    ),
    ("salary_moved", 1): RuleText(
        name=Name("代发工资停止", "Salary moved away"),
        need=Name("重新成为工资行", "Be the salary bank again"),
        task_title=Name("联系客户：代发工资停止", "Call: salary moved away"),
        script=Name(
            "您好，我是您的客户经理。您的工资有一段时间没有入到我行账户了，想问问是换了单位，还是对我们的服务有什么意见。"
            "如果您愿意继续用这张卡领工资，转账和还款都可以照旧，我也可以协助您和单位对接。" + _MANNERS_ZH,
            "Good day, I am your relationship manager. Your salary has not come into your account with us for"
            " some time."
            " May I ask whether you have changed your employer, or whether there is something we should do"
            " better? If you"
            " wish to be paid here again, your transfers and repayments stay as they are, and I can help with your"
            " employer." + _MANNERS_EN,
        ),
        product=Product("PAYROLL", Name("工资卡服务", "Salary account")),
        why=_why_salary,
        amount=Name("此前月均工资", "Salary a month before"),
        figures=(
            FigureText("last_on", "date", Name("上次代发日期", "Last salary")),
            FigureText("days_since", "number", Name("已停天数", "Days since")),
            FigureText("months", "number", Name("近 240 天代发月数", "Months with a salary, of 240 days")),
        ),
    ),
    ("idle_balance", 1): RuleText(
        name=Name("活期闲置", "Idle balance"),
        need=Name("闲置资金增值", "Put idle money to work"),
        task_title=Name("联系客户：活期闲置", "Call: idle balance"),
        script=Name(
            "您好，我是您的客户经理。您的活期账户里有一笔资金放了两个多月没有动，只按活期计息。"
            "如果近期不用，可以留出日常开销，其余的存一笔定期；要做理财的话，我们先看您的风险测评是否有效。"
            + _MANNERS_ZH,
            "Good day, I am your relationship manager. An amount in your demand account has not moved for two"
            " months and"
            " earns the demand rate only. If you do not need it soon, you could keep what you spend and put the"
            " rest into"
            " a term deposit; for a wealth product we would first see that your risk assessment is valid."
            + _MANNERS_EN,
        ),
        product=_TERM_1Y,
        why=_why_idle,
        amount=Name("活期余额", "Demand balance"),
        figures=(
            FigureText("last_on", "date", Name("上次动账日期", "Last moved")),
            FigureText("days_since", "number", Name("未动天数", "Days untouched")),
        ),
    ),
    ("loan_ending", 1): RuleText(
        name=Name("贷款将结清", "Loan ending"),
        need=Name("续贷需求", "The next loan"),
        task_title=Name("联系客户：贷款将结清", "Call: loan ending"),
        script=Name(
            "您好，我是您的客户经理。您在我行的贷款一直按时归还，感谢您的信任。"
            "想问问您接下来有没有用款打算：如果有，可以提前准备材料，额度和利率以审批为准；没有也没关系。"
            + _MANNERS_ZH,
            "Good day, I am your relationship manager. You have always repaid your loan with us on time; thank"
            " you. May I"
            " ask whether you will need money in the time to come? If so, the papers can be prepared ahead; amount and"
            " rate follow from the approval. If not, that is fine too." + _MANNERS_EN,
        ),
        product=Product("LOAN-RENEW", Name("再贷款", "Repeat loan")),
        why=_why_loan,
        amount=Name("贷款本金", "Principal"),
        figures=(
            FigureText("due_on", "date", Name("到期日", "Ends on")),
            FigureText("paid_off_on", "date", Name("结清日期", "Paid off on")),
        ),
    ),
    ("business_growth", 1): RuleText(
        name=Name("经营增长", "Business growing"),
        need=Name("配套企业金融", "Serve a growing firm"),
        task_title=Name("联系客户：经营增长", "Call: business growing"),
        script=Name(
            "您好，我是贵企业的客户经理。最近贵企业的回款增长不少，祝贺。"
            "业务扩大后，可能会用到代发工资、结算优惠、流动资金贷款或闲置资金存放，想约时间上门听听您的安排。"
            + _MANNERS_ZH,
            "Good day, I am your firm's relationship manager. Your receipts have grown a good deal of late; my"
            " congratulations. A larger business may need payroll, settlement, working capital or a place for"
            " idle funds."
            " I would like to visit and hear your plans." + _MANNERS_EN,
        ),
        product=Product("FIRM-PACKAGE", Name("企业综合服务", "Services for firms")),
        why=_why_growth,
        amount=Name("增加的入账", "More came in"),
        figures=(
            FigureText("recent_minor", "money", Name("近 90 天入账", "Credits, 90 days")),
            FigureText("before_minor", "money", Name("之前 90 天入账", "Credits, 90 days before")),
        ),
    ),
}


def text_of(rule: str, version: int) -> RuleText:
    """A signal of a rule without words must not become a card: a programmer forgot them."""
    assert (rule, version) in RULES, f"no texts for rule {rule} version {version}"
    return RULES[rule, version]


def newest_text(rule: str) -> RuleText:
    return text_of(rule, max(version for code, version in RULES if code == rule))


def factor_texts(one: Factors) -> list[tuple[FactorCode, str]]:
    """Shares as percent, multipliers with a sign, as they were multiplied."""
    return [
        ("propensity", f"{one.propensity_permille // 10}.{one.propensity_permille % 10}%"),
        ("tier", _times(one.tier_percent)),
        ("time", _times(one.time_percent)),
        ("value", _times(one.value_centi)),
        ("lever", _times(one.lever_percent)),
    ]


def _times(hundredths: int) -> str:
    return f"×{hundredths // 100}.{hundredths % 100:02}"


def why_again(outcome: ContactOutcome, next_on: date) -> Name:
    """Why a task has moved to another day."""
    if outcome is ContactOutcome.NOT_REACHED:
        return Name(f"上次未联系上，{next_on} 再联系", f"Not reached last time; try again on {next_on}")
    return Name(f"客户有意向，{next_on} 跟进", f"The customer is interested; follow up on {next_on}")


@dataclass(frozen=True, slots=True)
class Evidence:
    label: Name
    kind: Literal["money", "date", "number", "text"]
    value: str
    money: Money | None = None


def evidence(text: RuleText, value: Money, raised_on: date, facts: Facts) -> list[Evidence]:
    """The figures that raised an opportunity, as the card lists them; what was not told is not listed."""
    lines = [_money_line(text.amount, value), Evidence(text.day, "date", raised_on.isoformat())]
    return lines + [line for one in text.figures if (line := _figure_line(one, value.currency, facts))]


def _figure_line(one: FigureText, currency: str, facts: Facts) -> Evidence | None:
    found = facts.find(one.name)
    if found is None or found == "":
        return None
    if one.kind == "money":
        count = facts.number(one.over) if one.over else 1
        return _money_line(one.label, Money(facts.number(one.name) // count, currency)) if count > 0 else None
    if one.kind == "rate":
        return Evidence(one.label, "text", f"{facts.number(one.name) / 10_000:.2f}%")
    return Evidence(one.label, one.kind, str(found))


def _money_line(label: Name, money: Money) -> Evidence:
    return Evidence(label, "money", money_text(money), money)


RESULTS_DEFINITION = Name(
    "转化只看银行账务事实，不看员工填报，每条规则只看自己的观察期。"
    "大额流入：第 30 天至少一半仍在该账户，或已转入本行定期、理财；"
    "存款到期：到期后 7 天内续存，或转入本行其他定期、理财，合计至少一半；余额流失：60 天后日均恢复到原来的 75%；"
    "代发停止：60 天内再有工资入账；活期闲置：30 天内至少一半转入定期、理财；贷款将结清：90 天内新开贷款；"
    "经营增长：60 天内新开产品。留住或恢复即“留存”，办理产品即“成交”，其余为“未转化”。"
    "转化率 = （留存 + 成交）÷ 已到期入账结果的派发商机，按到期前是否联系过分开计算。"
    "涉及与留存金额只计以金额衡量的规则、已有结果的派发商机，且只计本行货币。",
    "Success is read from the bank's own facts, never from what staff report, and each rule looks at its own days only."
    " Large inflow: on the 30th day at least half is still in the account, or went into deposits or wealth products"
    " here; deposit maturing: within 7 days after the end at least half is renewed or placed anew here; balance running"
    " off: after 60 days the average is back at 75%; salary moved: a salary again within 60 days; idle"
    " balance: at least"
    " half in deposits or wealth products within 30 days; loan ending: a new loan within 90 days; business growing: a"
    " new product within 60 days. What stayed or came back is “held”, a product taken is “product”, all else “left”."
    " Rate = (held + product) / dispatched opportunities with a booked result, separately for those contacted before"
    " and those never contacted. Amounts count rules that are measured in money, dispatched opportunities with a booked"
    " result, in the bank's own currency.",
)
