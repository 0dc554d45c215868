/** Whom somebody had before them in this tab, newest first: numbers only; names are asked for again, as far as they may be seen. */
const STORAGE_KEY = 'haoyou.recent-customers'
const KEPT = 8
type Recent = { staff: number; ids: string[] }

export const recentCustomers = (staff: number): string[] => {
  try {
    const read = JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? 'null') as Partial<Recent> | null
    if (read?.staff !== staff || !Array.isArray(read.ids)) return []
    return read.ids.filter((id): id is string => typeof id === 'string' && /^[0-9a-f-]{36}$/.test(id)).slice(0, KEPT)
  } catch {
    return []
  }
}

export const noteCustomer = (staff: number, id: string): void => {
  const ids = [id, ...recentCustomers(staff).filter((one) => one !== id)].slice(0, KEPT)
  sessionStorage.setItem(STORAGE_KEY, JSON.stringify({ staff, ids } satisfies Recent))
}
