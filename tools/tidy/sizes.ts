import type { Finding } from './finding.ts'
import { isTest } from './layers.ts'
import { type Node, type Source, walk } from './source.ts'

export const FUNCTION_LINES_MAX = 70
export const PARAMETERS_MAX = 3
export const FILE_LINES_MAX = 400
export const FILE_LINES_HARD_MAX = 800
export const FILE_BYTES_MAX = 512 * 1024

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'])

/** Lengths of files and functions, and numbers of parameters. */
export function checkSizes(source: Source): Finding[] {
  const findings = checkFileLines(source)
  // A test file's outermost functions are lists of cases; only the file's own length bounds them.
  if (!/\.test\.ts$/.test(source.path)) findings.push(...checkFunctions(source))
  return findings
}

function checkFileLines(source: Source): Finding[] {
  const lines = source.text.split('\n').length - 1
  const max = isTest(source.path) ? FILE_LINES_HARD_MAX : FILE_LINES_MAX
  if (lines <= max) return []
  return [
    {
      rule: 'file-lines',
      file: source.path,
      line: 1,
      what: `${lines} lines; at most ${max}`,
      remedy: 'split it along its parts',
      name: '',
      value: lines,
      hard: lines > FILE_LINES_HARD_MAX,
    },
  ]
}

function checkFunctions(source: Source): Finding[] {
  const findings: Finding[] = []
  walk(source.program, (node, parent) => {
    if (!FUNCTIONS.has(node.type) || node.body === null) return
    const name = functionName(node, parent)
    const line = source.lineOf(node.start)
    const lines = source.lineOf(node.end) - line + 1
    const place = { file: source.path, line, name }
    if (lines > FUNCTION_LINES_MAX) {
      const what = `function ${name} has ${lines} lines; at most ${FUNCTION_LINES_MAX}`
      const remedy = 'keep the decisions here and move the work into functions of their own'
      findings.push({ ...place, rule: 'function-lines', what, remedy, value: lines })
    }
    const parameters = countParameters(node)
    // How many parameters a callback has is decided by the function that calls it.
    if (parameters > PARAMETERS_MAX && !isArgument(node, parent)) {
      const what = `function ${name} has ${parameters} parameters; at most ${PARAMETERS_MAX}`
      const remedy = 'pass one object with named members'
      findings.push({ ...place, rule: 'parameters', what, remedy, value: parameters })
    }
  })
  return findings
}

function countParameters(node: Node): number {
  return (node.params as readonly Node[]).filter((param) => param.name !== 'this').length
}

function isArgument(node: Node, parent: Node | undefined): boolean {
  if (parent?.type !== 'CallExpression' && parent?.type !== 'NewExpression') return false
  return (parent.arguments as readonly Node[]).includes(node)
}

function functionName(node: Node, parent: Node | undefined): string {
  const named = [node.id, parent?.key, parent?.type === 'VariableDeclarator' ? parent.id : undefined]
  for (const candidate of named as (Node | null | undefined)[]) {
    if (typeof candidate?.name === 'string') return candidate.name
  }
  return '(anonymous)'
}
