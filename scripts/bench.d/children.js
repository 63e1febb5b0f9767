const { spawn } = require('child_process')
const child = () => new Promise(done => spawn('/bin/true', { stdio: 'inherit' }).on('exit', done))
const main = async () => {
  const all = await Promise.all(Array.from({length: 200}, child))
  console.log(all.reduce((a, b) => a + b))
}
main()
