import type { Kernel } from '../../pipeline/kernel.ts'
import { feature } from '../../runtime/feature.ts'
import { routes } from './routes.ts'

export const rest = feature<Kernel>({ name: 'rest', routes })
