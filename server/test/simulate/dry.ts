import { answer } from '../../src/engines/memory/index.ts'
import { generateSchema } from './generate-schema.ts'
import { generateRequest } from './generate-requests.ts'
import { loadablePolicies, loadProject } from './project.ts'
import { Random } from './random.ts'
import { parsed } from './subject.ts'
import { actorOf, searchOf } from './case.ts'
import { plan as makePlan } from '../../src/query/planner/plan.ts'
import { visibleCatalog } from '../../src/policy/visible-catalog.ts'
const why = new Map<string, number>()
const bump = (k: string) => why.set(k, (why.get(k) ?? 0) + 1)
const t0 = performance.now()
for (let seed = 1; seed <= Number(process.argv[2] ?? 20); seed++) {
  const random = new Random(seed)
  const g = generateSchema(random)
  let data: any
  try {
    const policies = await loadablePolicies(g.definition, (p, w) => bump('policy: ' + w))
    bump('policies ok ' ); for (const _ of policies) bump('policy ok')
    const project = await loadProject({ ...g.definition, policies })
    data = new Map([...project.catalog.tables.keys()].map((k) => [k, []]))
    const base = { ...project, nowMicros: 1n }
    const run = (request: any) => {
      const api = parsed(request)
      const plan = makePlan(api, visibleCatalog(project.catalog, project.policies, request.role), { aggregatesEnabled: true, rowsMax: 1000, requireWhere: false })
      const r = answer(plan, { ...base, actor: actorOf(request), values: api.values, data } as any, 'payload' in api ? api.payload.cells : [])
      data = r.data
      return r
    }
    for (const [key, rows] of Object.entries(g.rows)) for (const row of rows) {
      try { run({ role: 'service_role', userId: null, method: 'POST', table: project.catalog.tables.get(key)!.name, select: null, parameters: [], prefer: [], body: [row] }); bump('row ok') } catch (e: any) { bump('row: ' + (e.code ? e.code+' '+e.message.slice(0,40) : e.stack.slice(0, 300))) }
    }
    for (let i = 0; i < 40; i++) {
      const request = generateRequest({ definition: g.definition, catalog: project.catalog, random, visible: (role) => visibleCatalog(project.catalog, project.policies, role) })
      try { const r = run(request); bump(`req ok ${request.method} ${(r.rows?.items.length ?? r.affected ?? 0) > 0 ? 'some' : 'none'}`) } catch (e: any) { bump(`req ${request.method} ` + (e.code ? e.code + ' ' + e.message.slice(0, 200) : e.stack.slice(0, 400))); if (process.argv[3] && String(e.code+e.message).includes(process.argv[3])) console.log(request.table, decodeURIComponent(searchOf(request)), e.message) }
    }
  } catch (e: any) { bump('schema: ' + seed + ' '+ e.message.slice(0, 300)+e.stack.slice(0,600)) }
}
for (const [k, v] of [...why].sort((a, b) => b[1] - a[1]).slice(0, 70)) console.log(v, k)
console.log(performance.now() - t0)
