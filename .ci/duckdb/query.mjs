// Runs the statements of a file in DuckDB, then prints what each of the queries gives, a
// line of JSON each.
import { readFileSync } from 'node:fs'
import { DuckDBInstance } from '@duckdb/node-api'

const [file, ...queries] = process.argv.slice(2)
const db = await (await DuckDBInstance.create(':memory:')).connect()
await db.run(readFileSync(file, 'utf8'))
for (const query of queries) {
  console.log(JSON.stringify((await db.runAndReadAll(query)).getRowsJson()))
}
