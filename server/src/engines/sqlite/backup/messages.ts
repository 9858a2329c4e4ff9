import type { SavedBackup } from '../../structure.ts'
import type { Fault } from '../writer-messages.ts'

/** What the child is told to do. It may be killed at any moment. */
export type BackupTask =
  /** Copies the database as it is at one moment to a new file, and checks the copy. */
  | { readonly kind: 'save'; readonly file: string; readonly to: string }
  /** Checks a backup, and puts its content in the place of the database's. `scratch` is a file that may be written. */
  | { readonly kind: 'restore'; readonly file: string; readonly from: string; readonly scratch: string }

export type BackupReply =
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  | { readonly kind: 'saved'; readonly saved: SavedBackup }
  | { readonly kind: 'restored' }
  | { readonly kind: 'failed'; readonly fault: Fault }
