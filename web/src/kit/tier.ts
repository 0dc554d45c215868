export type Tier = 'platinum' | 'gold' | 'silver' | 'plain'
const TIERS: readonly Tier[] = ['platinum', 'gold', 'silver', 'plain']

/** The tier the server named; one we do not know yet is drawn as the plainest. */
export const tierOf = (name: string): Tier => TIERS.find((tier) => tier === name) ?? 'plain'
