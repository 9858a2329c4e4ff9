import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildCatalog } from './build-catalog.ts'
import { schema } from './builder.ts'
import { c } from './column.ts'
import { table, view } from './table.ts'
import { writeDatabaseTypes } from './types-text.ts'

test('writes what DatabaseOf infers', () => {
  const definition = schema({
    people: table({ id: c.uuid().primaryKey() }),
    "Bob's posts": table({
      id: c.bigint().identity({ always: true }).primaryKey(),
      status: c.enum('draft', "it's").default('draft'),
      tags: c.array(c.enum('a', 'b')),
      meta: c.jsonb().nullable(),
      author: c.uuid().unique().references('people.id'),
    }),
    names: view({ name: c.text() }, 'select 1'),
    'private.open': table({ id: c.integer() }, { open: true }),
  })
  const { catalog } = buildCatalog(definition, { version: 1 })
  assert.ok(catalog)
  assert.equal(writeDatabaseTypes(catalog), EXPECTED)
})

const EXPECTED = `export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]

export type Database = {
  __InternalSupabase: { PostgrestVersion: '14.1' }
  public: {
    Tables: {
      people: {
        Row: {
          id: string
        }
        Insert: {
          id: string
        }
        Update: {
          id?: string
        }
        Relationships: [
        ]
      }
      'Bob\\'s posts': {
        Row: {
          id: number
          status: 'draft' | 'it\\'s'
          tags: ('a' | 'b')[]
          meta: Json | null
          author: string
        }
        Insert: {
          id?: never
          status?: 'draft' | 'it\\'s'
          tags: ('a' | 'b')[]
          meta?: Json | null
          author: string
        }
        Update: {
          id?: never
          status?: 'draft' | 'it\\'s'
          tags?: ('a' | 'b')[]
          meta?: Json | null
          author?: string
        }
        Relationships: [
          {
            foreignKeyName: 'Bob\\'s posts_author_fkey'
            columns: ['author']
            isOneToOne: true
            referencedRelation: 'people'
            referencedColumns: ['id']
          },
        ]
      }
    }
    Views: {
      names: {
        Row: {
          name: string
        }
        Relationships: [
        ]
      }
    }
    Functions: Record<never, never>
    Enums: {
      'Bob\\'s posts_status': 'draft' | 'it\\'s'
      'Bob\\'s posts_tags': 'a' | 'b'
    }
    CompositeTypes: Record<never, never>
  }
  private: {
    Tables: {
      open: {
        Row: {
          id: number
          [key: string]: unknown
        }
        Insert: {
          id: number
          [key: string]: unknown
        }
        Update: {
          id?: number
          [key: string]: unknown
        }
        Relationships: [
        ]
      }
    }
    Views: {
    }
    Functions: Record<never, never>
    Enums: {
    }
    CompositeTypes: Record<never, never>
  }
}
`
