/**
 * Writes plain data on one line: `{name=value name=value}`, `[value value]`, numbers and `null` as they are, and text
 * bare where it cannot be mistaken for anything else, else in JSON's quotation marks. Reason codes are hexadecimal.
 */
export function notation(data: unknown): string {
  if (typeof data === 'string') return textNotation(data)
  if (Array.isArray(data)) return `[${data.map(notation).join(' ')}]`
  if (typeof data === 'object' && data !== null) return `{${fields(data).join(' ')}}`
  return JSON.stringify(data)
}

/** The fields of an object as `name=value`, in their order, without those that are named. */
export function fields(data: object, without: readonly string[] = []): string[] {
  return Object.entries(data).flatMap(([name, value]) => {
    if (without.includes(name)) return []
    // A payload is the text that goes over the wire: it stands as it is.
    if (name === 'payload' && typeof value === 'string' && isPlainJson(value)) return [`${name}=${value}`]
    if (name === 'reasonCode' && typeof value === 'number')
      return [`${name}=0x${value.toString(16).padStart(2, '0')}`]
    return [`${/^[\w.-]+$/.test(name) ? name : JSON.stringify(name)}=${notation(value)}`]
  })
}

function textNotation(text: string): string {
  const isBare = /^[\w.:/@+,#%-]+$/.test(text) && !/^(-?\d|null$|true$|false$)/.test(text)
  return isBare ? text : JSON.stringify(text)
}

/** Whether a text is a JSON object on one line. */
function isPlainJson(text: string): boolean {
  if (!/^\{[\x20-\x7e]*\}$/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
