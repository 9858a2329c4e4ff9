import { feature } from '../../runtime/feature.ts'
import { routes } from './routes.ts'

export const reserved = feature({ name: 'reserved', routes: () => routes })
