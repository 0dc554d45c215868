export const zh = {
  common: {
    app: '好友用',
    save: '保存',
    cancel: '取消',
    close: '关闭',
    back: '返回',
    retry: '重试',
    more: '加载更多',
    loading: '正在加载',
    undo: '撤销',
    clear: '清除',
    optional: '选填',
    exactAmount: '{short}，点按显示精确金额',
    asOf: '截至 {date}',
    customerNumbered: '客户 {number}',
    itemCount: '共 {n} 项',
    manyItems: '超过 1000 项',
    nothingSelected: '从左侧选择一项，在这里查看详情',
    previousNext: 'J / K 上下移动，Enter 打开',
    reference: '参考号 {reference}',
    today: '今天',
    tomorrow: '明天',
    yesterday: '昨天',
    daysAgo: '{n} 天前',
    inDays: '{n} 天后',
    overdueDays: '逾期 {n} 天',
    dueToday: '今天到期',
    dueTomorrow: '明天到期',
    dueOn: '{date} 到期',
    none: '暂无',
  },
  state: {
    errorTitle: '没能加载',
    offlineTitle: '网络不可用',
    offlineText: '连上网络后会自动加载。已填写的内容保存在本机。',
    forbiddenTitle: '您的岗位没有这项权限',
    forbiddenText: '如需使用，请联系本机构管理员。',
    notFoundTitle: '没有找到，或不在您的数据范围内',
    notFoundText: '可能已移交给其他同事。请返回列表再试。',
  },
  problems: {
    unauthenticated: '登录已失效，请重新登录',
    forbidden: '您的岗位没有这项权限',
    not_found: '没有找到，或不在您的数据范围内',
    invalid: '有内容需要修改，请看标出的栏目',
    precondition_failed: '内容已被更新，请核对后再保存',
    precondition_required: '内容已过期，请刷新后再试',
    rate_limited: '操作太频繁，请稍后再试',
    too_large: '内容太长，请精简后再试',
    unavailable: '系统正忙，请稍后再试',
    conflict: '内容已被他人更新，请刷新后再试',
    unexpected: '出了点问题，请稍后再试',
    unreachable: '网络不可用，请检查连接后再试',
    idempotency: {
      key_missing: '请求不完整，请刷新页面后再试',
      in_flight: '上一次提交还在处理，请稍候',
      other_body: '这次提交与上一次不一致，请刷新后再试',
    },
    identity: {
      bad_credentials: '工号或密码不正确',
      locked: '尝试次数过多，请稍后再试',
      session_ended: '登录已失效，请重新登录',
      already_left: '这位员工已离职',
      not_yourself: '不能对自己办理',
      unknown_code: '没有这个编号',
    },
    tasks: {
      already_closed: '这项待办已经完成',
      cannot_reopen: '已超过可撤销的时间',
      finish_in_origin: '请在来源处办结这项待办',
    },
    marketing: {
      already_closed: '这条商机已经关闭',
    },
    customers: {
      contact_refused: '现在不能联系这位客户',
    },
    field: {
      missing: '请填写这一栏',
      too_short: '内容太短',
      too_long: '内容太长',
      past: '日期不能早于今天',
      too_late: '日期太远了',
      required: '请填写这一栏',
      string_too_short: '内容太短',
      string_too_long: '内容太长',
      invalid: '请检查这一栏',
    },
  },
}

declare module '@/kernel/i18n' {
  interface MessageSchema {
    common: (typeof zh)['common']
    state: (typeof zh)['state']
    problems: (typeof zh)['problems']
  }
}
