import { type Connection, openConnection } from './connection.ts'
import { toFault } from './faults.ts'
import { runSurveyTask, type SurveyAnswer, type SurveyTask } from './survey-task.ts'
import type { Fault } from './writer-messages.ts'

/** A process that answers the questions of one survey, and may be killed at any moment. */
export type SurveyReply = { readonly answer: SurveyAnswer } | { readonly fault: Fault }

const [, , file = '', lockTimeoutMs = '0'] = process.argv
let connection: Connection | null = null

process.on('message', (task: SurveyTask) => {
  let reply: SurveyReply
  try {
    connection ??= openConnection(file, 'reader', Number(lockTimeoutMs))
    reply = { answer: runSurveyTask(task, connection.database) }
  } catch (error) {
    reply = { fault: toFault(error) }
  }
  process.send?.(reply)
})
process.on('disconnect', () => process.exit(0))
