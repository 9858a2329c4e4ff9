import { toFault } from '../faults.ts'
import type { BackupReply, BackupTask } from './messages.ts'
import { restoreDatabase } from './restore.ts'
import { saveDatabase } from './save.ts'

const send = (reply: BackupReply): void => {
  process.send?.(reply)
}
const report = (done: number, total: number): void => send({ kind: 'progress', done, total })

async function perform(task: BackupTask): Promise<BackupReply> {
  if (task.kind === 'save') {
    const sealed = await saveDatabase(task.file, task.to, report)
    return { kind: 'saved', saved: { file: task.to, ...sealed } }
  }
  await restoreDatabase(task, report)
  return { kind: 'restored' }
}

process.once('message', async (task: BackupTask) => {
  try {
    send(await perform(task))
  } catch (error) {
    send({ kind: 'failed', fault: toFault(error) })
  }
  process.disconnect()
})
process.on('disconnect', () => process.exit(0))
