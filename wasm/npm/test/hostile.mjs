// Texts that try to run, to break out of markup, to hide or to turn around: one
// for each way, and variants to make their number.

/** Runs if any view takes it for markup or for code. */
const RUN = 'globalThis.ran=(globalThis.ran||0)+1';

const SHAPES = [
  `<script>${RUN}</script>`, `<img src=x onerror="${RUN}">`, `<svg onload="${RUN}">`, `<svg><script>${RUN}</script></svg>`, `"><script>${RUN}</script>`,
  `'><img src=x onerror='${RUN}'>`, `</title><script>${RUN}</script>`, `</style><script>${RUN}</script>`, `</script><script>${RUN}</script>`, `--><script>${RUN}</script>`,
  `]]><script>${RUN}</script>`, `<iframe srcdoc="<script>parent.${RUN}</script>">`, `<iframe src="javascript:parent.${RUN}">`, `<a href="javascript:${RUN}">x</a>`, `javascript:${RUN}`,
  `<body onload="${RUN}">`, `<details open ontoggle="${RUN}">`, `<video><source onerror="${RUN}">`, `<object data="javascript:${RUN}">`, `<embed src="javascript:${RUN}">`,
  `<math><mtext></mtext><mglyph><style><img src=x onerror="${RUN}"></style></mglyph></math>`, `<template><script>${RUN}</script></template>`, `<input autofocus onfocus="${RUN}">`,
  `<link rel=stylesheet href="/asked.css">`, `<img src="/asked.png">`, `<meta http-equiv=refresh content="0;url=/asked">`, `<base href="/asked/">`, `<form action="/asked"><button>x</button></form>`,
  `<style>@import '/asked.css';*{background:url(/asked.png)}</style>`, `" style="background:url(/asked.png)`, `\${${RUN}}`, `{{${RUN}}}`, `<%= ${RUN} %>`, '${constructor.constructor("' + RUN + '")()}',
  `<!--?lit$123456789$-->`, `{{lit-0}}`, `<?lit$?><img src=x onerror=${RUN}>`, `__proto__`, `constructor`, `toString`, `hasOwnProperty`, `=cmd|'/c calc'!A1`, `@SUM(1+1)`, `%3Cscript%3E${RUN}%3C/script%3E`,
  `%253Cimg%20src=x%20onerror=${RUN}%253E`, `&lt;script&gt;${RUN}&lt;/script&gt;`, `\u202e${RUN}\u202c<script>`, `\u200b\u2066<b>\u2069`, `\u0000<script>${RUN}</script>`, `\u001b]0;${RUN}\u0007\u001b[2J`,
];

/** n different payloads, without line ends. */
export function payloads(n) {
  return Array.from({ length: n }, (_, i) => {
    const shape = SHAPES[i % SHAPES.length];
    const turn = Math.floor(i / SHAPES.length);
    if (turn === 0) return shape;
    return [shape.toUpperCase().replaceAll('GLOBALTHIS.RAN', 'globalThis.ran'), shape + shape, `' or 1=1 -- ${shape}`, `${'A'.repeat(40 * turn)}${shape}`, `../../etc/passwd${shape}`][turn % 5] + turn;
  });
}

const quoted = (text) => text.replaceAll('\\', '').replaceAll('"', "'");
const word = (text) => encodeURI(text).replaceAll("'", '%27');

/** Logs in which every field of every record is a payload. Attacks around them make threats of many. */
export function hostileLogs(list) {
  const stamp = (i) => `29/Jan/2026:10:${String(Math.floor(i / 60) % 60).padStart(2, '0')}:${String(i % 60).padStart(2, '0')} +0000`;
  const attack = "x=1'+union+select+password+from+users--";
  const access = list.map((p, i) => `203.0.113.${i % 250} ${word(p).slice(0, 60)} ${word(p).slice(0, 60)} [${stamp(i)}] "GET /${word(p)}?${attack}&q=${quoted(p).replaceAll(' ', '+')} HTTP/1.1" 200 12 "${quoted(p)}" "${quoted(p)}"`);
  const json = list.map((p, i) => JSON.stringify({
    '@timestamp': new Date(1769680800000 + 1000 * i).toISOString(), source: { ip: p }, http: { request: { method: p, body: { content: p } } }, user: { name: p }, [p]: p, url: { original: `/a?${attack}&b=${p}` }, user_agent: { original: p }, message: p,
  }));
  const auth = list.map((p, i) => `Jan 29 10:${String(Math.floor(i / 60) % 60).padStart(2, '0')}:${String(i % 60).padStart(2, '0')} ${word(p).slice(0, 30)} sshd[${i}]: Failed password for invalid user ${p} from 203.0.113.9 port ${1000 + i} ssh2`);
  const dns = ['#separator \\x09', '#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tquery\tqtype_name\trcode_name\tanswers', '#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tstring\tstring\tvector[string]',
    ...list.map((p, i) => [1769680800 + i, p, p, 53, p, 53, 'udp', `${p}.aZ9x8Kq7Jw3bVn5mRt2yLp4sDf6gHh1cXe0uOiQkPzTvBwNyMq.evil.example`, p, 'NXDOMAIN', p].join('\t'))];
  return { '<img src=x onerror=globalThis.ran=1>.log': access, "'\"><script>globalThis.ran=1<.json": json, 'auth\u202egol.log': auth, '${globalThis.ran=1}.log': dns };
}
