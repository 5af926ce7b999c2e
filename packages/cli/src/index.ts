export { CommandError, type ExitName, exitCodes } from './exit-code.ts'
export { runProgram } from './program.ts'
export { type Colours, coloursFor, type Terminal } from './terminal.ts'
