import type { Component } from 'vue'

/** The frame around every signed-in page; its download starts before we know who is asking. */
export const loadFrame = (): Promise<{ default: Component }> => import('@/shell/ShellFrame.vue')
