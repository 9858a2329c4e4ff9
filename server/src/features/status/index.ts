import { feature } from '../../runtime/feature.ts'
import { routes } from './routes.ts'

export const status = feature({ name: 'status', routes: () => routes })
