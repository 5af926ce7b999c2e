const pattern = /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d{1,9})?Z$/

/** Whether a text is an instant of ISO 8601 in UTC, on a day that exists, such as `2026-04-29T10:00:01Z` (PUB-3). */
export function isUtcInstant(text: string): boolean {
  const [, year, month, day] = pattern.exec(text) ?? []
  if (year === undefined) return false
  return Number(day) >= 1 && Number(day) <= daysIn(Number(year), Number(month))
}

/** Days of a month; 0 where there is no such month. */
function daysIn(year: number, month: number): number {
  const isLeapYear = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
}
