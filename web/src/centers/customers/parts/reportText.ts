import { useFormat } from '@/kernel/format'
import { useText } from '@/kernel/i18n'
import type { Report } from '../report.api'
import { useCustomerName } from './customerName'

/** A report as plain text, to be pasted elsewhere: what one reads on its page, in the same order. */
export const useReportText = () => {
  const { t } = useText()
  const format = useFormat()
  const nameOf = useCustomerName()
  const people = (report: Report): string =>
    [...report.staff.map((one) => one.name), ...report.guests.map((one) => (one.function ? `${one.name} (${one.function})` : one.name))].join(', ')
  const line = (label: string, text: string): string => t('reports.labelled', { label, text })
  return (report: Report): string =>
    [
      `${t(`reports.purpose.${report.purpose}`)} · ${nameOf(report.customer)} · ${t(`reports.level.${report.level}`)}`,
      line(t('reports.when'), `${format.date(report.met_on)} ${report.met_time} · ${t(`customers.channel.${report.channel}`)}${report.place ? ` · ${report.place}` : ''}`),
      line(t('reports.attendees'), people(report)),
      line(t('reports.author'), report.author.name),
      '',
      report.said,
      ...(report.steps.length > 0 ? ['', line(t('reports.steps'), '')] : []),
      ...report.steps.map((one) => `${one.number}. ${one.what} · ${one.staff.name} · ${format.date(one.due_on)}${one.done_at ? ` · ${t('reports.stepDone')}` : ''}`),
    ].join('\n')
}
