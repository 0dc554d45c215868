export const ROLES = ['relationship_manager', 'lobby_manager', 'branch_manager', 'head_office', 'administrator'] as const
export const LINES = ['retail', 'corporate'] as const

/** A post as it is being filled in. */
export type PostDraft = { place: number | undefined; role: string; lines: (typeof LINES)[number][] }

export const newPost = (): PostDraft => ({ place: undefined, role: 'relationship_manager', lines: ['retail'] })
