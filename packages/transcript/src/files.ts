import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the stories. */
export const folder = fileURLToPath(new URL('../../../docs/transcripts', import.meta.url))

/** The stories' files, in the order of their names. */
export function storyFiles(): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.txt'))
    .sort()
    .map((name) => join(folder, name))
}

/** A story's text. */
export function readStory(file: string): string {
  return readFileSync(file, 'utf8')
}

/** Writes a story's text in place of the old one. */
export function writeStory(file: string, text: string): void {
  writeFileSync(file, text)
}
