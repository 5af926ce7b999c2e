import { readFile } from 'node:fs/promises'

/** The code block that follows the comment `<!-- example: NAME -->` of a Markdown file. */
export async function codeBlock(path: string, name: string): Promise<string> {
  const code = (await codeFiles(path)).get(name)
  if (code === undefined) throw new Error(`${path} has no example ${name}`)
  return code
}

/** Every example of a Markdown file by its name; blocks of one name are one text, in their order. */
export async function codeFiles(path: string): Promise<ReadonlyMap<string, string>> {
  return blocksAfter(path, 'example')
}

/** What the examples print, by their names: the block that follows `<!-- output: NAME -->`. */
export async function outputs(path: string): Promise<ReadonlyMap<string, string>> {
  return blocksAfter(path, 'output')
}

/** What is quoted of other documents, by their paths: the block that follows `<!-- excerpt: PATH -->`. */
export async function excerpts(path: string): Promise<ReadonlyMap<string, string>> {
  return blocksAfter(path, 'excerpt')
}

async function blocksAfter(path: string, mark: string): Promise<Map<string, string>> {
  const text = await readFile(path, 'utf8')
  const blocks = new Map<string, string>()
  for (const [, name = '', code = ''] of text.matchAll(
    new RegExp(`<!-- ${mark}: (\\S+) -->\\s*\`\`\`\\w+\\n([\\s\\S]*?)\`\`\``, 'g'),
  ))
    blocks.set(name, (blocks.get(name) ?? '') + code)
  return blocks
}
