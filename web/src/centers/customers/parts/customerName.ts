import { useText } from '@/kernel/i18n'

type Named = { name?: string | null; number: string }

/** A customer without a name is called by number. */
export const useCustomerName = () => {
  const { t } = useText()
  return (customer: Named): string => customer.name ?? t('common.customerNumbered', { number: customer.number })
}
