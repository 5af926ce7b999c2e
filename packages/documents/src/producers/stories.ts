import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, regenerate, type Transcript } from '@realer-device/transcript'
import { fieldFailures } from '../field-failures.ts'
import { generatedNote, page, table } from '../markdown.ts'
import type { Document, Producer } from '../producer.ts'

const folder = 'docs/transcripts'

/** The stories, recorded anew, and their index; a failure of the field without a story is a problem. */
export const stories: Producer = {
  name: 'stories',
  makes: 'docs/transcripts/*.txt, recorded anew from their inputs, and docs/stories.md',
  needsTests: false,
  owns: [],
  async produce({ root }) {
    const names = readdirSync(join(root, folder)).filter((name) => name.endsWith('.txt'))
    const recorded: Document[] = []
    const told: Transcript[] = []
    for (const name of names.sort()) {
      const text = readFileSync(join(root, folder, name), 'utf8')
      recorded.push({ path: `${folder}/${name}`, text: regenerate(text, name) })
      told.push(parse(text, name))
    }
    const without = fieldFailures.filter(({ id }) => !told.some(({ failures }) => failures.includes(id)))
    return {
      documents: [...recorded, { path: 'docs/stories.md', text: writeIndex(told) }],
      problems: without.map(({ id }) => `${id}: no story shows it to be impossible`),
      failures: [],
    }
  },
}

function writeIndex(told: readonly Transcript[]): string {
  return page([
    generatedNote,
    '# The stories',
    `${told.length} stories, one a file: what happens to a device, and every step that the machine makes of it. [How to read them](transcripts/README.md).`,
    '## By subject',
    table(
      ['story', 'rules', 'failures of the field'],
      told.map((story) => [link(story), story.rules.join(' '), story.failures.join(' ')]),
    ),
    '## The failures of the field',
    'What goes wrong in comparable clients, and the stories in which it cannot.',
    table(
      ['id', 'what holds here', 'stories'],
      fieldFailures.map(({ id, sentence }) => [
        id,
        sentence,
        told
          .filter(({ failures }) => failures.includes(id))
          .map(link)
          .join('; '),
      ]),
    ),
  ])
}

function link({ name, title }: Transcript): string {
  return `[${title}](transcripts/${name}.txt)`
}
