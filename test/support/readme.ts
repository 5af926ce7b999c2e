import { readFile } from 'node:fs/promises'

/** The code block that follows the comment `<!-- example: NAME -->` of a Markdown file. */
export async function codeBlock(path: string, name: string): Promise<string> {
  const text = await readFile(path, 'utf8')
  const [, code] = new RegExp(`<!-- example: ${name} -->\\s*\`\`\`\\w+\\n([\\s\\S]*?)\`\`\``).exec(text) ?? []
  if (code === undefined) throw new Error(`${path} has no example ${name}`)
  return code
}
