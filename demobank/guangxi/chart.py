"""The numbers of accounts: the customers' and the bank's own."""

# Accounts of customers: kind, customer (eight digits), number among theirs (four digits). Below OWN_MAX the bank's own.
DEMAND, TERM, WEALTH, LOAN, CARD = 1, 2, 3, 4, 5
KIND_STEP = 10**12
CUSTOMER_STEP = 10**4
OWN_MAX = 100

CASH, CLEARING, INTEREST_PAID, INTEREST_EARNED, FEES, ACQUIRER, SETTLEMENT, WEALTH_INCOME, CARRIED = range(1, 10)
OWN_ACCOUNTS = {
    CASH: "现金",
    CLEARING: "清算往来",
    INTEREST_PAID: "利息支出",
    INTEREST_EARNED: "利息收入",
    FEES: "手续费收入",
    ACQUIRER: "收单清算",
    SETTLEMENT: "贷款还款过渡",
    WEALTH_INCOME: "理财收益过渡",
    CARRIED: "期初结转",
}
