/** `npm run bench -- NAME [OPTIONS]`: runs one benchmark of this folder; without a name it lists them. */
const BENCHMARKS: Readonly<Record<string, string>> = {
  rest: 'three reads against a hand-written server; --rounds, --seconds, --connections, --only, --profile DIR',
  inserts: 'single-row inserts under 32 connections with a slow fdatasync, against one sync per request',
  swap: 'the slowest request while a running server takes a changed schema; --rows, --tables',
  migrations: 'each change of a large table: time, memory, and how long another writer waits; --rows, --only TEXT',
  start: 'time of the first answer, cold and warm, and idle memory; --cold also installs in a fresh clone',
}

const name = process.argv[2] ?? ''
if (Object.hasOwn(BENCHMARKS, name)) {
  await import(`./${name}.ts`)
} else {
  const rows = Object.entries(BENCHMARKS).map(([known, doc]) => `  ${known.padEnd(12)}${doc}`)
  process.stdout.write(`Usage: npm run bench -- NAME [OPTIONS]\n\n${rows.join('\n')}\n`)
  process.exitCode = name === '' ? 0 : 1
}
