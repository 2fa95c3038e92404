// Xen Orchestra's client against the simulator: node xen_api.mjs PACKAGE_FOLDER URL TRANSPORT.
import assert from 'node:assert/strict'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const [folder, url, transport] = process.argv.slice(2)
const { createClient } = await import(pathToFileURL(path.join(folder, 'index.mjs')))

const xapi = createClient({ url, auth: { user: 'root', password: 'xenflow' }, transport })
const refused = code => error => error.code === code
const named = label => Object.values(xapi.objects.all).find(each => each.name_label === label)

await xapi.connect()
await xapi.objectsFetched
assert.equal(xapi.pool.$master.$type, 'host')
assert.equal(named('web02').power_state, 'Halted')

const { $ref: machine } = named('web02')
await xapi.callAsync('VM.start', machine, false, false)
assert.equal((await xapi.barrier(machine)).power_state, 'Running')
await assert.rejects(xapi.callAsync('VM.start', machine, false, false), refused('VM_BAD_POWER_STATE'))

const snapshot = await xapi.callAsync('VM.snapshot', machine, 'before')
assert.equal((await xapi.barrier(snapshot)).$snapshot_of.$ref, machine)
await xapi.setFieldEntry('VM', machine, 'other_config', 'owner', 'xo')
assert.equal((await xapi.getField('VM', machine, 'other_config')).owner, 'xo')

const disk = await xapi.call('VDI.create', {
  name_label: 'data', name_description: '', SR: xapi.pool.default_SR, virtual_size: 1 << 30,
  type: 'user', sharable: false, read_only: false, other_config: {}, tags: [], sm_config: {},
  xenstore_data: {},
})
assert.equal(Number((await xapi.barrier(disk)).virtual_size), 1 << 30)
await xapi.callAsync('VDI.destroy', disk)

await xapi.callAsync('VM.hard_shutdown', machine)
assert.equal((await xapi.barrier(machine)).power_state, 'Halted')
const records = await xapi.getAllRecords('VM')
assert.ok(records.every(each => each.$type === 'VM' && each.uuid))
await assert.rejects(xapi.call('VM.get_record', 'OpaqueRef:none'), refused('HANDLE_INVALID'))
await xapi.disconnect()
console.log('done')
process.exit(0)
