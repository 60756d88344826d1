/** Measures one row in a process of its own, and prints its results as JSON on the last line. */
import { isRowId, ROWS } from './rows.ts'

const [id = ''] = process.argv.slice(2)
if (!isRowId(id)) throw new Error(`there is no row ${id}`)
const { measure } = await ROWS[id]()
const results = await measure()
process.stdout.write(`${JSON.stringify(results)}\n`, () => process.exit())
