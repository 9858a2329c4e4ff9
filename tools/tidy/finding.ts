/** One thing that is not as it should be. */
export interface Finding {
  /** Name of the rule, as exceptions name it. */
  readonly rule: string
  readonly file: string
  readonly line: number
  /** What is wrong. */
  readonly what: string
  /** What to do about it. */
  readonly remedy: string
  /** Function, module or word that it is about; with rule and file it names the finding across edits. */
  readonly name: string
  /** The measured number, for rules with a budget. */
  readonly value?: number
  /** No exception can be granted. */
  readonly hard?: boolean
}
