// Prints the threats of logs, worst incidents first:
//
//	node threats.mjs access.log auth.log.gz
import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';
import { Tiercel } from 'tiercel';

const paths = process.argv.slice(2);
if (!paths.length) {
  console.error('say which logs: threats.mjs FILE...');
  process.exit(1);
}
const t = await Tiercel.load();
try {
  const logs = await Promise.all(paths.map(async (path) => new File([await openAsBlob(path)], basename(path))));
  let threats = 0;
  for await (const part of t.scan(logs)) threats += part.length;
  for (const i of t.incidents()) console.log(`${i.severity}\t${i.class}\t${i.entity}\t${i.count} events\t${i.file}:${i.line}`);
  console.error(`${threats} threats in ${t.summary().reduce((n, f) => n + f.records, 0)} records`);
} catch (e) {
  console.error(e.message);
  process.exitCode = 1;
} finally {
  await t.close();
}
