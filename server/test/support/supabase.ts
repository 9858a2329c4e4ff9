/** The unmodified client library, pointed at a test server. */
import { createClient, type SupabaseClient } from '@supabase/supabase-js'

/** `token` speaks for a signed-in user; without it the key does. */
export function supabase(url: string, key: string, token?: string): SupabaseClient {
  return createClient(url, key, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    ...(token === undefined ? {} : { global: { headers: { Authorization: `Bearer ${token}` } } }),
  })
}
