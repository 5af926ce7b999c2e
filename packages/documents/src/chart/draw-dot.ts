import { type Graph, instance } from '@viz-js/viz'
import { type Arrow, type Box, type Diagram, seenFrom } from './levels.ts'

/** One picture in Graphviz's language and as a picture. */
export interface Drawing {
  readonly dot: string
  readonly svg: string
}

const font = 'Helvetica,Arial,sans-serif'
/** Dark ink on a white ground of its own: readable on a light page and on a dark one. */
const ink = { text: '#1b1f24', line: '#57606a', state: '#eaf2fd', border: '#3b6ea8', signal: '#8250df' }
/** Characters of a region's sentence on one line. */
const wrapAt = 30
const noteName = 'note'

/** Draws a diagram with Graphviz, without a browser: the same diagram gives the same bytes. */
export async function drawDot(diagram: Diagram): Promise<Drawing> {
  // One that has drawn before keeps some of that picture's defaults, and writes them into the next one.
  const viz = await instance()
  const dot = viz.renderString(graphOf(diagram), { format: 'canon' })
  return { dot: tidy(dot), svg: tidy(fitText(viz.renderString(dot, { format: 'svg' }))) }
}

/** One newline at the end, tabs and spaces before it nowhere. */
function tidy(text: string): string {
  return `${text
    .replaceAll('\t', '  ')
    .replace(/[ \t]+$/gm, '')
    .trimEnd()}\n`
}

/**
 * Graphviz lays text out as wide as Helvetica. Text is drawn a little smaller than that, and in the middle of its box,
 * so that it also fits where the reader's font is wider.
 */
function fitText(svg: string): string {
  return svg
    .replace(/<g id="node\d+" class="node">.*?<\/g>/gs, (node) => {
      const [, outline] = /<path [^>]*d="([^"]+)"/.exec(node) ?? []
      if (outline === undefined) return node
      const xs = [...outline.matchAll(/(-?[\d.]+),/g)].map(([, x]) => Number(x))
      const middle = ((Math.min(...xs) + Math.max(...xs)) / 2).toFixed(2)
      return node.replace(/text-anchor="start" x="[^"]+"/g, `text-anchor="middle" x="${middle}"`)
    })
    .replace(/font-size="([\d.]+)"/g, (_, size: string) => `font-size="${(Number(size) * 0.9).toFixed(2)}"`)
}

function graphOf(diagram: Diagram): Graph {
  const { boxes, groups, arrows, notes } = diagram
  const firsts = [...boxes, ...groups].filter(({ initial }) => initial).map(({ id }) => id)
  return {
    directed: true,
    graphAttributes: {
      rankdir: 'TB',
      compound: true,
      bgcolor: '#ffffff',
      pad: 0.3,
      nodesep: 0.45,
      ranksep: 0.55,
      fontname: font,
    },
    nodeAttributes: {
      shape: 'box',
      style: 'rounded,filled',
      fontname: font,
      fontsize: 14,
      fontcolor: ink.text,
      color: ink.border,
      fillcolor: ink.state,
      margin: '0.2,0.09',
    },
    edgeAttributes: {
      fontname: font,
      fontsize: 12.5,
      fontcolor: ink.text,
      color: ink.line,
      arrowsize: 0.8,
    },
    nodes: [
      ...firsts.map((id) => ({
        name: `first ${id}`,
        attributes: {
          shape: 'point',
          width: 0.16,
          style: 'filled',
          color: ink.text,
          fillcolor: ink.text,
        },
      })),
      ...boxes.filter(({ group }) => group === null).map(nodeOf),
      ...(notes.length === 0 ? [] : [noteOf(diagram)]),
    ],
    subgraphs: groups.map(({ id, title }) => ({
      name: `cluster ${id}`,
      graphAttributes: {
        label: { html: `<b>${escapeHtml(title)}</b>` },
        labeljust: 'l',
        style: 'rounded,filled',
        color: ink.border,
        fillcolor: '#f6f8fa',
        fontcolor: ink.text,
        fontsize: 14,
        margin: 14,
      },
      nodes: boxes.filter(({ group }) => group === id).map(nodeOf),
    })),
    edges: [
      ...firsts.map((id) => edgeOf(diagram, `first ${id}`, id, {})),
      ...hangers(diagram).map((id) => edgeOf(diagram, noteName, id, { style: 'dotted', color: '#9a6700' })),
      ...arrows.map((arrow) =>
        edgeOf(diagram, arrow.from, arrow.to, {
          label: arrow.labels.flatMap(brokenLabel).map(aside).join('\n'),
          ...(arrow.kind === 'signal' ? { style: 'dashed', color: ink.signal, fontcolor: ink.signal } : {}),
        }),
      ),
    ],
  }
}

type Attributes = { readonly [name: string]: string | number | boolean }

/** Graphviz has no arrows to a group: they go to a box in it, and are cut at the group's border. */
function edgeOf({ boxes, groups }: Diagram, from: string, to: string, attributes: Attributes) {
  const isGroup = (id: string) => groups.some((group) => group.id === id)
  const insideOf = (id: string) => {
    const inside = boxes.filter(({ group }) => group === id)
    return inside[Math.floor(inside.length / 2)]?.id ?? id
  }
  return {
    tail: isGroup(from) ? insideOf(from) : from,
    head: isGroup(to) ? insideOf(to) : to,
    attributes: {
      ...attributes,
      ...(isGroup(from) ? { ltail: `cluster ${from}` } : {}),
      ...(isGroup(to) ? { lhead: `cluster ${to}` } : {}),
    },
  }
}

/** A long guard stands under its event. */
function brokenLabel(label: Arrow['labels'][number]): string[] {
  return label.length > 26 ? label.replace(' [', '\n[').split('\n') : [label]
}

/** A label keeps off its arrow. */
function aside(line: string): string {
  return `  ${line}  `
}

function nodeOf({ id, title, lines, kind, end, group }: Box) {
  const small = lines.flatMap((line) => (group === null ? [line] : wrap(line.replaceAll('`', ''))))
  const label = [
    `<b>${escapeHtml(title)}</b>`,
    ...small.map((line) => `<font point-size="12.5">${escapeHtml(line)}</font>`),
  ].join('<br/>')
  return {
    name: id,
    attributes: {
      label: { html: label },
      ...(end ? { peripheries: 2 } : {}),
      ...(kind === 'outside' ? { style: 'rounded,dashed', color: ink.line } : {}),
    },
  }
}

/** The note's lines, a title over each kind. */
function noteOf({ scope, notes }: Diagram) {
  const lines = [...new Set(notes.map(({ where }) => where))].flatMap((title) => [
    `<b>${title}</b>`,
    ...notes
      .filter(({ where }) => where === title)
      .map(({ label, to }) => escapeHtml(to === null ? label : `${label} → ${seenFrom(to, scope)}`)),
  ])
  return {
    name: noteName,
    attributes: {
      shape: 'note',
      style: 'filled',
      fillcolor: '#fff8c5',
      color: '#9a6700',
      fontsize: 12.5,
      margin: '0.3,0.1',
      label: { html: `${lines.join('<br align="left"/>')}<br align="left"/>` },
    },
  }
}

/** States that only the note leads to hang on it. */
function hangers({ boxes, arrows, notes }: Diagram): string[] {
  const reached = new Set(arrows.map(({ to }) => to))
  return boxes.flatMap(({ id, initial }) =>
    !initial && !reached.has(id) && notes.some(({ to }) => to === id) ? [id] : [],
  )
}

function wrap(sentence: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of sentence.split(' ')) {
    if (line !== '' && line.length + word.length >= wrapAt) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
