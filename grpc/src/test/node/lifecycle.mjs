// Enqueues jobs, works them, awaits their results and queries them, as clients in JavaScript do: the proto file is loaded at run time.
//
//   npm test -- HOST:PORT PROTO
//
// Exit code 0 if all was as it should be.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';
import { decode, encode } from '@msgpack/msgpack';
import { tableFromIPC } from 'apache-arrow';

const [address, proto] = process.argv.slice(2);
assert.ok(address && proto, 'usage: npm test -- HOST:PORT PROTO');

const JOBS = 50;
const GROUP = `node-${process.pid}`;
const WORKER = 'node-1';
const MS_MAX = 60_000;

setTimeout(() => assert.fail(`not done after ${MS_MAX} ms`), MS_MAX).unref();

const definition = protoLoader.loadSync(proto, { keepCase: true, longs: Number, enums: String, oneofs: true, defaults: true });
const { Silo } = grpc.loadPackageDefinition(definition).silo.v1;
const silo = new Silo(address, grpc.credentials.createInsecure(), {
    'grpc.max_receive_message_length': 128 << 20,
    'grpc.max_send_message_length': 128 << 20,
});

function call(method, request) {
    return new Promise((resolve, reject) => {
        silo[method](request, { deadline: Date.now() + 20_000 }, (error, response) =>
            error ? reject(error) : resolve(response));
    });
}

async function refused(promise, code, details) {
    const error = await promise.then(() => null, thrown => thrown);
    assert.ok(error, `expected a refusal: ${details}`);
    assert.equal(error.code, code);
    assert.equal(error.details, details);
}

function packed(value) {
    return { msgpack: Buffer.from(encode(value)) };
}

function unpacked(bytes) {
    return decode(bytes.msgpack);
}

/** Leases, renews and reports until every job of the group has its outcome; the first attempt of each third one fails. */
async function work(count) {
    let ended = 0;
    while (ended < count) {
        const { tasks } = await call('LeaseTasks', { worker_id: WORKER, max_tasks: 10, task_group: GROUP });
        await Promise.all(tasks.map(async task => {
            const { n } = unpacked(task.payload);
            const lease = { shard: task.shard, task_id: task.id, tenant_id: task.tenant_id };
            const { cancelled } = await call('Heartbeat', { ...lease, worker_id: WORKER });
            assert.equal(cancelled, false);
            if (n % 3 === 0 && task.attempt_number === 1) {
                await call('ReportOutcome', { ...lease, failure: { code: 'AGAIN', data: packed('not yet') } });
            } else {
                await call('ReportOutcome', { ...lease, success: packed({ square: n * n }) });
                await refused(
                    call('ReportOutcome', { ...lease, success: packed(0) }), grpc.status.NOT_FOUND, 'lease not found');
                ended++;
            }
        }));
    }
}

async function result(shard, id) {
    for (;;) {
        try {
            return await call('GetJobResult', { shard, id });
        } catch (error) {
            assert.equal(error.code, grpc.status.FAILED_PRECONDITION);
            assert.match(error.details, /not complete/);
            await sleep(20);
        }
    }
}

/** Reads the jobs in SQL: in one answer, and as a stream of Arrow's tables. */
async function queries(shard) {
    const sql = "SELECT id, status_kind, metadata FROM jobs WHERE element_at(metadata, 'source') = $1 AND task_group = $2";
    const parameters = [{ string_value: 'node' }, { string_value: GROUP }];
    const { columns, rows, row_count: rowCount } = await call('Query', { shard, sql: `${sql} ORDER BY id LIMIT 10`, parameters });
    assert.deepEqual(columns.map(({ name, data_type: type }) => `${name} ${type}`), [
        'id Utf8',
        'status_kind Utf8',
        'metadata Map',
    ]);
    assert.equal(rowCount, 10);
    assert.deepEqual(rows.map(unpacked)[0], {
        id: `node-${process.pid}-0`,
        status_kind: 'Succeeded',
        metadata: '{source: node}',
    });
    const found = [];
    for await (const { ipc_data: stream } of silo.QueryArrow({ shard, sql, parameters })) {
        for (const { id, status_kind: status } of tableFromIPC(stream)) {
            assert.equal(status, 'Succeeded');
            found.push(id);
        }
    }
    assert.deepEqual(found.sort(), Array.from({ length: JOBS }, (_, n) => `node-${process.pid}-${n}`).sort());
    await refused(
        call('Query', { shard, sql: 'SELECT $1', parameters: [{}] }),
        grpc.status.INVALID_ARGUMENT,
        'query parameter is missing a value');
}

const { shard_owners: owners, num_shards: count } = await call('GetClusterInfo', {});
assert.equal(owners.length, count);
const jobs = [];
for (let n = 0; n < JOBS; n++) {
    const shard = owners[n % count].shard_id;
    const { id } = await call('Enqueue', {
        shard,
        id: `node-${process.pid}-${n}`,
        priority: 10,
        payload: packed({ n }),
        task_group: GROUP,
        metadata: { source: 'node' },
        retry_policy: { retry_count: 2, initial_interval_ms: 1, max_interval_ms: 100, backoff_factor: 1 },
    });
    jobs.push({ shard, id, n });
}
await refused(
    call('Enqueue', { shard: jobs[0].shard, id: jobs[0].id, payload: packed(1), task_group: GROUP }),
    grpc.status.ALREADY_EXISTS,
    `job already exists with id ${jobs[0].id}`);
await Promise.all([
    work(JOBS),
    ...jobs.map(async ({ shard, id, n }) => {
        const { status, success_data: data } = await result(shard, id);
        assert.equal(status, 'JOB_STATUS_SUCCEEDED');
        assert.deepEqual(unpacked(data), { square: n * n });
    }),
]);
await queries(jobs[1].shard);
for (const { shard, id, n } of jobs) {
    const job = await call('GetJob', { shard, id, include_attempts: true });
    assert.equal(job.attempts.length, n % 3 === 0 ? 2 : 1);
    assert.deepEqual(job.metadata, { source: 'node' });
    assert.equal(unpacked(job.payload).n, n);
    await call('DeleteJob', { shard, id });
    await refused(call('GetJob', { shard, id }), grpc.status.NOT_FOUND, 'job not found');
}
silo.close();
console.log(`${JOBS} jobs enqueued, worked, awaited, queried and deleted`);
