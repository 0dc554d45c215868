"""What the bank sells, and at what rate since when; invented, near what such banks asked and paid in those years."""

from datetime import date
from decimal import Decimal

FROM = date(2015, 1, 1)

# product, names, kind of its accounts, risk level, months it runs (0: without end; of wealth products: days).
PRODUCTS = (
    ("P101", "活期储蓄", "Demand savings", "demand", None, 0),
    ("P102", "单位结算账户", "Business account", "demand", None, 0),
    ("P201", "整存整取三个月", "Term deposit, 3 months", "term", None, 3),
    ("P202", "整存整取六个月", "Term deposit, 6 months", "term", None, 6),
    ("P203", "整存整取一年", "Term deposit, 1 year", "term", None, 12),
    ("P204", "整存整取二年", "Term deposit, 2 years", "term", None, 24),
    ("P205", "整存整取三年", "Term deposit, 3 years", "term", None, 36),
    ("P301", "桂银安心一号", "Steady One, 60 days", "wealth", "1", 60),
    ("P302", "桂银安心二号", "Steady Two, 90 days", "wealth", "2", 90),
    ("P303", "桂银稳健六个月", "Balanced, 180 days", "wealth", "3", 180),
    ("P304", "桂银进取一年", "Ambitious, 360 days", "wealth", "4", 360),
    ("P401", "个人住房贷款", "Home mortgage", "loan", None, 0),
    ("P402", "个人消费贷款", "Consumer loan", "loan", None, 0),
    ("P403", "个人经营贷款", "Business loan to a person", "loan", None, 0),
    ("P404", "流动资金贷款", "Working capital loan", "loan", None, 0),
    ("P501", "金桂信用卡", "Golden Osmanthus credit card", "card", None, 0),
)

_SINCE = (FROM, date(2023, 9, 1), date(2024, 10, 18), date(2025, 5, 20))
_RATES = {
    "P101": ("0.3000", "0.2000", "0.1500", "0.1000"),
    "P102": ("0.3000", "0.2000", "0.1500", "0.1000"),
    "P201": ("1.3500", "1.2500", "1.0500", "0.9000"),
    "P202": ("1.5500", "1.4500", "1.2500", "1.1000"),
    "P203": ("1.7500", "1.6500", "1.3500", "1.2000"),
    "P204": ("2.2500", "2.0500", "1.4500", "1.2500"),
    "P205": ("2.7500", "2.4500", "1.7500", "1.5500"),
    "P301": ("2.6000", "2.4000", "2.2000", "2.0000"),
    "P302": ("3.0000", "2.8000", "2.5000", "2.2000"),
    "P303": ("3.4000", "3.1000", "2.8000", "2.5000"),
    "P304": ("4.0000", "3.6000", "3.2000", "2.9000"),
    "P401": ("4.6500", "4.1000", "3.5500", "3.3000"),
    "P402": ("6.5000", "5.8000", "4.9000", "4.3000"),
    "P403": ("5.8000", "5.2000", "4.5000", "4.0000"),
    "P404": ("5.2000", "4.7000", "4.1000", "3.7000"),
}
RATES = tuple(
    (product, since, Decimal(rate))
    for product, rates in _RATES.items()
    for since, rate in zip(_SINCE, rates, strict=True)
)
