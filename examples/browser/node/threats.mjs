// Prints the threats of logs, worst incidents first:
//
//	node threats.mjs access.log auth.log.gz
import { Tiercel } from 'tiercel';

const paths = process.argv.slice(2);
if (!paths.length) {
  console.error('say which logs: threats.mjs FILE...');
  process.exit(1);
}
const t = await Tiercel.load();
try {
  let threats = 0;
  for await (const part of t.scan(paths)) threats += part.length;
  for (const i of t.incidents()) console.log(`${i.severity}\t${i.class}\t${i.entity}\t${i.count} events\t${i.file}:${i.line}`);
  console.error(`${threats} threats in ${t.summary().reduce((n, f) => n + f.records, 0)} records`);
} catch (e) {
  console.error(e.message);
  process.exitCode = 1;
} finally {
  await t.close();
}
