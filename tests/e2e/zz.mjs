import test from 'node:test';
import { spawnSync } from 'node:child_process';
import { office, folder } from './server.mjs';
import { readFileSync } from 'node:fs';
import { start } from './server.mjs';
test('x', async (t) => {
  const { admin } = await office(t);
  const at = folder(t);
  const { link } = await admin.must('POST', '/enrolments', { person: null });
  spawnSync(process.env.SEKISHO_BINARY, ['agent','enrol',link,'--folder',at+'/agent'],{env:{XDG_DATA_HOME:at}});
  const r = await start(t, 'agent', ['run', '--every', '120', '--folder', at+'/agent'], { ready: /sent 1 reports/, url: 'none', env: { XDG_DATA_HOME: at } });
  const pid = spawnSync('pgrep', ['-f', 'agent run --every'], {encoding:'utf8'}).stdout.trim().split('\n');
  console.log(pid);
  const show = () => { for (const p of pid) try { const s = readFileSync(`/proc/${p}/stat`,'utf8').split(') ')[1].split(' '); const st = readFileSync(`/proc/${p}/status`,'utf8'); console.log(p, 'cpu s', (Number(s[11])+Number(s[12])+Number(s[13])+Number(s[14]))/100, st.match(/VmHWM.*|VmRSS.*|Threads.*/g)); } catch {} };
  show();
  await new Promise((d) => setTimeout(d, 260000));
  show();
});
