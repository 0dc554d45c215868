export const zh = {
  shell: {
    skip: '跳到正文',
    navigation: '主导航',
    find: '搜索',
    search: '搜索客户',
    shortcuts: '快捷键',
    businessDate: '营业日 {date}',
    offline: '网络已断开，正在重新连接',
    lastSync: '上次同步 {time}',
    waiting: '{n} 项待提交',
    refusedCount: '{n} 项未被接受',
    queueTitle: '待提交的内容',
    queueText: '连上网络后自动提交，不会重复。',
    queueWaiting: '等待网络',
    queueSending: '正在提交',
    queueRefused: '未被接受',
    queueDismiss: '知道了，移除',
    queueEmpty: '全部已提交',
    showQueue: '查看',
    notAllowedTitle: '您的岗位没有这项权限',
    notAllowedText: '如需使用，请联系本机构管理员。',
    notFoundTitle: '没有这个页面',
    goHome: '回到首页',
    bootOfflineTitle: '连不上服务器',
    bootOfflineText: '请检查网络后重试。',
    palette: {
      title: '搜索与跳转',
      hint: '客户姓名、拼音、编号、手机尾号，或页面、操作',
      hintPages: '页面或操作',
      pages: '页面',
      actions: '操作',
      none: '没有找到“{q}”',
      failed: '客户暂时查不到，请稍后再试',
      move: '选择',
      open: '打开',
    },
    help: {
      search: '搜索客户、打开页面、执行操作',
      next: '下一项 / 上一项',
      open: '打开选中的一项',
      help: '显示这张表',
      close: '关闭弹窗',
      note: '在输入框中打字时，单个字母的快捷键不起作用。',
    },
  },
}

declare module '@/kernel/i18n' {
  interface MessageSchema {
    shell: (typeof zh)['shell']
  }
}
