import { type Diagram, seenFrom } from './levels.ts'

/** Writes a diagram in Mermaid's language, `stateDiagram-v2`. */
export function drawMermaid(diagram: Diagram): string {
  const { boxes, groups, arrows, notes, scope } = diagram
  const state = ({ id, title, lines }: { id: string; title: string; lines: readonly string[] }) =>
    `state "${[title, ...lines].map(plain).join('<br/>')}" as ${name(id)}`
  const first = [...boxes, ...groups].find(({ initial }) => initial)
  const lines = [
    ...boxes.filter(({ group }) => group === null).map(state),
    ...groups.flatMap(({ id, title }) => [
      `state "${plain(title)}" as ${name(id)} {`,
      ...boxes.filter(({ group }) => group === id).map((box) => `  ${state(box)}`),
      '}',
    ]),
    ...(first === undefined ? [] : [`[*] --> ${name(first.id)}`]),
    ...arrows.flatMap(({ from, to, labels, kind }) =>
      labels.map(
        (label) => `${name(from)} --> ${name(to)} : ${kind === 'signal' ? 'signal ' : ''}${plain(label)}`,
      ),
    ),
    ...boxes.filter(({ end }) => end).map(({ id }) => `${name(id)} --> [*]`),
    ...noteLines(diagram, scope),
  ]
  return ['stateDiagram-v2', ...lines.map((line) => `  ${line}`)].join('\n')

  function noteLines({ boxes: [box] }: Diagram, from: string): string[] {
    if (box === undefined || notes.length === 0) return []
    const told = notes.map(
      ({ where, label, to }) =>
        `  ${where}: ${plain(label)}${to === null ? '' : ` → ${plain(seenFrom(to, from))}`}`,
    )
    return [`note right of ${name(box.id)}`, ...told, 'end note']
  }
}

/** An id without dots; Mermaid knows no others, and `end` and the like are its own words. */
function name(id: string): string {
  return `s_${id.replaceAll(/\W/g, '_')}`
}

/** Text without the signs that end a label. */
function plain(text: string): string {
  return text.replaceAll(/["`]/g, '').replaceAll(';', ',').replaceAll(':', ' –').replaceAll('\n', ' ')
}
