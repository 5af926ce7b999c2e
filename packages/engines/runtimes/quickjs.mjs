// Runs a script in QuickJS, which is compiled to WebAssembly; its `print` writes a line to standard output.
import { readFileSync } from 'node:fs'
import variant from '@jitl/quickjs-wasmfile-release-sync'
import { newQuickJSWASMModuleFromVariant } from 'quickjs-emscripten-core'

const [file] = process.argv.slice(2)
const engine = await newQuickJSWASMModuleFromVariant(variant)
const context = engine.newRuntime().newContext()
context
  .newFunction('print', (line) => {
    process.stdout.write(`${context.getString(line)}\n`)
  })
  .consume((print) => context.setProp(context.global, 'print', print))
const outcome = context.evalCode(readFileSync(file, 'utf8'), file)
if (outcome.error) {
  process.stderr.write(`${JSON.stringify(context.dump(outcome.error))}\n`)
  process.exitCode = 1
}
