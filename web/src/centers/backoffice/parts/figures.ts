import type { Import } from '../backoffice.api'

type Count = 'rows_in' | 'accepted' | 'rejected' | 'orphans' | 'differences'

/** A figure of a whole import: the sum over its datasets. */
export const sumOf = (one: Import, count: Count): number => one.datasets.reduce((sum, dataset) => sum + dataset[count], 0)
export const agrees = (one: Import): boolean => one.datasets.every((dataset) => dataset.agrees)
