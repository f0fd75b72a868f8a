// Runs the statements of a file in ClickHouse, then prints what each of the queries
// gives, a line of JSON each.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Session } from 'chdb'

const [file, ...queries] = process.argv.slice(2)
const dir = mkdtempSync(join(tmpdir(), 'portverdict-chdb-'))
const db = new Session(dir)
for (const statement of readFileSync(file, 'utf8').split(/;\n/)) {
  if (statement.replace(/^\s*--.*$/gm, '').trim()) db.query(statement)
}
for (const query of queries) {
  const rows = db.query(query, 'JSONCompactEachRow').trim()
  console.log('[' + rows.split('\n').filter(Boolean).join(',') + ']')
}
rmSync(dir, { recursive: true, force: true })
process.exit(0)
