import { backofficeCenter } from '@/centers/backoffice'
import { customersCenter } from '@/centers/customers'
import { identityCenter } from '@/centers/identity'
import { marketingCenter } from '@/centers/marketing'
import { tasksCenter } from '@/centers/tasks'
import type { Center } from '@/kernel/center'

export const centers: readonly Center[] = [tasksCenter, customersCenter, marketingCenter, backofficeCenter, identityCenter]
