import { mayTryAgain, newKey } from './http'

/**
 * One action of the user and its Idempotency-Key: pressed again after a lost answer it goes out under the same key;
 * after a definite answer, or with other content, it is another action.
 */
export const createAction = () => {
  let key = newKey()
  let unsettled: string | undefined
  return async <T>(body: unknown, send: (key: string) => Promise<T>): Promise<T> => {
    const content = JSON.stringify(body)
    if (content !== unsettled) key = newKey()
    unsettled = content
    try {
      const answer = await send(key)
      unsettled = undefined
      return answer
    } catch (error) {
      if (!mayTryAgain(error)) unsettled = undefined
      throw error
    }
  }
}
