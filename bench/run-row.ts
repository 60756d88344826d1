/** Measures one row in a process of its own, and prints its results as JSON on the last line: `run-row.ts ID [FOLDER]`. */
import { isRowId, ROWS, type Row } from './rows.ts'

const [id = '', folder = ''] = process.argv.slice(2)
if (!isRowId(id)) throw new Error(`there is no row ${id}`)
const row: Row = await ROWS[id].load()
const results = await row.measure(folder)
process.stdout.write(`${JSON.stringify(results)}\n`, () => process.exit())
