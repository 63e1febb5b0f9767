const { spawn } = require('child_process')
const child = n => new Promise(done => {
  const p = spawn('/bin/cat', { stdio: ['pipe', 'pipe', 'inherit'] })
  let out = ''
  p.stdout.on('data', d => { out += d })
  p.on('close', () => done(Number(out)))
  p.stdin.end(String(n))
})
const main = async () => {
  const all = await Promise.all(Array.from({length: 200}, (_, i) => child(i)))
  console.log(all.reduce((a, b) => a + b))
}
main()
